"""What the API answers about ideas: the types of its documents, which are also its schemas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.core.shapes import JSON_NUMBER, Labels, Moment, Point, Strict, Url, shape
from app.features.contributions.schemas import FILE
from app.features.contributions.shapes import Photo, PhotoUrls
from app.features.participation.models import COMMENT_STATES, PHOTOS_MAX, STANCES

Mode = Literal["support", "for_against", "scale"]
Standing = Literal["coming", "open", "closed"]
Stance = Annotated[str, Field(json_schema_extra={"enum": list(STANCES)})]
CommentState = Annotated[str, Field(json_schema_extra={"enum": list(COMMENT_STATES)})]


@shape
class ProcessDocument(TypedDict):
    """A time in which residents carry ideas."""

    slug: str
    territory: str
    labels: Labels
    description: Labels
    mode: Mode
    """`support`: 1; `for_against`: −1 or 1; `scale`: −2 to 2."""
    standing: Standing
    opens_at: Moment | None
    closes_at: Moment | None
    """The first instant at which no vote counts any more."""
    counts_hidden: bool
    """Nobody is told a count before it closes."""
    categories: list[str]
    """Slugs; each stands for everything under it. None: all."""
    zones: list[str]
    """`kind/slug`; none: the whole territory."""


@shape
class Bubble(TypedDict):
    """How wide the disc of an idea is on the map, in pixels: `min(max, min + growth × √score)`, rounded."""

    min: int
    max: int
    growth: float


@shape
class Processes(TypedDict):
    """The processes of the site's town and of those that nest in it."""

    processes: list[ProcessDocument]
    bubble: Bubble


@shape
class IdeaFacts(TypedDict):
    """What is public of an idea."""

    reference: str
    title: str
    category: str
    category_label: str
    process: str | None
    state: Annotated[str, Field(json_schema_extra={"enum": ["debate", "study", "kept", "made", "not-kept"]})]
    created_at: Moment
    supports: int | None
    """Null while its process hides its counts."""
    bubble: int | None
    """Pixels of its disc on the map; null: the smallest, or hidden."""
    photo: PhotoUrls | None
    """The first one."""
    territory: str
    url: Url


@shape
class IdeaFeature(TypedDict):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: IdeaFacts


@shape
class IdeaList(TypedDict):
    """A GeoJSON feature collection in the order that was asked for."""

    type: Literal["FeatureCollection"]
    features: list[IdeaFeature]
    total: int
    seed: str
    """What keeps the order of chance the same from page to page."""
    cursor: str | None
    """Where the next page begins; null on the last one."""
    next: Url | None
    """The address of the next page, with the same question."""


@shape
class VoteCounts(TypedDict):
    """How many gave each answer."""

    minus2: int
    minus1: int
    zero: int
    plus1: int
    plus2: int


@shape
class VoteDocument(TypedDict):
    """One's own vote, and what all votes add up to if that may be told."""

    reference: str
    process: str
    mode: Mode
    standing: Standing
    closes_at: Moment | None
    value: int | None
    """What you said; null: nothing."""
    counts_hidden: bool
    votes: int | None
    """How many people spoke; this and what follows is null while the counts are hidden."""
    score: int | None
    """The sum of their answers."""
    mean: float | None
    """The score by person, to the hundredth; null when nobody spoke."""
    counts: VoteCounts | None
    bubble: int | None
    """Pixels across of its disc on the map."""


class VoteIn(Strict):
    """A vote."""

    value: Annotated[int, Field(strict=True, ge=-2, le=2)]
    """What the idea's process takes: 1; −1 or 1; or −2 to 2."""


class CommentIn(Strict):
    """A comment, or an answer to one."""

    text: Annotated[str, Field(min_length=1, max_length=100_000)]
    """At most 2,000 characters once cleaned."""
    stance: Literal["for", "against", "neutral"] = "neutral"
    answer_to: Annotated[Annotated[int, Field(ge=1, lt=2**63)] | None, JSON_NUMBER] = None
    """Number of the comment that it answers."""
    email: Annotated[str, Field(max_length=254)] | None = None
    """Where to tell when somebody answers. Never shown."""


class CommentForm(CommentIn):
    """The same as a form; a field left empty was not given."""

    photos: list[Annotated[bytes, FILE]] = Field(default_factory=list, max_length=PHOTOS_MAX)
    """JPEG, PNG, WebP or HEIC, each in a part of its own, at most 15 MB and 50 megapixels each. What is published are
    copies without metadata, once they are made."""


@shape
class CommentDocument(TypedDict):
    """What was said, without a name. Withdrawn words leave their place."""

    id: int
    answer_to: int | None
    depth: int
    """0 begins a thread."""
    stance: Stance
    text: str | None
    """Null where it was withdrawn."""
    language: str
    state: CommentState
    service: str | None
    """The service that answers in it for the town; null for a resident's words."""
    agrees: int
    photos: list[Photo]
    """At most two, once their copies are made, and unless a moderator hides them."""
    created_at: Moment


@shape
class Comments(TypedDict):
    """A page of threads, in the order of reading: what answers stands under what it answers."""

    reference: str
    total: int
    comments: list[CommentDocument]
    next: Url | None


@shape
class CommentKept(TypedDict):
    """The comment that was kept."""

    id: int
    waits: bool
    """A moderator reads it before the others do."""
    url: Url

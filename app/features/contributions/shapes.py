"""What the API answers about contributions: the types of its documents, which are also its schemas."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.core.problems import ProblemDocument
from app.core.shapes import Day, Degrees, Kind, Labelled, Moment, Named, Point, Url, shape
from app.features.contributions.filters import STATES

State = Annotated[str, Field(json_schema_extra={"enum": list(STATES)})]
"""The state of a contribution: its ticket's."""


@shape
class PhotoUrls(TypedDict):
    """The public copies of a photo, without any metadata."""

    url_1600: Url
    """Longest side 1,600 pixels."""
    url_400: Url
    """Longest side 400 pixels."""


@shape
class Photo(TypedDict):
    """A photo that may be shown."""

    url_1600: Url
    """Longest side 1,600 pixels."""
    url_400: Url
    """Longest side 400 pixels."""
    placeholder: str | None
    """A tiny picture as a `data:` address, to show while the photo loads."""


@shape
class ReceiptService(TypedDict):
    """The service that has it, and how to reach it; the town hall's addresses where it has none of its own."""

    slug: str
    name: str
    postal_address: str | None
    email: str | None
    phone: str | None


@shape
class Promised(TypedDict):
    """How long the town gives itself, counted from the day after."""

    days: int
    mode: Literal["working", "calendar"]


@shape
class Receipt(TypedDict):
    """The acknowledgement of receipt, in the language of the contribution."""

    date: Moment
    territory: Named
    service: ReceiptService
    delay: Promised | None
    """Null: nothing is promised."""
    due: Day | None
    """The last day of the promise, in the town's time zone."""


@shape
class Kept(TypedDict):
    """What was kept, and where."""

    reference: str
    """Short enough to say on the telephone."""
    url: Url
    """Where everybody reads it."""
    follow_url: Url
    """Where its author follows it. The link is the key: keep it private."""
    receipt: Receipt


@shape
class CategoryPlace(TypedDict):
    """A category and where it stands in the tree."""

    slug: str
    label: str
    path: list[str]
    """Slugs from the root to itself."""


@shape
class PublicTicket(TypedDict):
    """The ticket that holds the contribution, as the public knows it."""

    reference: str
    state: State
    service: Named
    due_at: Moment | None
    contributions: int
    """How many contributions are about the same thing, this one included."""


@shape
class PublicRouting(TypedDict):
    """Why this service has it."""

    rule: int | str | None
    """Number of the town's rule; null when the category decided, or nobody."""
    reason: str


@shape
class PublicEvent(TypedDict):
    """A public fact of its history."""

    type: str
    at: Moment
    state: State | None
    text: str | None
    reason: str | None
    """Code of why it was declined, where one was chosen."""
    planned_on: Annotated[str | None, Field(json_schema_extra={"format": "date"})]
    """The day for which it is planned."""


@shape
class ContributionDocument(TypedDict):
    """The public face of a contribution: never a name, an address to write to, a colleague or an internal word."""

    reference: str
    url: Url
    kind: Kind
    category: CategoryPlace
    title: str | None
    text: str
    language: str
    channel: str
    lon: Degrees
    lat: Degrees
    address: str | None
    """As its author wrote it, else as it was found for the place; "≈ " comes before one that is only close by."""
    territory: Named
    created_at: Moment
    state: State
    supports: int | None
    """Null while the process of an idea hides its counts."""
    ticket: PublicTicket | None
    """Null for the moment before it is placed."""
    routing: PublicRouting | None
    photos: list[Photo]
    photos_pending: int
    """Photos that are being prepared."""
    history: list[PublicEvent]


@shape
class CategorySuggestion(TypedDict):
    """A category, how much it is believed (0 to 1), and the words of the text that speak for it."""

    category: str
    label: str
    belief: float
    because: list[str]


@shape
class CategorySuggestions(TypedDict):
    """The likeliest categories, the best first; none when the words say nothing."""

    suggestions: list[CategorySuggestion]


@shape
class SupportDocument(TypedDict):
    """How many people carry a contribution, and whether the one who asks does."""

    reference: str
    supports: int | None
    """Null while the process of an idea hides its counts."""
    supported: bool


@shape
class ContributionFacts(TypedDict):
    """A contribution in a list."""

    reference: str
    kind: Kind
    category: str
    category_label: str
    icon: str
    title: str | None
    text: str
    state: State
    address: str | None
    created_at: Moment
    changed_at: Moment | None
    """When the town last acted on it in public: a state, an answer, a place. Null: not yet."""
    distance_m: float | None
    """From `near`, where the nearest come first; else null."""
    supports: int | None
    """Null while the process of an idea hides its counts."""
    photo_count: int
    photo: PhotoUrls | None
    """The first one."""
    territory: str
    url: Url


@shape
class ContributionFeature(TypedDict):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: ContributionFacts


@shape
class ContributionPage(TypedDict):
    """A GeoJSON feature collection, newest first."""

    type: Literal["FeatureCollection"]
    features: list[ContributionFeature]
    cursor: str | None
    """Where the next page begins; null on the last one."""
    next: Url | None
    """The address of the next page, with the same question."""


@shape
class NearbyContribution(TypedDict):
    """Something open and public nearby."""

    reference: str
    url: Url
    kind: Kind
    category: Labelled
    sentence: str
    created_at: Moment
    age_days: int
    state: State
    public_state: str
    """The word that the public reads: `received`, `routed`, `active`…"""
    distance_m: float
    lon: Degrees
    lat: Degrees
    contributions: int
    supports: int | None
    """Null while the process of an idea hides its counts."""
    photo: PhotoUrls | None


@shape
class Nearby(TypedDict):
    """What is already there, the nearest first."""

    territory: str
    category: str | None
    """Null: any category was asked for."""
    kind: Kind
    radius_m: float
    results: Annotated[list[NearbyContribution], Field(max_length=5)]


class TileLayer(TypedDict):
    """A layer of the tiles, and its fields."""

    id: str
    minzoom: int
    maxzoom: int
    fields: dict[str, str]


@shape
class TileJson(TypedDict):
    """TileJSON 3.0.0."""

    tilejson: Literal["3.0.0"]
    name: str
    tiles: list[str]
    """Templates of addresses, with `{z}`, `{x}`, `{y}`."""
    minzoom: int
    maxzoom: int
    bounds: Annotated[list[float], Field(min_length=4, max_length=4)]
    center: Annotated[list[float], Field(min_length=3, max_length=3)]
    vector_layers: list[TileLayer]


@shape
class ChallengeParameters(TypedDict):
    """A challenge of altcha, version 2: find a `counter` (from 0, 4 bytes, big-endian) such that PBKDF2 of `nonce`
    followed by it, with this salt and cost, begins with `keyPrefix`. Bytes are written in hexadecimal digits.
    """

    algorithm: str
    cost: int
    keyLength: int
    keyPrefix: str
    nonce: str
    salt: str
    expiresAt: int
    """Seconds since 1970: too late from then on."""


@shape
class Challenge(TypedDict):
    """What we signed; it is sent back as it is."""

    parameters: ChallengeParameters
    signature: str


@shape
class BusyDocument(ProblemDocument):
    """Too many requests. With `challenge` it may be sent again at once, with the solution."""

    challenge: NotRequired[Challenge]

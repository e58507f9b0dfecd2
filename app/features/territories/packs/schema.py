"""What a town pack says, typed. Every model is frozen and refuses unknown fields.

Shapes: labels are `{language: text}`; radii are metres; windows and delays are days; zone geometries are
GeoJSON (RFC 7946, WGS84 longitude and latitude, degrees). Cross-references belong to `checker`.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

KINDS = ("problem", "praise", "proposal")
CHANNELS = ("web", "api", "phone", "desk", "paper", "workshop", "chat", "import")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LANGUAGES = ("fr", "en", "eu")
QUESTION_TYPES = ("choice", "multi", "text", "number", "yes_no")

Kind = Literal["problem", "praise", "proposal"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Moderation = Literal["before", "after"]
TownText = Literal[
    "tagline", "welcome", "before_posting", "receipt", "moderation", "privacy", "legal_notice",
    "director", "hosting", "data_officer",
]  # fmt: skip

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=60)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


def _clean(text: str) -> str:
    if any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u2028\u2029\ufeff" for c in text):
        raise ValueError("Remove the control characters (tabs, NUL, invisible marks) from this text.")
    if any(0xD800 <= ord(c) < 0xE000 or ord(c) in (0xFFFE, 0xFFFF) for c in text):
        raise ValueError("Remove the character that is not valid Unicode text.")
    if text != text.strip() or not text:
        raise ValueError("Write some text, without blanks before or after.")
    return text


Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_clean)]
Short = Annotated[str, StringConstraints(max_length=200), AfterValidator(_clean)]


def _a_word(text: str) -> str:
    if not any(len(run) >= 3 for run in re.findall(r"[^\W\d_]+", text)):
        raise ValueError(f"Remove “{text}”, or write it out: words of fewer than three letters are not looked at.")
    return text


Word = Annotated[str, StringConstraints(max_length=60), AfterValidator(_clean), AfterValidator(_a_word)]
Words = Annotated[tuple[Word, ...], Field(min_length=1, max_length=200)]
Labels = dict[Language, Short]
LongLabels = dict[Language, Text]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]{2,}$", max_length=254)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 .()/-]{1,24}$")]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Days = Annotated[int, Field(strict=True, ge=0, le=730)]


class Strict(BaseModel):
    """Frozen; an unknown field is an error, and text is never turned into a number nor a number into text."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Delay(Strict):
    """A promise: `days` after the day of opening, counting working days or all of them."""

    days: Days
    mode: Literal["working", "calendar"] = "working"


class Closure(Strict):
    """A day on which the town does not work, beyond public holidays."""

    date: datetime.date
    name: Short

    @field_validator("date", mode="before")
    @classmethod
    def _written_out(cls, value: Any) -> Any:
        if isinstance(value, str | datetime.date):
            return value
        raise ValueError("Write a date as 2026-12-31.")


class Holidays(Strict):
    """Public holidays of a country and subdivision (codes of the `holidays` library), and the town's own."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "FR"
    subdivision: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{1,30}$")] | None = None
    extra: tuple[Closure, ...] = ()


class Delays(Strict):
    """How the town counts time: the default promise, its working week, its holidays."""

    default: Delay = Delay(days=10, mode="working")
    working_week: Annotated[tuple[Weekday, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri")
    holidays: Holidays = Holidays()


class Palette(Strict):
    """The colours a town may change, one theme; contrast is checked against the surfaces they meet."""

    brand: Colour | None = None
    brand_strong: Annotated[Colour | None, Field(alias="brand-strong")] = None
    on_brand: Annotated[Colour | None, Field(alias="on-brand")] = None
    brand_tint: Annotated[Colour | None, Field(alias="brand-tint")] = None
    brand_tint_ink: Annotated[Colour | None, Field(alias="brand-tint-ink")] = None
    link: Colour | None = None

    def chosen(self) -> dict[str, str]:
        """Token name to colour, for those that are set."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Colours(Strict):
    """Both themes."""

    light: Palette = Palette()
    dark: Palette = Palette()


class Contact(Strict):
    """How to reach the town hall; a service without its own contact shows this one."""

    email: Email | None = None
    phone: Phone | None = None
    postal_address: Text | None = None
    hours: Text | None = None
    website: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=300)] | None = None


class Basemap(Strict):
    """What the map is drawn on; `backgrounds.faults` says what each kind needs. Zooms: Web Mercator tiles."""

    kind: Literal["pmtiles", "style", "vector", "raster", "ign", "outlines"] = "pmtiles"
    url: Annotated[str, StringConstraints(max_length=1000)] | None = None
    attribution: Short | None = None
    attribution_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=300)] | None = None
    hosts: tuple[Annotated[str, StringConstraints(max_length=200)], ...] = ()
    tile_size: Literal[256, 512] = 256
    max_zoom: Annotated[int, Field(strict=True, ge=1, le=24)] = 19


class ProofOfWork(Strict):
    """How many contributions in ten minutes from one source, and in the whole town, are usual; 0: however many."""

    source: Annotated[int, Field(strict=True, ge=0, le=100_000)] = 20
    town: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 300


RETENTION_MIN_DAYS = 62
"""Two months, the longest two: so long may a decision of the town be contested (article R. 421-1 of the French code of
administrative justice), and its author must be found to be heard.
"""


class Retention(Strict):
    """What becomes of the personal part `days` after closing; the contact is removed whatever the rest says."""

    days: Annotated[int, Field(strict=True, le=3660)] = 730
    text: Literal["keep", "flag", "clear"] = "flag"
    photos: Literal["keep", "delete"] = "keep"

    @field_validator("days")
    @classmethod
    def _not_too_soon(cls, days: int) -> int:
        if days < RETENTION_MIN_DAYS:
            least = f"Write {RETENTION_MIN_DAYS} or more instead of {days}"
            raise ValueError(f"{least}: for two months, what the town decided may be contested.")
        return days


class Town(Strict):
    """`town.yaml`. Whatever is absent is known from the territory itself (name, prefix, town hall)."""

    format: Literal[1] = 1
    name: Short | None = None
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,5}$")] | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = LANGUAGES
    timezone: str | None = None
    moderation: Moderation = "after"
    moderation_hints: Literal["show", "hold"] = "show"
    faces: Literal["auto", "blur", "leave"] = "auto"
    proof_of_work: ProofOfWork = ProofOfWork()
    retention: Retention = Retention()
    contact: Contact = Contact()
    colours: Colours = Colours()
    basemap: Basemap | None = None
    zone_kinds: dict[Slug, Labels] = {}
    texts: dict[TownText, LongLabels] = {}


class Service(Strict):
    """A department with a queue; `triage` marks the one that takes what no rule and no category placed."""

    slug: Slug
    names: Labels
    email: Email | None = None
    phone: Phone | None = None
    postal_address: Text | None = None
    hours: Text | None = None
    triage: bool = Field(default=False, strict=True)
    active: bool = Field(default=True, strict=True)


class Option(Strict):
    """One answer that may be chosen."""

    slug: Slug
    label: Labels


class Emergency(Strict):
    """Answers that stop the form: call this number instead, with these words."""

    answers: Annotated[tuple[Slug, ...], Field(min_length=1)]
    phone: Phone
    text: LongLabels


class Question(Strict):
    """A question of a category. A `yes_no` answer is `yes` or `no`."""

    slug: Slug
    label: Labels
    help: Labels | None = None
    type: Literal["choice", "multi", "text", "number", "yes_no"]
    required: bool = Field(default=False, strict=True)
    options: tuple[Option, ...] = ()
    emergency: Emergency | None = None

    def values(self) -> tuple[str, ...] | None:
        """The answers one can choose among, or None when it is free."""
        if self.type == "yes_no":
            return ("yes", "no")
        return tuple(option.slug for option in self.options) if self.type in ("choice", "multi") else None


class Category(Strict):
    """A node of the tree; those without children take contributions of their `kinds`."""

    slug: Slug
    parent: Slug | None = None
    labels: Labels
    description: LongLabels = {}
    words: dict[Language, Words] = {}
    """With which people speak of it, beside its name and description; what they send teaches the rest."""
    icon: str
    kinds: tuple[Kind, ...] = ()
    group_radius_m: Annotated[float, Field(ge=0, le=5000)] = 30.0
    group_window_days: Annotated[int, Field(strict=True, ge=0, le=3660)] = 30
    target_delay: Delay | None = None
    service: Slug | None = None
    kind_services: dict[Kind, Slug] = {}
    contact: Literal["optional", "required", "none"] = "optional"
    photo: Literal["optional", "required", "none"] = "optional"
    moderation: Moderation | None = None
    active: bool = Field(default=True, strict=True)
    questions: tuple[Question, ...] = ()

    @field_validator("group_radius_m", mode="before")
    @classmethod
    def _a_number(cls, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("Write a number of metres, such as 30 (0 groups nothing).")
        return value


class Then(Strict):
    """Where a rule sends: a service of this territory, or `parent:slug` for one of the territory above."""

    service: Annotated[str, StringConstraints(pattern=r"^(parent:)?[a-z0-9]+(-[a-z0-9]+)*$", max_length=70)]


class RoutingRule(Strict):
    """One rule; `when` keeps the plain structure that `conditions` understands and the database stores."""

    slug: Slug
    name: Labels
    when: Any
    then: Then
    active: bool = Field(default=True, strict=True)


def _a_moment(text: str) -> str:
    try:
        datetime.datetime.strptime(text, MOMENT)  # noqa: DTZ007 - the town's own time, its zone is in town.yaml
    except ValueError:
        raise ValueError("Write a moment as 2026-12-31 18:00, in the town's time.") from None
    return text


MOMENT = "%Y-%m-%d %H:%M"
LocalMoment = Annotated[str, AfterValidator(_a_moment)]
IdeaState = Literal["received", "routed", "planned", "done", "declined"]


class Process(Strict):
    """A time in which residents carry ideas. `opens` and `closes` are in the town's time; `zones` are `kind/slug`.

    An idea joins the first process of the list that is open and takes its category and place.
    """

    slug: Slug
    labels: Labels
    description: LongLabels = {}
    mode: Literal["support", "for_against", "scale"] = "support"
    opens: LocalMoment | None = None
    closes: LocalMoment | None = None
    hide_counts: bool = Field(default=False, strict=True)
    categories: tuple[Slug, ...] = ()
    zones: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$", max_length=121)], ...] = ()
    states: dict[IdeaState, Labels] = {}


class Zone(Strict):
    """A named polygon. `geometry` is a valid GeoJSON Polygon or MultiPolygon, in degrees."""

    slug: Slug
    name: Short
    population: Annotated[int, Field(strict=True, ge=0)] | None = None
    geometry: dict[str, Any]


class ZoneSet(Strict):
    """One file of `zones/`, named after its kind."""

    kind: Slug
    zones: tuple[Zone, ...] = ()


class Pack(Strict):
    """A whole town pack. `boundary` is the geometry of `boundary.geojson`, when the pack carries one."""

    town: Town = Town()
    delays: Delays = Delays()
    services: tuple[Service, ...] = ()
    categories: tuple[Category, ...] = ()
    rules: tuple[RoutingRule, ...] = ()
    processes: tuple[Process, ...] = ()
    zones: tuple[ZoneSet, ...] = ()
    boundary: dict[str, Any] | None = None

    def category_path(self, slug: str) -> tuple[str, ...]:
        """Slugs from the root to this category; raises KeyError when it does not exist."""
        parents = {category.slug: category.parent for category in self.categories}
        path = [slug]
        while (parent := parents[path[-1]]) is not None and parent in parents and parent not in path:
            path.append(parent)
        return tuple(reversed(path))

    def leaves(self) -> tuple[Category, ...]:
        """The categories in which one can contribute."""
        parents = {category.parent for category in self.categories}
        return tuple(category for category in self.categories if category.slug not in parents)

"""What the public pages show, as plain data: the views fill these, the templates draw them, neither guesses.

Texts are in the reader's language, except what people wrote. Times are aware. Distances are metres,
positions WGS 84 degrees. A `state` is a public one (`received` … `joined`, see `app.web.words`). Every
address is a path or a URL ready for `href`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from app.core.texts import is_blank
from app.features.contributions.filters import PERIODS as DAYS_OF
from app.features.contributions.filters import SORTS
from app.features.contributions.words import MOST_CHARACTERS
from app.features.territories.backgrounds import Background

# Periods offered by the filters, in days; 0 is "since the beginning".
PERIODS: Final = (7, 30, 90, 365, 0)
DEFAULT_PERIOD: Final = 365
KIND_ORDER: Final = ("problem", "praise", "proposal")


@dataclass(frozen=True, slots=True)
class ListItem:
    """One contribution in a list. `place` is a short name of where (a quarter), `when` the day it was said."""

    reference: str
    kind: str
    category_label: str
    icon: str
    title: str
    state: str
    url: str
    when: datetime | None = None
    supports: int | None = 0
    follows: int = 0
    distance_m: float | None = None
    photo_url: str | None = None
    place: str = ""
    changed: datetime | None = None
    """When the town last acted on it, where the list is in that order."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu: `value` in the address, `label` for people; `group` gathers entries under a
    heading.
    """

    value: str
    label: str
    group: str = ""
    icon: str = "other"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the map and the list show together. It lives in the address, so that a view can be sent to
    somebody.

    `kinds`: the kinds shown, in the fixed order, never empty. `category`: slug or "". `state`: a public
    state or "". `period`: days, 0 for all. `query`: words, a number or a place looked for. `zone`: slug of a
    zone of the town or "". `mine`, `supported`: only what the asking person wrote, or supports. `sort`: the order
    of the list (`SORTS`), which the map does not show.
    """

    kinds: tuple[str, ...] = KIND_ORDER
    category: str = ""
    state: str = ""
    period: int = DEFAULT_PERIOD
    query: str = ""
    zone: str = ""
    mine: bool = False
    supported: bool = False
    sort: str = SORTS[0]

    @property
    def personal(self) -> bool:
        """Whether another person would get another answer."""
        return self.mine or self.supported

    def params(self) -> dict[str, str]:
        """What differs from a fresh map, as query parameters."""
        values = {
            "kind": "" if set(self.kinds) == set(KIND_ORDER) else ",".join(self.kinds),
            "category": self.category,
            "state": self.state,
            "period": "" if self.period == DEFAULT_PERIOD else str(self.period),
            "q": self.query,
            "zone": self.zone,
            "mine": "1" if self.mine else "",
            "supported": "1" if self.supported else "",
            "sort": "" if self.sort == SORTS[0] else self.sort,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether something is left out: the order alone leaves nothing out."""
        return bool(self.params().keys() - {"sort"})

    def ways_out(self) -> dict[str, str]:
        """What would let more through: the name of each filter in use and this view's address without it, relative to
        the page; "period" leads to the beginning.
        """
        fresh = Filters()
        wider = {
            "q": replace(self, query=""),
            "kind": replace(self, kinds=fresh.kinds),
            "category": replace(self, category=""),
            "state": replace(self, state=""),
            "zone": replace(self, zone=""),
            "mine": replace(self, mine=False),
            "supported": replace(self, supported=False),
            "period": replace(self, period=PERIODS[-1]),
        }
        return {name: other.address("") or "?" for name, other in wider.items() if other != self}

    def toggled(self, kind: str) -> Filters:
        """The same view with one kind added or removed; removing the last one shows all again."""
        kept = tuple(k for k in KIND_ORDER if (k in self.kinds) != (k == kind))
        return replace(self, kinds=kept or KIND_ORDER)

    def address(self, path: str) -> str:
        """`path` with these filters."""
        params = self.params()
        return f"{path}?{urlencode(params)}" if params else path

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Filters:
        """Filters of an address; whatever is unknown is forgotten, a shared link never breaks."""
        asked = {kind for words in _repeated(args, "kind") for kind in words.split(",")}
        kinds = tuple(k for k in KIND_ORDER if k in asked) or KIND_ORDER
        # As our pages write them (`90`, `0`), and as programs do (`90d`, `all`): an address goes from one to the other.
        days = {**DAYS_OF, "all": 0, "0": 0}.get(args.get("period", ""), DEFAULT_PERIOD)
        slugs = [args.get(name, "").strip()[:80] for name in ("category", "state", "zone")]
        category, state, zone = slugs
        query = args.get("q", "").strip()[:MOST_CHARACTERS]
        query = "" if is_blank(query) else query
        mine, supported = args.get("mine") == "1", args.get("supported") == "1"
        sort = args.get("sort", "")
        return cls(kinds, category, state, days, query, zone, mine, supported, sort if sort in SORTS else SORTS[0])


def _repeated(args: Mapping[str, str], name: str) -> Sequence[str]:
    """Every value of a name: programs repeat it, our own pages write commas."""
    return args.getlist(name) if isinstance(args, MultiDict) else (args.get(name, ""),)


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list twin of the map: one page of contributions with the total that the same filters give.

    `where` says in words which area is covered ("Petit Bayonne and around"); "" for the whole town.
    `offset` counts from 0. `previous` and `following` are addresses of the neighbouring pages, "" when
    there are none.
    """

    items: Sequence[ListItem]
    total: int
    many: bool = False
    """There are more than `total`."""
    instead: str = ""
    """The words that were searched instead of those asked for, which nobody wrote."""
    filters: Filters = field(default_factory=Filters)
    where: str = ""
    offset: int = 0
    previous: str = ""
    following: str = ""
    selected: str = ""
    partial: bool = False
    """Only a part of the town was asked for: there may be more elsewhere."""


@dataclass(frozen=True, slots=True)
class MapPage:
    """The home page. `counts` maps each kind to how many the filters (but the kind) let through, in the
    whole town.

    `center` is (lon, lat), `bounds` (west, south, east, north) of the territory. `tiles_url` is the
    template of the contributions' tiles (`/tiles/contributions/{z}/{x}/{y}.mvt`), `hotspots_url` and `list_url` the
    addresses asked by the map.
    """

    territory: str
    town: str
    list: ListPage
    counts: Mapping[str, int]
    categories: Sequence[Choice]
    center: tuple[float, float]
    bounds: tuple[float, float, float, float]
    basemap: Background
    zones: Sequence[Choice] = ()
    tiles_url: str = "/tiles/contributions/{z}/{x}/{y}.mvt"
    hotspots_url: str = "/api/v1/hotspots"
    list_url: str = "/list-fragment"
    geocode_url: str = ""
    item_url: str = "/c/{reference}"
    zoom: float = 13.0

    @property
    def filters(self) -> Filters:
        return self.list.filters


@dataclass(frozen=True, slots=True)
class MiniMap:
    """A small map with one pin: `place` is (lon, lat)."""

    place: tuple[float, float]
    kind: str
    basemap: Background
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo ready to show. `placeholder` is a tiny data URL or "". `width` and `height` in pixels, of the
    large one.
    """

    url_1600: str
    url_400: str
    alt: str
    width: int = 1600
    height: int = 1200


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a timeline, in plain words: `mark` is "now" (ring), "done" (tick) or "next" (empty)."""

    text: str
    mark: Literal["now", "done", "next"] = "done"
    when: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The word of a service. No person's name in public."""

    service: str
    text: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value, for the table of facts of a contribution."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class OwnActs:
    """What the author may do by the private link: an address is "" for what cannot be done now. `title`, `text` and
    `words` are what was typed, or what stands there.
    """

    add_url: str = ""
    correct_url: str = ""
    withdraw_url: str = ""
    silence_url: str = ""
    hear_url: str = ""
    title: str = ""
    text: str = ""
    words: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ShowPage:
    """The public page of a contribution, or the author's own when `own` is true (reached by the follow link).

    `context` is the short sentence beside the state ("repair planned for Friday 27 November"). `joined_to`
    is the reference and address of the one whose news it shares, when that is another (`Face.joined_to`).
    """

    reference: str
    kind: str
    category_label: str
    icon: str
    title: str
    text: str
    state: str
    context: str = ""
    address: str = ""
    created_at: datetime | None = None
    answers: Sequence[AnswerView] = ()
    steps: Sequence[Step] = ()
    photos: Sequence[PhotoView] = ()
    facts: Sequence[Fact] = ()
    supports: int | None = 0
    """None: its process tells no count yet."""
    follows: int = 0
    map: MiniMap | None = None
    joined_to: tuple[str, str] | None = None
    support_url: str = ""
    may_argue: bool = False
    """An idea whose process is open."""
    support_api: str = ""
    supported: bool = False
    follow_url: str = ""
    picture_url: str = ""
    """Absolute address of the picture that a shared link shows; empty for what is not public."""
    feed_url: str = ""
    own: bool = False
    photos_pending: int = 0
    text_removed_after: int | None = None
    """Days after closing, when the town's retention took the text."""
    waiting: bool = False
    hidden: bool = False
    """For a moderator, or by one; only its author reads this page."""
    edited: bool = False
    """By the town; only its author is offered to read why."""
    acts: OwnActs | None = None
    close_by: Sequence[ListItem] = ()
    """Others of the same category, the nearest first."""


@dataclass(frozen=True, slots=True)
class FollowPage:
    """Where one asks to follow a contribution. `sent`: the mail that asks for confirmation is on its way;
    `supported`: the person has just said "that's it", or had before. `signed_in`: the resident's address, if any;
    `here`: it is followed already.
    """

    reference: str
    kind: str
    title: str
    url: str
    action: str
    feed_url: str
    email: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    sent: bool = False
    supported: bool = False
    supports: int = 0
    signed_in: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class AreaPage:
    """Where one asks to follow a theme, a quarter, a process or what is around a place. `values` is what was typed,
    `radii` the distances offered, in metres.
    """

    categories: Sequence[Choice]
    zones: Sequence[Choice]
    radii: Sequence[int]
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    sent: bool = False
    signed_in: str = ""
    processes: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """The page of one follower, opened by the link of a mail; opening it changes nothing.

    `title` and `url` are empty while the contribution is not public; `reference` for what is not a contribution.
    """

    reference: str
    email: str
    state: Literal["asked", "following", "stopped"]
    confirm_url: str
    stop_url: str
    title: str = ""
    url: str = ""
    how_url: str = ""
    frequency: str = "now"
    quiet_from: int | None = None
    quiet_to: int | None = None

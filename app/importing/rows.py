"""A row as text becomes what is staged, or a reason why not."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
from pyproj import Transformer

from app.core.texts import clean
from app.features.contributions.drafts import BODY_MAX, TITLE_MAX
from app.features.contributions.services import H3_RESOLUTION
from app.importing.errors import ImportStopped
from app.importing.mapping import CATEGORY_SEPARATOR, CLOSED, Choice, Mapping, Moment, Place, Template

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
OLDEST = datetime(1970, 1, 5, tzinfo=UTC)


class Refused(Exception):
    """Why a row cannot be imported, in words."""


class LeftOut(Exception):
    """The mapping says that this row is not wanted."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is staged. Degrees in WGS84, aware moments in UTC; `category` is a slug of the territory."""

    source_id: str
    created_at: datetime
    closed_at: datetime | None
    state: str
    status: str | None
    """The source's own word for the state."""
    kind: str
    category: str
    channel: str
    title: str | None
    body: str
    address: str | None
    lon: float
    lat: float
    h3: int
    hidden: bool


Get = Callable[[Sequence[str]], str]


class RowReader:
    """A mapping made ready for one file's header. Calling it raises Refused or LeftOut."""

    def __init__(self, mapping: Mapping, header: Sequence[str], *, timezone: ZoneInfo, now: datetime) -> None:
        columns = mapping.columns
        self._at = {name: index for index, name in enumerate(header)}
        self._id = self._at[columns.id]
        self._created = _moments(columns.created, timezone, self._at)
        self._closed = _moments(columns.closed, timezone, self._at) if columns.closed else None
        self._closed_column = columns.closed.column if columns.closed else None
        self._place = _places(columns.place, self._at)
        self._address = self._at[columns.address] if columns.address else None
        self._kind = self._choice(mapping.kind, "kind")
        self._channel = self._choice(mapping.channel, "channel")
        self._state = self._choice(mapping.state, "state")
        self._status = self._at[mapping.state.column] if mapping.state.column else None
        self._category = _categories(mapping, self._at)
        self._title = self._template(mapping.title, "title")
        self._text = self._template(mapping.text, "text")
        self._only = [(self._at[name], frozenset(values)) for name, values in mapping.only.items()]
        self._skip = [(self._at[name], frozenset(values)) for name, values in mapping.skip.items()]
        self._filtered = bool(self._only or self._skip)
        self._latest = now + timedelta(days=1)

    def __call__(self, fields: Sequence[str]) -> Row:
        if self._filtered and self._unwanted(fields):
            raise LeftOut
        category, hidden = self._category(fields)
        source_id = fields[self._id].strip()
        if not source_id:
            raise Refused("It has no id.")
        created_at = self._created(fields)
        if created_at is None:
            raise Refused("It does not say when it was sent.")
        if not OLDEST <= created_at <= self._latest:
            raise Refused(f"Its date, {created_at:%Y-%m-%d}, cannot be right.")
        state, closed_at = self._standing(fields, created_at)
        lon, lat = self._place(fields)
        body = clean(self._text(fields)) if self._text else ""
        if len(body) > BODY_MAX:
            raise Refused(f"Its text has {len(body)} characters: {BODY_MAX} are the most.")
        return Row(
            source_id=source_id,
            created_at=created_at,
            closed_at=closed_at,
            state=state,
            status=fields[self._status] if self._status is not None else None,
            kind=self._kind(fields),
            category=category,
            channel=self._channel(fields),
            title=_short(clean(self._title(fields))) or None if self._title else None,
            body=body,
            address=clean(fields[self._address]) or None if self._address is not None else None,
            lon=lon,
            lat=lat,
            h3=h3.latlng_to_cell(lat, lon, H3_RESOLUTION),
            hidden=hidden,
        )

    def _unwanted(self, fields: Sequence[str]) -> bool:
        return any(fields[at] not in values for at, values in self._only) or any(
            fields[at] in values for at, values in self._skip
        )

    def _standing(self, fields: Sequence[str], created_at: datetime) -> tuple[str, datetime | None]:
        """The state and, where it is closed, since when."""
        state = self._state(fields)
        if state not in CLOSED:
            return state, None
        closed_at = self._closed(fields) if self._closed else None
        if closed_at is None:
            raise Refused(f"It is closed ({state}), but “{self._closed_column}” does not say when.")
        if closed_at < created_at:
            raise Refused(f"It was closed on {closed_at:%Y-%m-%d}, before it was sent ({created_at:%Y-%m-%d}).")
        if closed_at > self._latest:
            raise Refused(f"It will be closed on {closed_at:%Y-%m-%d}, which cannot be right.")
        return state, closed_at

    def _choice(self, choice: Choice, field: str) -> Get:
        default = choice.default
        if choice.column is None:
            if default is None:
                raise ImportStopped(f"The mapping's “{field}” needs a column or a default.")
            return lambda fields: default
        at, words = self._at[choice.column], choice.map

        def get(fields: Sequence[str]) -> str:
            word = words.get(fields[at].strip(), default)
            if word is None:
                raise Refused(f"The mapping's “{field}” does not know “{fields[at]}”.")
            return word

        return get

    def _template(self, template: Template | None, field: str) -> Get | None:
        if template is None:
            return None
        parts: list[tuple[str, int | None]] = []
        try:
            for literal, name, _, _ in string.Formatter().parse(template.template):
                if name is not None and name not in self._at:
                    known = ", ".join(self._at)
                    raise ImportStopped(f"The mapping's “{field}” names “{name}”; the columns are: {known}.")
                parts.append((literal, None if name is None else self._at[name]))
        except ValueError as error:
            raise ImportStopped(f"The mapping's “{field}” cannot be read: {error}.") from None
        removed = [re.compile(_wild(words, "*?")) for words in template.remove]

        def fill(fields: Sequence[str]) -> str:
            said = "".join(literal + (fields[at] if at is not None else "") for literal, at in parts)
            for pattern in removed:
                said = pattern.sub("", said)
            return " ".join(said.split())

        return fill


def _short(title: str) -> str:
    return title if len(title) <= TITLE_MAX else title[: TITLE_MAX - 1] + "…"


def _moments(moment: Moment, territory: ZoneInfo, at: dict[str, int]) -> Callable[[Sequence[str]], datetime | None]:
    column, zone = at[moment.column], ZoneInfo(moment.timezone) if moment.timezone else territory
    iso = moment.format == "iso"
    wanted = "2024-12-31 or 2024-12-31T23:59:59" if iso else moment.format
    dated = not any(part in moment.format for part in ("%H", "%I", "%c", "%X"))

    # Days repeat by the thousand; hours rarely.
    @lru_cache(maxsize=4096)
    def parse(said: str) -> datetime:
        try:
            found = datetime.fromisoformat(said) if iso else datetime.strptime(said, moment.format)  # noqa: DTZ007
            if len(said) <= 10 if iso else dated:
                found = datetime.combine(found.date(), moment.at)
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Refused(f"“{said}” in “{moment.column}” is not a date like {wanted}.") from None

    def get(fields: Sequence[str]) -> datetime | None:
        said = fields[column].strip()
        return parse(said) if said else None

    return get


def _places(place: Place, at: dict[str, int]) -> Callable[[Sequence[str]], tuple[float, float]]:
    turn = Transformer.from_crs(place.crs, 4326, always_xy=True).transform if place.crs != 4326 else None
    if place.point is not None:
        column, lat_first = at[place.point], place.order == "lat-lon"

        def both(fields: Sequence[str]) -> tuple[str, str]:
            said = fields[column]
            # In “48,85; 2,34” the comma is a decimal sign, in “48.85, 2.34” it parts the two numbers.
            parted = said if re.search(r"\d,\d", said) and "." not in said else said.replace(",", " ")
            numbers = _NUMBER.findall(parted)
            if len(numbers) != 2:
                raise Refused(f"“{said}” in “{place.point}” is not a place: two numbers are needed.")
            return (numbers[1], numbers[0]) if lat_first else (numbers[0], numbers[1])
    else:
        x, y = at[place.lon or ""], at[place.lat or ""]

        def both(fields: Sequence[str]) -> tuple[str, str]:
            return fields[x], fields[y]

    def get(fields: Sequence[str]) -> tuple[float, float]:
        said_lon, said_lat = both(fields)
        lon, lat = _degrees(said_lon, "longitude"), _degrees(said_lat, "latitude")
        if turn is not None:
            lon, lat = turn(lon, lat)
        check_degrees(lon, lat)
        return lon, lat

    return get


def _degrees(said: str, name: str) -> float:
    if not said.strip():
        raise Refused(f"It has no {name}.")
    try:
        value = float(said)
    except ValueError:
        try:
            value = float(said.replace(",", ".").replace("−", "-"))
        except ValueError:
            raise Refused(f"“{said}” is not a {name}.") from None
    if not math.isfinite(value):
        raise Refused(f"“{said}” is not a {name}.")
    return value


SWAPPED = "Longitude and latitude seem to be swapped."


def check_degrees(lon: float, lat: float) -> None:
    """Whether these can be WGS84 degrees. Raises Refused."""
    hint = f" {SWAPPED}" if abs(lon) <= 90 and abs(lat) <= 180 else ""
    if not -90 <= lat <= 90:
        raise Refused(f"A latitude lies between −90 and 90 degrees; this one is {lat:g}.{hint}")
    if not -180 <= lon <= 180:
        raise Refused(f"A longitude lies between −180 and 180 degrees; this one is {lon:g}.")


def _wild(words: str, anything: str = "*") -> str:
    return f".{anything}".join(re.escape(part) for part in words.split("*"))


def _categories(mapping: Mapping, at: dict[str, int]) -> Callable[[Sequence[str]], tuple[str, bool]]:
    columns = [at[name] for name in mapping.category.columns]
    exact = {words: slug for words, slug in mapping.category.map.items() if "*" not in words}
    patterns = [(re.compile(_wild(words)), slug) for words, slug in mapping.category.map.items() if "*" in words]
    hidden = [re.compile(_wild(words)) for words in mapping.category.hide]
    ignored = [re.compile(_wild(words)) for words in mapping.category.ignore]
    known: dict[tuple[Any, ...], tuple[str, bool]] = {}

    def find(said: str) -> tuple[str, bool]:
        if any(pattern.fullmatch(said) for pattern in ignored):
            raise LeftOut
        found = exact.get(said) or next((slug for pattern, slug in patterns if pattern.fullmatch(said)), None)
        if found is None:
            raise Refused(f"The mapping has no category for “{said}”.")
        return found, any(pattern.fullmatch(said) for pattern in hidden)

    def get(fields: Sequence[str]) -> tuple[str, bool]:
        values = tuple(fields[column] for column in columns)
        if values not in known:
            if len(known) > 10_000:
                known.clear()
            known[values] = find(CATEGORY_SEPARATOR.join(value.strip() for value in values))
        return known[values]

    return get

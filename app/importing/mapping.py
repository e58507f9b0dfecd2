"""How a file of another tool is read: columns, words, dates, places. One YAML file a source; see `docs/import.md`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from app.features.contributions.models import CHANNELS
from app.features.territories.packs.issues import PackIssue, sentence
from app.features.territories.packs.reader import dotted
from app.features.territories.packs.yamltree import read_yaml
from app.importing.errors import ImportStopped

SHIPPED = Path(__file__).parent / "mappings"
"""The mappings that come with Auzolan; `--mapping paris` names one."""

STATES = ("new", "accepted", "planned", "in_progress", "waiting", "done", "declined", "reopened")
CLOSED = frozenset({"done", "declined"})
CATEGORY_SEPARATOR = " / "
"""Between the values of several category columns, in the left side of the map."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _shorthand(key: str) -> BeforeValidator:
    """`created: date` is short for `created: {column: date}`."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


class FileForm(_Part):
    """How the text is written."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    quote: str = Field(default='"', min_length=1, max_length=1)

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError:
            raise ValueError(f"Write an encoding such as utf-8 or windows-1252 instead of “{value}”.") from None
        return value


class Moment(_Part):
    """A column with a day or a moment. `at` is the local hour given to a day that has none."""

    column: str
    format: str = "iso"
    """`iso`, or the directives of Python's strptime."""
    timezone: str | None = None
    """Where the hours are counted; else the territory's own time zone."""
    at: time = time(12)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError):
                raise ValueError(f"Write a time zone such as Europe/Paris instead of “{value}”.") from None
        return value


class Place(_Part):
    """Two columns, or one that holds both numbers in some order."""

    lon: str | None = None
    lat: str | None = None
    point: str | None = None
    order: Literal["lon-lat", "lat-lon"] = "lat-lon"
    """Of the two numbers in `point`."""
    crs: int = 4326
    """EPSG code of the numbers; x is then read as `lon`, y as `lat`."""

    @model_validator(mode="after")
    def _one_way(self) -> Place:
        if (self.point is None) == (self.lon is None or self.lat is None):
            raise ValueError("Give either lon and lat, or point.")
        return self


class Columns(_Part):
    """Where each thing stands in a row."""

    id: str
    created: Annotated[Moment, _shorthand("column")]
    closed: Annotated[Moment | None, _shorthand("column")] = None
    place: Place
    address: str | None = None


class Choice(_Part):
    """A word of ours for each value of a column; without a column, `default` for all rows."""

    column: str | None = None
    map: dict[str, str] = Field(default_factory=dict)
    default: str | None = None

    def words(self) -> set[str]:
        """Every word that may come out."""
        return {*self.map.values(), *([self.default] if self.default else [])}


class Categories(_Part):
    """Values to category slugs, in order: the first that fits wins, `*` stands for anything."""

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    map: dict[str, str] = Field(min_length=1)
    hide: tuple[str, ...] = ()
    """Rows that only the desk may see."""
    ignore: tuple[str, ...] = ()
    """Rows that are left out."""


class Template(_Part):
    """Words with `{column}` inside; `remove` takes words away from what comes out, `*` stands for anything."""

    template: str
    remove: tuple[str, ...] = ()


class Mapping(_Part):
    """A whole mapping."""

    source: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """With the row's id it makes a row unique, in this run and in later ones."""
    name: str
    publisher: str
    licence: str
    url: str | None = Field(default=None, pattern=r"^https?://")
    attribution: str
    language: str = Field(default="fr", pattern=r"^[a-z]{2,3}$")
    file: FileForm = FileForm()
    columns: Columns
    kind: Annotated[Choice, _shorthand("default")] = Choice(default="problem")
    category: Categories
    title: Annotated[Template | None, _shorthand("template")] = None
    text: Annotated[Template | None, _shorthand("template")] = None
    channel: Annotated[Choice, _shorthand("default")] = Choice(default="import")
    state: Annotated[Choice, _shorthand("default")] = Choice(default="new")
    only: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows to take: a column and the values it may have."""
    skip: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows to leave out: a column and the values it may not have."""

    @model_validator(mode="after")
    def _words(self) -> Mapping:
        for field, known in (("kind", ("problem", "praise", "proposal")), ("channel", CHANNELS), ("state", STATES)):
            wrong = sorted(getattr(self, field).words() - set(known))
            if wrong:
                raise ValueError(f"Under “{field}”, write one of {', '.join(known)} instead of “{wrong[0]}”.")
        if self.state.default in CLOSED and self.columns.closed is None:
            raise ValueError("A state that is closed needs the column that says when: add columns.closed.")
        return self

    def column_names(self) -> list[tuple[str, str]]:
        """(Field of the mapping, column it names), for every column that the file must have."""
        place = self.columns.place
        named = [
            ("columns.id", self.columns.id),
            ("columns.created", self.columns.created.column),
            ("columns.closed", self.columns.closed.column if self.columns.closed else None),
            ("columns.place.lon", place.lon),
            ("columns.place.lat", place.lat),
            ("columns.place.point", place.point),
            ("columns.address", self.columns.address),
            *(("category.columns", name) for name in self.category.columns),
            ("kind.column", self.kind.column),
            ("channel.column", self.channel.column),
            ("state.column", self.state.column),
            *(("only", name) for name in self.only),
            *(("skip", name) for name in self.skip),
        ]
        return [(field, name) for field, name in named if name is not None]


def read_mapping(name: Path | str) -> Mapping:
    """The mapping of a file, or one of ours by its name. Raises ImportStopped with every fault, each with its line."""
    path = Path(name)
    if not path.exists() and (SHIPPED / f"{name}.yaml").exists():
        path = SHIPPED / f"{name}.yaml"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ImportStopped(f"{path}: save the mapping in UTF-8.") from None
    except OSError as error:
        known = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
        raise ImportStopped(f"{name}: {error.strerror}. Mappings that come with Auzolan: {known}.") from None
    document = read_yaml(text)
    issues = [PackIssue(path.name, f.line, dotted(f.path, document.value), f.message) for f in document.faults]
    if not issues:
        try:
            return Mapping.model_validate(document.value if document.value is not None else {})
        except ValidationError as error:
            for detail in error.errors():
                loc = tuple(part for part in detail["loc"] if part != "[key]")
                said = sentence(detail).removeprefix("Value error, ")
                issues.append(PackIssue(path.name, document.line(loc), dotted(loc, document.value), said))
    raise ImportStopped(_said(issues))


def _said(issues: Sequence[PackIssue]) -> str:
    return "\n".join(str(issue) for issue in sorted(set(issues)))


def source_facts(mapping: Mapping) -> dict[str, Any]:
    """What is owed to the publisher, kept with the territory."""
    return mapping.model_dump(include={"name", "publisher", "licence", "url", "attribution"})

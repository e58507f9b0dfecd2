"""The communes of France as typed, read-only records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from shapely import MultiPolygon, Point

PartKind = Literal["arrondissement", "commune_deleguee", "commune_associee"]
EpciKind = Literal["metropole", "communaute_urbaine", "communaute_agglomeration", "communaute_communes"]


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The same hours on each weekday from `first_day` to `last_day` (1 is Monday, as in ISO 8601).

    `spans` are local times, `("09:00", "12:00")`.
    """

    first_day: int
    last_day: int
    spans: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TownHall:
    """Where one writes to, rings and goes. Empty strings mean that the directory says nothing."""

    name: str
    postal_address: str  # lines separated by \n, as on an envelope
    email: str
    phone: str
    website: str
    hours: tuple[OpeningHours, ...]
    point: Point | None  # SRID 4326


@dataclass(frozen=True)
class Place:
    """What a commune and its parts have in common. The boundary is decoded when first asked for."""

    code: str  # INSEE
    name: str  # with its article: "Le Havre"
    genitive: str  # "de Bayonne", "du Havre", "d'Anglet"
    population: int | None  # municipal population, see SOURCE.md for the year
    town_hall: TownHall | None
    _read_boundary: Callable[[], MultiPolygon | None] = field(repr=False, compare=False)

    @cached_property
    def boundary(self) -> MultiPolygon | None:
        """The boundary in SRID 4326, or None for the few places whose drawing the source lacks."""
        return self._read_boundary()


@dataclass(frozen=True)
class CommunePart(Place):
    """An arrondissement of Paris, Lyon or Marseille, or a former commune that lives on inside a new one."""

    kind: PartKind
    parent: str


@dataclass(frozen=True)
class Commune(Place):
    """A commune, with all that a territory needs to be created from it."""

    siren_epci: str | None
    departement: str
    postcodes: tuple[str, ...]
    time_zone: str  # IANA name
    parts: tuple[CommunePart, ...]

    @property
    def arrondissements(self) -> tuple[CommunePart, ...]:
        """The municipal arrondissements (Paris, Lyon, Marseille), in order; elsewhere nothing."""
        return tuple(part for part in self.parts if part.kind == "arrondissement")


@dataclass(frozen=True, slots=True)
class Epci:
    """An intercommunality with its own taxes, named by its SIREN number."""

    siren: str
    name: str
    kind: EpciKind
    communes: tuple[str, ...]  # INSEE codes


@dataclass(frozen=True, slots=True)
class Departement:
    code: str
    name: str
    region: str
    communes: tuple[str, ...]  # INSEE codes
    time_zone: str


@dataclass(frozen=True, slots=True)
class CommuneMatch:
    """A line of the index, enough to choose from a list."""

    code: str
    name: str
    postcodes: tuple[str, ...]
    population: int | None

    def __str__(self) -> str:
        return f"{self.code} {self.name}" + (f" ({self.postcodes[0]})" if self.postcodes else "")


class UnknownPlace(LookupError):
    """No such code; `suggestions` are the communes that were perhaps meant."""

    def __init__(self, message: str, suggestions: tuple[CommuneMatch, ...] = ()) -> None:
        super().__init__(message)
        self.suggestions = suggestions


class UnknownCommune(UnknownPlace):
    """No commune has this INSEE code."""


class UnknownEpci(UnknownPlace):
    """No intercommunality has this SIREN number."""


class UnknownDepartement(UnknownPlace):
    """No département has this code."""

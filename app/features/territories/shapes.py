"""What the API answers about towns and places: the types of its documents, which are also its schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.core.shapes import Area, Kind, Labels, Point, StoredAs, shape
from app.features.territories.packs import schema as packs

Need = Annotated[str, Field(json_schema_extra={"enum": ["optional", "required", "none"]})]


@shape
class TerritoryFacts(TypedDict):
    """A public body with a boundary."""

    slug: str
    name: str
    kind: str
    """`commune`, `epci`, or what the town calls itself."""
    code: str | None
    """INSEE code of a commune, SIREN of an agglomeration."""
    parent: str | None
    """Slug of the territory that contains it."""
    prefix: str
    """What its references begin with: `BAY` in `BAY-4817`."""
    population: int | None
    timezone: str
    languages: list[str]


class Territories(TypedDict):
    """Every active territory, the largest first."""

    territories: list[TerritoryFacts]


@shape
class ZoneFacts(TypedDict):
    """A named polygon inside a territory."""

    kind: str
    """`quartier`, `secteur`, `canton`…"""
    slug: str
    name: str


TownHall = Annotated[
    dict[str, Any],
    Field(description="`name`, `postal_address`, `email`, `phone`, `website`, `hours`; any may be absent."),
]


@shape
class TerritoryProperties(TerritoryFacts):
    """All that is said of one territory, but its boundary."""

    zones: list[ZoneFacts]
    town_hall: TownHall


@shape
class TerritoryFeature(TerritoryProperties):
    """A GeoJSON feature; its properties are also members of the feature itself."""

    type: Literal["Feature"]
    id: str
    properties: TerritoryProperties
    geometry: Area | None
    """The boundary."""


@shape
class CategoryDocument(TypedDict):
    """What contributions may be about."""

    slug: str
    parent: str | None
    leaf: bool
    """Only a leaf takes contributions."""
    kinds: list[Kind]
    labels: Labels
    descriptions: Labels
    icon: str
    questions: list[Annotated[Mapping[str, Any], StoredAs(packs.Question)]]
    """What the form asks beside the text."""
    group_radius_m: float
    """A problem nearer than this to an open ticket of its category joins it; 0 groups nothing."""
    group_window_days: int
    """How long a ticket waits for more of the same."""
    target_delay: Annotated[Mapping[str, Any], StoredAs(packs.Delay)] | None
    """The promise; null: the town's default."""
    contact: Need
    photo: Need
    moderation: Annotated[str, Field(json_schema_extra={"enum": ["before", "after"]})]
    """Whether somebody reads it before the public does."""


@shape
class Categories(TypedDict):
    """The categories of a territory, its parents' included, in their order."""

    territory: str
    categories: list[CategoryDocument]


@shape
class PlaceFacts(TypedDict):
    """A place that may be the one meant."""

    label: str
    kind: str
    """`address`, `street`, `town`, or a kind of place such as `park`."""
    distance_m: float | None
    """From the point asked about; null without one."""
    score: float
    """From 0 to 1, comparable within one answer."""


class PlaceFeature(TypedDict):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    geometry: Point
    properties: PlaceFacts


class Places(TypedDict):
    """A GeoJSON feature collection, the likeliest first."""

    type: Literal["FeatureCollection"]
    features: list[PlaceFeature]

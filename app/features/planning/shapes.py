"""What the API answers about hotspots: the types of its documents, which are also its schemas."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.core.shapes import Area, Kind, Moment, shape

Trend = Annotated[str, Field(json_schema_extra={"enum": ["appeared", "grew", "shrank", "split", "merged", "ended"]})]


@shape
class HotspotFacts(TypedDict):
    """An area where contributions of one kind and category concentrate."""

    id: int
    name: str
    kind: Kind
    category: str
    category_label: str
    icon: str
    territory: str
    n: int
    """Contributions in it now."""
    peak: int
    trend: Trend | None
    """The last thing that happened to it."""
    centre: Annotated[list[float], Field(min_length=2, max_length=2)]
    """Longitude and latitude."""
    appeared_at: Moment
    updated_at: Moment
    ended_at: Moment | None
    successor: int | None
    """The hotspot that took it over, once it ended."""


@shape
class HotspotEvent(TypedDict):
    """What happened to a hotspot, and when."""

    type: Trend
    at: Moment
    n: int
    was: NotRequired[int]
    """How many there were."""
    split_from: NotRequired[int]
    into: NotRequired[int | list[int]]
    absorbed: NotRequired[list[int]]


@shape
class HotspotStory(HotspotFacts):
    """A hotspot with its history, oldest first."""

    history: list[HotspotEvent]


class HotspotFeature(TypedDict):
    """A GeoJSON feature: the hull of the hotspot."""

    type: Literal["Feature"]
    id: int
    geometry: Area
    properties: HotspotFacts


class HotspotStoryFeature(TypedDict):
    """A GeoJSON feature: the hull of the hotspot, and its history."""

    type: Literal["Feature"]
    id: int
    geometry: Area
    properties: HotspotStory


class Hotspots(TypedDict):
    """A GeoJSON feature collection, the largest first."""

    type: Literal["FeatureCollection"]
    features: list[HotspotFeature]

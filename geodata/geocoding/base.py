"""What every geocoder promises, whoever answers.

A geocoder proposes: it never moves a pin that a person has placed. Each proposal carries its distance to the point
asked about, so that the person can be shown how far it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

#: Beyond this, the nearest known thing says nothing about a point (metres).
REVERSE_REACH_M = 300.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place that may be the one meant.

    `kind` is `address` (a house number), `street`, `town`, or a kind of place such as `park`, `school`, `place`.
    `distance_m` is measured on the ellipsoid from the point asked about (`near`, or the point of a reverse search);
    None without one. `score` goes from 0 to 1, comparable between the proposals of one answer only.
    """

    label: str
    kind: str
    lon: float
    lat: float
    distance_m: float | None
    score: float


class Geocoder(Protocol):
    """Words to places, and back. Positions are longitude and latitude in degrees (SRID 4326)."""

    def search(self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5) -> tuple[Proposal, ...]:
        """Places that the text may name, the likeliest first; `near` (lon, lat) favours what is close.

        An empty or unknown text gives nothing. Raises GeocoderError when nobody can answer now.
        """
        ...

    def reverse(self, lon: float, lat: float, *, limit: int = 1) -> tuple[Proposal, ...]:
        """What is at a position, the nearest first; nothing when it is far from everything known."""
        ...


class GeocoderError(Exception):
    """No answer. The person can still place the pin by hand, so a caller shows this and goes on."""


class GeocoderUnavailable(GeocoderError):
    """The service did not answer in time, or not at all."""


class GeocoderBusy(GeocoderError):
    """Too many questions: ask again after `retry_after_s` seconds."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class GeocoderConfused(GeocoderError):
    """The service answered something that is not what it documents."""

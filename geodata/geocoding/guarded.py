"""A geocoder that asks somebody else, kept from making everybody wait when that one is slow or gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from geodata.geocoding.base import Geocoder, GeocoderBusy, GeocoderError, GeocoderUnavailable, Proposal

AT_ONCE = 2
REST_S = 20.0


class GuardedGeocoder:
    """See `geodata.geocoding.Geocoder` for the promises.

    At most `at_once` questions are on their way; one more is refused at once. After a failure nobody is asked for
    `rest_s` seconds (or as many as the service wishes): a dead service costs one wait, not one a letter typed.
    """

    def __init__(
        self,
        geocoder: Geocoder,
        *,
        at_once: int = AT_ONCE,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._geocoder, self._rest_s, self._clock = geocoder, rest_s, clock
        self._doors = threading.BoundedSemaphore(at_once)
        self._asleep_until = 0.0

    def search(self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5) -> tuple[Proposal, ...]:
        """As the geocoder within, or `GeocoderUnavailable` without asking it."""
        with self._asking():
            return self._geocoder.search(text, near=near, limit=limit)

    def reverse(self, lon: float, lat: float, *, limit: int = 1) -> tuple[Proposal, ...]:
        """As the geocoder within, or `GeocoderUnavailable` without asking it."""
        with self._asking():
            return self._geocoder.reverse(lon, lat, limit=limit)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if self._clock() < self._asleep_until:
            raise GeocoderUnavailable("The geocoder failed a moment ago; it is asked again soon.")
        if not self._doors.acquire(blocking=False):
            raise GeocoderUnavailable("Too many questions are on their way to the geocoder.")
        try:
            yield
        except GeocoderError as error:
            rest = error.retry_after_s if isinstance(error, GeocoderBusy) else self._rest_s
            self._asleep_until = self._clock() + min(rest, 600.0)
            raise
        finally:
            self._doors.release()

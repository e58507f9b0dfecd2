"""Whom a town asks for addresses. A geocoder proposes places; it never moves a pin that a person placed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import structlog
from flask import current_app

from app.features.territories.sites import site_town
from app.settings import Settings
from geodata import demo
from geodata.geocoding import (
    BadTable,
    Geocoder,
    GeocoderError,
    GeopfGeocoder,
    GuardedGeocoder,
    OfflineGeocoder,
    Proposal,
)

log = structlog.get_logger("addresses")

SMALL = 60_000_000
"""Bytes of the largest address table that a process reads into its memory."""
NATIONAL = "geopf"


def site_geocoder() -> Geocoder | None:
    """The geocoder of the town that this request's host shows, or None."""
    return open_geocoder(site_town().town.geocoder, current_app.extensions["settings"])


def open_geocoder(name: str, settings: Settings) -> Geocoder | None:
    """The geocoder that a town's setting names, or None: a table that went bad later is one that is not there."""
    try:
        return geocoder_named(name, settings)
    except (BadTable, OSError) as error:
        log.warning("geocoder.unusable", table=name, error=str(error))
        return None


def geocoder_named(name: str, settings: Settings) -> Geocoder | None:
    """`demo`, `geopf`, or a table in the folder `addresses` of the data; None for what is not there, or too big.

    Raises BadTable for a file that holds no addresses, OSError for one that cannot be read.
    """
    if name == "demo":
        return demo.geocoder()
    if name == NATIONAL:
        return _national(settings.geocoder.url, settings.geocoder.timeout_s)
    if not name:
        return None
    path = settings.storage.data / "addresses" / Path(name).name
    return _table(path) if path.is_file() and path.stat().st_size < SMALL else None


def site_address(words: str) -> Proposal | None:
    """The likeliest place of an address that somebody typed; None when nothing is found, or nobody answers."""
    geocoder = site_geocoder()
    if geocoder is None or not words.strip():
        return None
    try:
        found = geocoder.search(words.strip(), limit=1)
    except GeocoderError:
        return None
    return found[0] if found else None


@lru_cache(maxsize=4)
def _national(url: str, timeout_s: float) -> Geocoder:
    return GuardedGeocoder(GeopfGeocoder(base_url=url, timeout_s=timeout_s))


@lru_cache(maxsize=4)
def _table(path: Path) -> OfflineGeocoder:
    return OfflineGeocoder.from_table(path)

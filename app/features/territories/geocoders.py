"""The site's geocoder. It proposes places; it never moves a pin that a person placed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import current_app

from app.features.territories.sites import site_town
from geodata import demo
from geodata.geocoding import Geocoder, OfflineGeocoder

SMALL = 60_000_000
"""Bytes of the largest address table that a web process reads into its memory."""


def site_geocoder() -> Geocoder | None:
    """The geocoder that the town's setting `geocoder` names (`demo`, or a table in the data folder), or None."""
    wanted = site_town().town.settings.get("geocoder")
    if wanted == "demo":
        return demo.geocoder()
    if not wanted:
        return None
    folder = Path(current_app.extensions["settings"].storage.data) / "addresses"
    path = folder / Path(str(wanted)).name
    return _table(path) if path.is_file() and path.stat().st_size < SMALL else None


@lru_cache(maxsize=4)
def _table(path: Path) -> OfflineGeocoder:
    return OfflineGeocoder.from_table(path)

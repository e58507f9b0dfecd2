"""Words to places and back: a promise (`Geocoder`), two that keep it, one offline, one national, and a guard for it."""

from geodata.geocoding.base import (
    Geocoder,
    GeocoderBusy,
    GeocoderConfused,
    GeocoderError,
    GeocoderUnavailable,
    Proposal,
)
from geodata.geocoding.geopf import GeopfGeocoder
from geodata.geocoding.guarded import GuardedGeocoder
from geodata.geocoding.offline import OfflineGeocoder, StreetLine
from geodata.geocoding.tables import AddressRow, BadTable, read_addresses

__all__ = [
    "AddressRow",
    "BadTable",
    "Geocoder",
    "GeocoderBusy",
    "GeocoderConfused",
    "GeocoderError",
    "GeocoderUnavailable",
    "GeopfGeocoder",
    "GuardedGeocoder",
    "OfflineGeocoder",
    "Proposal",
    "StreetLine",
    "read_addresses",
]

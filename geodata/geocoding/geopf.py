"""The French State's geocoder, at the Géoplateforme (https://data.geopf.fr/geocodage): free, no key, 50 requests/s.

It replaced api-adresse.data.gouv.fr. Documentation:
https://geoservices.ign.fr/documentation/services/services-geoplateforme/geocodage
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from geodata.crs import distance_m
from geodata.geocoding.base import REVERSE_REACH_M, GeocoderBusy, GeocoderConfused, GeocoderUnavailable, Proposal

BASE_URL = "https://data.geopf.fr/geocodage"
TIMEOUT_S = 3.0
#: An answer of twenty proposals weighs 15 kB; more than this is not one.
MOST_BYTES = 1_000_000
_KINDS = {"housenumber": "address", "street": "street", "locality": "place", "municipality": "town"}

#: Give the body of an URL, or raise OSError (which URLError, HTTPError and TimeoutError are). Arguments: URL, seconds.
Fetch = Callable[[str, float], bytes]


def fetch(url: str, timeout_s: float) -> bytes:
    """Read an https address (or one of this machine); redirections are followed by the library, the size is bounded."""
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise ValueError(f"Only https is asked: {url[:60]}")
    request = Request(url, headers={"Accept": "application/json", "User-Agent": "auzolan"})  # noqa: S310
    with urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
        return bytes(answer.read(MOST_BYTES + 1))


class GeopfGeocoder:
    """See `geodata.geocoding.Geocoder` for the promises. One outgoing call a question, `timeout_s` at most each."""

    def __init__(
        self, *, base_url: str = BASE_URL, timeout_s: float = TIMEOUT_S, fetch: Fetch = fetch, citycode: str = ""
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._fetch = fetch
        self._citycode = citycode  # the INSEE code of the only commune to search in, if any

    def search(self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5) -> tuple[Proposal, ...]:
        """Ask for addresses and places. The service wants three to two hundred characters."""
        wanted = " ".join(text.split())[:200]
        if len(wanted) < 3 or not wanted[0].isalnum():
            return ()
        question: dict[str, Any] = {"q": wanted, "index": "address,poi", "limit": min(limit, 20)}
        if near is not None:
            question |= {"lon": f"{near[0]:.6f}", "lat": f"{near[1]:.6f}"}
        if self._citycode:
            question["citycode"] = self._citycode
        return self._ask("search", question, near)[:limit]

    def reverse(self, lon: float, lat: float, *, limit: int = 1) -> tuple[Proposal, ...]:
        """Ask for the nearest addresses: a name from farther than the next streets would mislead whoever reads it."""
        question = {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "index": "address", "limit": min(limit, 20)}
        found = self._ask("reverse", question, (lon, lat))
        near = [proposal for proposal in found if (proposal.distance_m or 0.0) <= REVERSE_REACH_M]
        return tuple(sorted(near, key=lambda proposal: proposal.distance_m or 0.0))[:limit]

    def _ask(self, verb: str, question: dict[str, Any], near: tuple[float, float] | None) -> tuple[Proposal, ...]:
        try:
            body = self._fetch(f"{self._base_url}/{verb}?{urlencode(question)}", self._timeout_s)
        except HTTPError as error:
            if error.code == 429:
                raise GeocoderBusy("The national geocoder asks us to slow down.", _wait(error)) from error
            raise GeocoderUnavailable(f"The national geocoder answered {error.code}.") from error
        except (URLError, OSError) as error:
            raise GeocoderUnavailable("The national geocoder does not answer.") from error
        if len(body) > MOST_BYTES:
            raise GeocoderConfused("The national geocoder's answer is too long to be one.")
        try:
            members = json.loads(body)["features"]
            return tuple(_proposal(member, near) for member in members)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise GeocoderConfused("The national geocoder's answer is not what it documents.") from error


def _proposal(member: dict[str, Any], near: tuple[float, float] | None) -> Proposal:
    properties = member["properties"]
    lon, lat = (float(number) for number in member["geometry"]["coordinates"][:2])
    if "type" in properties:
        kind = _KINDS.get(properties["type"], "place")
        label = str(properties["label"])
    else:
        # Places come with lists: a name, its spellings, its towns.
        kind = "place"
        town = _first(properties.get("city"))
        label = f"{properties['toponym']}, {town}" if town else str(properties["toponym"])
    return Proposal(
        label=label,
        kind=kind,
        lon=lon,
        lat=lat,
        distance_m=None if near is None else distance_m(*near, lon, lat),
        score=min(max(float(properties.get("score", 0.0)), 0.0), 1.0),
    )


def _first(value: object) -> str:
    if isinstance(value, list):
        return str(value[0]) if value else ""
    return str(value or "")


def _wait(error: HTTPError) -> float:
    try:
        return max(float(error.headers.get("Retry-After", "5")), 1.0)
    except ValueError:
        return 5.0

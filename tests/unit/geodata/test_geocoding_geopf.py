"""The national geocoder, with answers of the shape it documents and never a network."""

import io
import json
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit

import pytest

from geodata.geocoding import Geocoder, GeocoderBusy, GeocoderConfused, GeocoderUnavailable, GeopfGeocoder
from geodata.geocoding.geopf import MOST_BYTES, fetch

ADDRESS = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [-1.475036, 43.493588]},
    "properties": {
        "label": "1 Avenue du Maréchal Leclerc 64100 Bayonne", "score": 0.97, "housenumber": "1", "type": "housenumber",
        "name": "1 Avenue du Maréchal Leclerc", "postcode": "64100", "citycode": "64102", "city": "Bayonne",
        "street": "Avenue du Maréchal Leclerc", "_type": "address",
    },
}  # fmt: skip
PLACE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [-1.4776, 43.4907]},
    "properties": {
        "toponym": "Cathédrale Sainte-Marie", "name": ["cathédrale sainte-marie"], "city": ["Bayonne"],
        "category": ["construction religieuse"], "score": 0.6, "_type": "poi",
    },
}  # fmt: skip


class Service:
    """Stands where the network is: keeps what was asked, gives what it was told to."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, float]] = []

    def __call__(self, url: str, timeout_s: float) -> bytes:
        self.asked.append((url, timeout_s))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def collection(*members: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": members}).encode()


def refusal(code: int, **headers: str) -> HTTPError:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return HTTPError("https://data.geopf.fr/", code, "no", message, io.BytesIO())


def test_searches_addresses_and_places() -> None:
    service = Service(collection(ADDRESS, PLACE))
    geocoder: Geocoder = GeopfGeocoder(fetch=service, timeout_s=1.5, citycode="64102")
    first, second = geocoder.search("  1 av.  Maréchal Leclerc ", near=(-1.475, 43.4936), limit=5)
    assert (first.label, first.kind) == ("1 Avenue du Maréchal Leclerc 64100 Bayonne", "address")
    assert first.distance_m == pytest.approx(3, abs=1)
    assert (second.label, second.kind, second.score) == ("Cathédrale Sainte-Marie, Bayonne", "place", 0.6)
    ((url, timeout_s),) = service.asked
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "data.geopf.fr", "/geocodage/search")
    assert parse_qs(parts.query) == {
        "q": ["1 av. Maréchal Leclerc"], "index": ["address,poi"], "limit": ["5"], "lon": ["-1.475000"],
        "lat": ["43.493600"], "citycode": ["64102"],
    }  # fmt: skip
    assert timeout_s == 1.5


def test_reverse_measures_and_sorts_by_itself() -> None:
    far = {**ADDRESS, "geometry": {"type": "Point", "coordinates": [-1.477, 43.4946]}}
    service = Service(collection(far, ADDRESS))
    near, other = GeopfGeocoder(fetch=service).reverse(-1.475, 43.4936, limit=2)
    assert near.distance_m is not None
    assert other.distance_m is not None
    assert near.distance_m < 10 < other.distance_m
    assert urlsplit(service.asked[0][0]).path == "/geocodage/reverse"


def test_what_is_far_from_a_place_does_not_name_it() -> None:
    far = {**ADDRESS, "geometry": {"type": "Point", "coordinates": [-1.48, 43.53]}}
    assert GeopfGeocoder(fetch=Service(collection(far))).reverse(-1.475, 43.4936) == ()


@pytest.mark.parametrize("text", ["", "ab", "   ", "?abc"])
def test_what_the_service_refuses_is_not_asked(text: str) -> None:
    service = Service(collection())
    assert GeopfGeocoder(fetch=service).search(text) == ()
    assert service.asked == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (TimeoutError("slow"), GeocoderUnavailable),
        (URLError("no route"), GeocoderUnavailable),
        (ConnectionResetError(), GeocoderUnavailable),
        (refusal(503), GeocoderUnavailable),
        (refusal(400), GeocoderUnavailable),
        (b"<html>", GeocoderConfused),
        (b"[]", GeocoderConfused),
        (b'{"features": [{}]}', GeocoderConfused),
        (b'{"features": 3}', GeocoderConfused),
        (b"\xff", GeocoderConfused),
        (b"{" + b" " * MOST_BYTES, GeocoderConfused),
    ],
)
def test_each_failure_is_told_by_its_name(answer: bytes | Exception, error: type[Exception]) -> None:
    with pytest.raises(error):
        GeopfGeocoder(fetch=Service(answer)).search("bayonne")


@pytest.mark.parametrize(
    ("header", "seconds"), [({"Retry_After": "7"}, 7.0), ({"Retry_After": "soon"}, 5.0), ({}, 5.0)]
)
def test_too_many_questions_says_when_to_come_back(header: dict[str, str], seconds: float) -> None:
    with pytest.raises(GeocoderBusy) as caught:
        GeopfGeocoder(fetch=Service(refusal(429, **header))).search("bayonne")
    assert caught.value.retry_after_s == seconds


def test_nothing_but_https_is_asked() -> None:
    with pytest.raises(ValueError, match="https"):
        fetch("file:///etc/passwd", 1.0)

"""The basemap by pieces: ranges, what the browser already has, and nothing but PMTiles of known places."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from geodata.demo import basemap_path

URL = "/basemap/demo.pmtiles"


def test_a_range_is_that_part_of_the_file(client: FlaskClient) -> None:
    whole = basemap_path().read_bytes()
    with client.get(URL, headers={"Range": "bytes=127-16383"}) as answer:
        assert answer.status_code == 206
        assert answer.data == whole[127:16384]
        assert answer.headers["Content-Range"] == f"bytes 127-16383/{len(whole)}"
        assert answer.headers["ETag"]
        assert "max-age=2592000" in answer.headers["Cache-Control"]


def test_the_whole_file_says_that_it_can_be_read_by_pieces(client: FlaskClient) -> None:
    with client.get(URL) as answer:
        assert answer.status_code == 200 and answer.data == basemap_path().read_bytes()
        assert answer.headers["Accept-Ranges"] == "bytes"


def test_what_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    with client.get(URL, headers={"Range": "bytes=0-9"}) as first:
        tag = first.headers["ETag"]
    with client.get(URL, headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304 and not again.data


def test_an_absurd_range_is_refused(client: FlaskClient) -> None:
    with client.get(URL, headers={"Range": "bytes=999999999-"}) as answer:
        assert answer.status_code == 416


def test_a_town_may_bring_its_own(client: FlaskClient, environment: dict[str, str]) -> None:
    folder = Path(environment["AUZOLAN_DATA"]) / "basemaps"
    folder.mkdir(parents=True)
    (folder / "bayonne.pmtiles").write_bytes(b"PMTiles of a town")
    with client.get("/basemap/bayonne.pmtiles", headers={"Range": "bytes=0-6"}) as answer:
        assert answer.data == b"PMTiles"


def test_nothing_else_is_ever_served(client: FlaskClient, environment: dict[str, str]) -> None:
    data = Path(environment["AUZOLAN_DATA"])
    data.mkdir(parents=True, exist_ok=True)
    (data / "secret.pmtiles").write_text("not in the folder of basemaps")
    for name in ("paris", "..%2Fsecret", "%2e%2e/secret", "secret", "Demo", "demo.pmtiles/x"):
        with client.get(f"/basemap/{name}.pmtiles") as answer:
            assert answer.status_code == 404, name

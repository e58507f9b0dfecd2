"""One person, one vote, on any scale, until the process closes (P17, P18, P19, P20, P22)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.features.contributions.supporting import (
    BUBBLE_MAX,
    BUBBLE_MIN,
    bubble_size,
    count_errors,
    settle_counts,
    tell_counts_of_closed,
)
from geodata.pyramid import Tile, tiles_covering
from tests.integration.participation.conftest import LAT, LON, Ideas, Person
from tests.support.desk import form_token


def tile_at(lon: float, lat: float, zoom: int) -> Tile:
    """The tile that holds a place."""
    x, y, _, _ = tiles_covering((lon, lat, lon, lat), zoom)
    return Tile(zoom, x, y)


People = Callable[[], Person]


def test_a_town_has_a_process_that_stands_open(ideas: Ideas, person: People) -> None:
    reference = ideas.idea()
    answer = person().vote(reference, 1).json
    assert (answer["process"], answer["mode"], answer["standing"]) == ("ideas", "support", "open")
    assert (answer["value"], answer["votes"], answer["score"]) == (1, 1, 1)
    assert person().vote(reference, -1).status_code == 400, "support takes nothing else"
    assert ideas.shown(reference) == (1, bubble_size(1))


def test_supporting_twice_counts_once(ideas: Ideas, person: People) -> None:
    reference, maite = ideas.idea(), person()
    for _ in range(3):
        assert maite.vote(reference, 1).json["votes"] == 1
    maite.client.post(f"/api/v1/contributions/{reference}/support")
    assert ideas.shown(reference)[0] == 1
    assert maite.withdraw(reference).json["value"] is None
    assert maite.withdraw(reference).json["votes"] == 0
    assert count_errors(ideas.session) == []


def test_changing_sides_moves_the_totals(ideas: Ideas, person: People) -> None:
    ideas.process("shade", mode="for_against")
    reference, maite, peio = ideas.idea(), person(), person()
    assert maite.vote(reference, 0).status_code == 400
    maite.vote(reference, 1)
    assert peio.vote(reference, 1).json["counts"] == {"minus2": 0, "minus1": 0, "zero": 0, "plus1": 2, "plus2": 0}
    switched = peio.vote(reference, -1).json
    assert (switched["counts"]["plus1"], switched["counts"]["minus1"], switched["score"]) == (1, 1, 0)
    assert peio.withdraw(reference).json["counts"]["minus1"] == 0
    assert maite.withdraw(reference).json["votes"] == 0
    assert count_errors(ideas.session) == []


def test_the_scale_adds_up_and_the_bubble_follows(ideas: Ideas, person: People) -> None:
    ideas.process("shade", mode="scale")
    reference = ideas.idea()
    for value in (2, 1, -2):
        answer = person().vote(reference, value).json
    assert (answer["votes"], answer["score"], answer["mean"]) == (3, 1, 0.33)
    assert answer["bubble"] == 46 and ideas.shown(reference) == (2, 46)
    published = person().client.get("/api/v1/processes").json["bubble"]
    assert published == {"min": BUBBLE_MIN, "max": BUBBLE_MAX, "growth": 2.0}
    for _ in range(3):
        person().vote(reference, -2)
    assert ideas.shown(reference) == (2, BUBBLE_MIN), "a negative score is the smallest disc, still tappable"


def test_the_formula_stays_between_its_bounds() -> None:
    sizes = [bubble_size(score) for score in (-10, 0, 1, 100, 484, 10**9)]
    assert sizes == [44, 44, 46, 64, 88, 88]


def test_the_statement_has_the_published_formula(ideas: Ideas, person: People) -> None:
    ideas.process("shade", mode="scale")
    for number in range(12):
        reference = ideas.idea(f"Idée {number}")
        for _ in range(number):
            person().vote(reference, 2)
        assert ideas.shown(reference)[1] in ((None,) if number == 0 else (bubble_size(2 * number),))


def test_the_tile_carries_the_bubble(ideas: Ideas, person: People, client: FlaskClient) -> None:
    reference = ideas.idea()
    person().vote(reference, 1)
    tile = tile_at(LON, LAT, 17)
    found = mapbox_vector_tile.decode(client.get(f"/tiles/contributions/17/{tile.x}/{tile.y}.mvt").data)
    [point] = found["points"]["features"]
    assert (point["properties"]["ref"], point["properties"]["bubble"]) == (reference, 46)


def test_what_came_with_an_idea_has_its_disc_before_anybody_votes(ideas: Ideas, client: FlaskClient) -> None:
    reference = ideas.idea()
    ideas.session.execute(text("UPDATE contribution SET supports = 12"))
    ideas.session.commit()
    assert discs(client) == {reference: bubble_size(12)}
    [listed] = client.get("/api/v1/ideas").json["features"]
    assert listed["properties"]["bubble"] == bubble_size(12)


def test_only_ideas_have_a_disc(ideas: Ideas, person: People, client: FlaskClient) -> None:
    reference = ideas.idea("Un trou", kind="problem")
    person().client.post(f"/api/v1/contributions/{reference}/support")
    assert ideas.shown(reference) == (1, None)
    assert discs(client) == {reference: None}
    ideas.session.execute(text("UPDATE contribution SET bubble = 44"))
    ideas.session.commit()
    assert discs(client) == {reference: None}, "written before it was told so"


def discs(client: FlaskClient) -> dict[str, int | None]:
    """By reference, how wide the disc is in the tiles, which say the same from far and from near."""
    found = []
    for zoom, layer in ((12, "cells"), (17, "points")):
        tile = tile_at(LON, LAT, zoom)
        tiles = mapbox_vector_tile.decode(client.get(f"/tiles/contributions/{zoom}/{tile.x}/{tile.y}.mvt").data)
        marks = [one["properties"] for one in tiles[layer]["features"]]
        found.append({mark["ref"]: mark.get("bubble") for mark in marks})
    far, near = found
    assert far == near
    return near


def test_fifty_votes_at_once_by_one_person_are_one(ideas: Ideas, person: People, app: Flask) -> None:
    ideas.process("shade", mode="scale")
    reference, maite = ideas.idea(), person()
    maite.vote(reference, 0)
    cookie = maite.client.get_cookie("auzolan_person")
    assert cookie is not None

    def click(number: int) -> int:
        tab = Person(app)
        tab.client.set_cookie("auzolan_person", cookie.value)
        return int(tab.vote(reference, number % 5 - 2).status_code)

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(click, range(50))) == {200}
    answer = maite.client.get(f"/api/v1/contributions/{reference}/vote").json
    assert answer["votes"] == 1 and answer["score"] == answer["value"]
    assert ideas.value("SELECT count(*) FROM support") == 1
    assert count_errors(ideas.session) == []


def test_many_people_at_once_are_all_counted(ideas: Ideas, person: People, app: Flask) -> None:
    ideas.process("shade", mode="scale")
    reference = ideas.idea()

    def one(number: int) -> None:
        somebody = Person(app)
        somebody.vote(reference, number % 5 - 2)
        somebody.vote(reference, 2 - number % 5)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(30)))
    answer = person().client.get(f"/api/v1/contributions/{reference}/vote").json
    assert set(answer["counts"].values()) == {6} and answer["votes"] == 30
    assert count_errors(ideas.session) == []


def test_the_clock_of_the_server_closes_the_vote(ideas: Ideas, person: People) -> None:
    """A vote a second before stays, one a second after is refused, whatever the browser believes."""
    ideas.process("shade", mode="scale", closes=3600)
    reference, maite, peio = ideas.idea(), person(), person()
    assert maite.vote(reference, 2).status_code == 200
    ideas.session.execute(text("UPDATE process SET closes_at = clock_timestamp() WHERE slug = 'shade'"))
    ideas.session.commit()
    for refused in (peio.vote(reference, 1), maite.vote(reference, -2), maite.withdraw(reference)):
        assert refused.status_code == 409 and refused.json["type"].endswith("vote-closed")
    answer = maite.client.get(f"/api/v1/contributions/{reference}/vote").json
    assert (answer["standing"], answer["value"], answer["votes"]) == ("closed", 2, 1)
    page = peio.client.get(f"/c/{reference}?lang=fr").text
    assert "Le vote a pris fin" in page and "Donner mon avis" not in page
    # The bar leads to what was argued, and no more to a form that is no longer there.
    assert "Lire les arguments" in page and "Ajouter un argument" not in page
    # Nobody was faster: it is over.
    token = form_token(peio.client.get(f"/c/{reference}/suivre").text)
    late = peio.client.post(f"/c/{reference}/avis?lang=fr", data={"value": "2", "csrf_token": token})
    assert late.status_code == 409 and "Ce n’est plus possible" in late.text


def test_a_vote_that_waits_for_another_is_judged_when_it_is_written(ideas: Ideas, person: People, app: Flask) -> None:
    """It arrived before the close and was kept waiting until after: the moment of writing decides."""
    ideas.process("shade", closes=3600)
    reference = ideas.idea()
    ideas.session.execute(text("SELECT id FROM contribution FOR UPDATE"))
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
    with ThreadPoolExecutor(1) as pool:
        voting = pool.submit(lambda: Person(app).vote(reference, 1).status_code)
        while not ideas.session.scalar(waits):
            assert not voting.done(), voting.result()
            time.sleep(0.05)
        ideas.session.execute(text("UPDATE process SET closes_at = clock_timestamp() WHERE slug = 'shade'"))
        ideas.session.commit()
        assert voting.result() == 409


def test_an_idea_joins_the_process_that_fits_it(ideas: Ideas, person: People) -> None:
    zone = ideas.town.zone("saint-esprit", (-1.5, 43.48, -1.46, 43.5))
    ideas.process("later", opens=3600)
    ideas.process("over", opens=-7200, closes=-3600)
    ideas.process("quarter", zones=["quartier/saint-esprit"], mode="scale")
    ideas.town.category("vert")
    ideas.town.category("arbres", parent="vert")
    ideas.process("trees", categories=["vert"], mode="for_against")
    chosen = {
        title: person().client.get(f"/api/v1/contributions/{ideas.idea(title, **facts)}/vote").json["process"]
        for title, facts in {
            "dans le quartier": {"zone_ids": [zone]},
            "un arbre": {"category": "arbres"},
            "autre": {},
        }.items()
    }
    assert chosen == {"dans le quartier": "quarter", "un arbre": "trees", "autre": "ideas"}


def test_what_came_with_an_import_is_counted_and_kept(ideas: Ideas, person: People) -> None:
    ideas.process("shade", mode="scale")
    reference = ideas.idea()
    ideas.session.execute(text("UPDATE contribution SET supports = 12"))
    ideas.session.commit()
    assert person().vote(reference, 2).json["score"] == 14
    assert ideas.shown(reference)[0] == 13
    assert count_errors(ideas.session) == []


# --- hidden counts


@pytest.fixture
def hidden(ideas: Ideas, person: People) -> str:
    """An idea with seven supports, in a process that hides its counts, beside one that nobody supports."""
    ideas.process("secret", closes=3600, hide_counts=True)
    said = datetime.now(UTC) - timedelta(days=5)
    reference = ideas.idea("Un banc secret", created_at=said)
    ideas.idea("Une fontaine", lon=LON + 0.004, created_at=said)
    for _ in range(7):
        person().vote(reference, 1)
    assert ideas.value("SELECT plus1 FROM tally") == 7
    return reference


def test_the_row_that_everybody_reads_holds_no_count(ideas: Ideas, person: People, hidden: str) -> None:
    assert ideas.shown(hidden) == (None, None)
    answer = person().vote(hidden, 1).json
    assert answer["counts_hidden"] and answer["value"] == 1
    for name in ("votes", "score", "mean", "counts", "bubble"):
        assert answer[name] is None, name
    assert person().client.post(f"/api/v1/contributions/{hidden}/support").json["supports"] is None
    assert count_errors(ideas.session) == []


def test_no_public_route_tells_a_hidden_count(ideas: Ideas, person: People, hidden: str, app: Flask) -> None:
    """Everything that answers to a GET is asked before and after seven people voted: nothing may differ."""
    asked = public_addresses(app, hidden)
    assert len(asked) > 20
    before = answers(app, asked)
    for table in ("support", "tally"):
        ideas.session.execute(text(f"DELETE FROM {table}"))
    ideas.session.commit()
    assert answers(app, asked) == before


def test_counts_appear_when_the_process_closes(ideas: Ideas, person: People, hidden: str) -> None:
    ideas.session.execute(text("UPDATE process SET closes_at = now() WHERE hide_counts"))
    ideas.session.commit()
    assert ideas.shown(hidden) == (None, None), "closed, and not told yet"
    assert tell_counts_of_closed(ideas.session) == 1
    ideas.session.commit()
    assert tell_counts_of_closed(ideas.session) == 0
    assert ideas.shown(hidden) == (7, bubble_size(7))
    assert person().client.get(f"/api/v1/contributions/{hidden}/vote").json["votes"] == 7
    assert count_errors(ideas.session) == []


def test_a_town_may_hide_counts_that_were_shown(ideas: Ideas, person: People) -> None:
    process = ideas.process("shade", closes=3600)
    reference = ideas.idea()
    ideas.session.execute(text("UPDATE contribution SET supports = 5"))
    ideas.session.commit()
    person().vote(reference, 1)
    for hides, shown in ((True, (None, None)), (False, (6, bubble_size(6)))):
        process.hide_counts = hides
        ideas.session.commit()
        assert settle_counts(ideas.session, process_id=process.id) is hides
        ideas.session.commit()
        assert ideas.shown(reference) == shown
        assert count_errors(ideas.session) == []


def public_addresses(app: Flask, reference: str) -> list[str]:
    """Every address that anybody may GET, with this idea wherever a reference is asked."""
    from app.core.access import access_of

    tile = tile_at(LON, LAT, 17)
    values = {"reference": reference, "z": "17", "x": str(tile.x), "y": str(tile.y), "kind": "proposal"}
    found = []
    for rule in app.url_map.iter_rules():
        rule_access = access_of(app.view_functions.get(rule.endpoint))
        if "GET" not in (rule.methods or ()) or rule_access is None or rule_access.kind != "public":
            continue
        if not rule.arguments <= set(values) or rule.rule in ("/metrics", "/healthz", "/readyz"):
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda m: values[m[1]], rule.rule)
        if rule.rule in ("/idees", "/api/v1/ideas"):
            # Each stranger reads them in an order of chance; here it is always the same.
            found += [f"{path}?seed={'0' * 16}{query.replace('?', '&')}" for query in ("", *QUERIES)]
            continue
        found += [path, *(f"{path}{query}" for query in QUERIES if rule.rule == "/liste")]
    return sorted({*found, *(f"/tiles/contributions/{z}/{(t := tile_at(LON, LAT, z)).x}/{t.y}.mvt" for z in (11, 16))})


QUERIES = ("?kind=proposal", "?order=supported", "?sort=supports", "?tri=soutiens", "?order=discussed")


def answers(app: Flask, asked: list[str]) -> dict[str, str]:
    """What each answers to a stranger, without what changes from one request to the next."""
    client, found = app.test_client(), {}
    for path in asked:
        answer = client.get(path, headers={"Accept-Language": "fr"})
        words = re.sub(r"(nonce|data-csrf|value|name)=\"[^\"]*\"", "", answer.get_data().decode("utf-8", "replace"))
        words = re.sub(r"nonce-[\w-]+|\"request_id\":\"[^\"]*\"|reporter|graine=\d+|seed=[\w-]+", "", words)
        found[path] = f"{answer.status_code} {words}"
    return found

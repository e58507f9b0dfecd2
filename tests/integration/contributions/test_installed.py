"""The site as an application that a phone installs, and what the server does for what was sent late."""

from __future__ import annotations

import io
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from shapely.geometry import MultiPolygon, box
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.territories.models import Category, Service
from app.features.territories.services import NewTerritory, add_territory
from tests.support.desk import form_token
from workers.schedule import forget_promises

API = "/api/v1/contributions"
KEY = "draft-0123456789abcdef0123456789abcdef"
LON, LAT = -1.475, 43.485
EMERGENCY = [
    {
        "slug": "cable",
        "type": "yes_no",
        "label": {"fr": "Un câble pend-il ?"},
        "required": True,
        "emergency": {"answers": ["yes"], "phone": "112", "text": {"fr": "Restez à plus de dix mètres."}},
    }
]


@pytest.fixture
def town(session: Session) -> str:
    """A square commune with two categories, one of which asks about a danger."""
    square = MultiPolygon([box(LON - 0.05, LAT - 0.05, LON + 0.05, LAT + 0.05)])
    made = add_territory(session, new=NewTerritory(name="Bidache", boundary=square, srid=2154, prefixes=["BID"]))
    service = Service(territory_id=made.id, slug="voirie", name={"fr": "Voirie"})
    session.add(service)
    session.flush()
    for slug, questions in (("trous", []), ("lampes", EMERGENCY)):
        session.add(
            Category(
                territory_id=made.id,
                slug=slug,
                label={"fr": slug},
                kinds=["problem", "praise", "proposal"],
                service_id=service.id,
                questions=questions,
            )
        )
    session.commit()
    return made.slug


def sending(**more: str) -> dict[str, str]:
    return {"kind": "problem", "category": "trous", "text": "Un trou.", "lon": str(LON), "lat": str(LAT), **more}


@pytest.mark.parametrize(
    ("code", "title"), [("fr", "Signaler un problème"), ("en", "Report a problem"), ("eu", "Arazo")]
)
def test_the_manifest_speaks_each_language_and_names_what_exists(
    client: FlaskClient, town: str, code: str, title: str
) -> None:
    answer = client.get(f"/manifest/{code}.webmanifest")
    assert answer.content_type.startswith("application/manifest+json")
    assert "Set-Cookie" not in answer.headers
    told = json.loads(answer.data)
    assert told["lang"] == code and told["scope"] == "/" and told["display"] == "standalone"
    assert "Bidache" in told["name"]
    assert [shortcut["url"] for shortcut in told["shortcuts"]] == [
        f"/contribuer/{kind}" for kind in ("problem", "praise", "proposal")
    ]
    assert told["shortcuts"][0]["name"].startswith(title)
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"] + [one for shortcut in told["shortcuts"] for one in shortcut["icons"]]:
        picture = client.get(icon["src"])
        assert picture.content_type == "image/png" == icon["type"]
        assert "immutable" in picture.headers["Cache-Control"]
        width, height = Image.open(io.BytesIO(picture.data)).size
        assert icon["sizes"] == f"{width}x{height}"
    page = client.get(f"/contribuer?lang={code}").text
    assert f'rel="manifest" href="/manifest/{code}.webmanifest"' in page


def test_the_worker_keeps_files_and_pages_that_exist_and_nobodys_own(client: FlaskClient, town: str) -> None:
    answer = client.get("/sw.js")
    assert answer.content_type.startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; script-src 'self'; connect-src 'self'"
    found = re.search(r"^const BUILD = (.*);$", answer.text, re.MULTILINE)
    assert found
    told = json.loads(found[1])
    assert told["pages"] == [
        "/",
        "/contribuer",
        "/brouillons",
        "/contribuer/problem",
        "/contribuer/praise",
        "/contribuer/proposal",
    ]
    for address in told["files"]:
        assert client.get(address).status_code == 200, address
    for path in told["pages"]:
        copy = client.get(path, headers={"X-Auzolan-Build": "?"})
        assert copy.status_code == 200
        assert copy.headers["X-Auzolan-Build"] == told["version"]
        assert copy.headers["Content-Language"] in ("fr", "en", "eu")
        assert "X-Auzolan-Build" not in client.get(path).headers
    assert client.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert "import {" not in client.get("/sw.js?plain").text.split("const BUILD")[0]


def test_a_late_sending_needs_no_session_and_no_token(
    client: FlaskClient, app: Flask, town: str, session: Session
) -> None:
    first = client.post(f"{API}?lang=fr", data=sending(channel="web"), headers={"Idempotency-Key": KEY})
    again = app.test_client().post(f"{API}?lang=fr", data=sending(channel="web"), headers={"Idempotency-Key": KEY})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["reference"] == again.json["reference"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert session.scalar(text("SELECT count(*) FROM contribution")) == 1


def test_the_key_of_a_draft_lasts_a_month_and_others_a_day(client: FlaskClient, town: str, session: Session) -> None:
    for key in (KEY, "something-else"):
        assert client.post(API, data=sending(text=key), headers={"Idempotency-Key": key}).status_code == 201
    for days, left in ((2, {KEY}), (27, {KEY}), (2, set())):
        session.execute(text("UPDATE idempotency SET created_at = created_at - make_interval(days => :d)"), {"d": days})
        forget_promises(session)
        session.commit()
        assert set(session.scalars(text("SELECT key FROM idempotency"))) == left


@pytest.mark.parametrize(("site", "known"), [("same-origin", True), ("cross-site", False), ("", False)])
def test_only_a_page_of_ours_makes_a_browser_known(client: FlaskClient, town: str, site: str, known: bool) -> None:
    headers = {"Idempotency-Key": KEY} | ({"Sec-Fetch-Site": site} if site else {})
    assert client.post(API, data=sending(), headers=headers).status_code == 201
    assert (client.get_cookie("auzolan_person") is not None) is known


def test_an_emergency_is_refused_by_the_api_and_told_by_the_form(
    client: FlaskClient, town: str, session: Session
) -> None:
    answer = client.post(f"{API}?lang=fr", data=sending(category="lampes", **{"answers.cable": "yes"}))
    assert answer.status_code == 400
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/answers/cable"
    assert "le 112" in error["message"] and "Restez à plus de dix mètres." in error["message"]
    page = client.get("/contribuer/problem?lang=fr").text
    assert 'data-stop="answers.lampes.cable" data-answers="yes" data-phone="112"' in page
    assert "appelez tout de suite le 112" in page
    posted = client.post(
        "/contribuer/problem?lang=fr",
        data=sending(category="lampes", csrf_token=form_token(page), **{"answers.lampes.cable": "yes"}),
    )
    assert posted.status_code == 400
    assert 'id="answers.lampes.cable-error"' in posted.text
    assert "Un trou." in posted.text
    assert session.scalar(text("SELECT count(*) FROM contribution")) == 0


def test_the_receipt_offers_another_one_at_the_same_place(client: FlaskClient, town: str) -> None:
    kept = client.post(API, data=sending(address="3 rue du Trou")).json
    receipt = client.get(kept["follow_url"].partition("/c/")[2].join(["/c/", ""]).replace("/suivi/", "/recu/"))
    found = re.search(r'href="(/contribuer\?[^"]+)"', receipt.text)
    assert found
    kinds = client.get(found[1].replace("&amp;", "&")).text
    form = re.search(r'href="(/contribuer/problem\?[^"]+)"', kinds)
    assert form
    page = client.get(form[1].replace("&amp;", "&")).text
    assert 'value="43.485"' in page and 'value="-1.475"' in page and "3 rue du Trou" in page


def test_a_question_s_help_is_read_with_it_whatever_its_type(client: FlaskClient, town: str, session: Session) -> None:
    """A list, boxes, yes or no: each says what the town wrote below it, to those who listen too."""
    asked = [
        {"slug": slug, "type": type_, "label": {"fr": slug}, "help": {"fr": f"Aide de {slug}."}, "options": options}
        for slug, type_, options in (
            ("etat", "choice", [{"slug": "vu", "label": {"fr": "Vu"}}]),
            ("qui", "multi", [{"slug": "velos", "label": {"fr": "Vélos"}}]),
            ("fils", "yes_no", []),
            ("taille", "number", []),
        )
    ]
    session.execute(
        text("UPDATE category SET questions = CAST(:q AS jsonb) WHERE slug = 'trous'"), {"q": json.dumps(asked)}
    )
    session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    session.commit()
    page = client.get("/contribuer/problem?lang=fr").text
    for slug in ("etat", "qui", "fils", "taille"):
        hint = f"answers.trous.{slug}-hint"
        assert f'id="{hint}">Aide de {slug}.' in page
        assert page.count(f'aria-describedby="{hint}"') == 1, slug

"""What each role opens of moderation, and what a guarantor reads."""

from __future__ import annotations

from typing import Any

import pytest

from app.features.moderation import services
from tests.support.desk import LAT, LON, World, form_token, sign_in

ROLE_MATRIX = {
    "agent": {},
    "planner": {},
    "manager": {"queue", "blocks", "writes"},
    "dispatcher": {"queue", "blocks", "held"},
    "administrator": {"queue", "blocks", "writes", "held", "journal"},
    "guarantor": {"blocks", "journal"},
}


@pytest.mark.parametrize("role", ROLE_MATRIX)
def test_what_each_role_opens(app: Any, world: World, role: str) -> None:
    """The queue, the block list (to read, to write), what it holds, the log: and nothing more."""
    facts = {"kind": "email", "value": "jean@example.org", "reason": "Il inonde la mairie"}
    town = world.towns["bidache"].territory_id
    services.block(world.session, world.actor("administrator", territory="bidache"), territory_id=town, **facts)
    body = {"kind": "problem", "category": "trou", "text": "Retenu", "lon": LON, "lat": LAT}
    world.session.commit()
    sent = app.test_client().post("/api/v1/contributions", json=body | {"contact": {"email": "jean@example.org"}})
    where = {"services": ("bidache/voirie",)} if role in ("agent", "manager") else {"territory": "bidache"}
    account = world.account(role, **where)
    world.session.commit()
    client = sign_in(app, account.email)
    token = form_token(client.get("/contribuer/problem").text)
    queue, listed = client.get("/moderation"), client.get("/moderation/blocage")
    more = {"kind": "domain", "value": "spam.example", "reason": "Annonces", "csrf_token": token}
    allowed = {
        "queue": queue.status_code == 200,
        "blocks": listed.status_code == 200 and "jean@example.org" in listed.text,
        "writes": client.post("/moderation/blocage", data=more).status_code == 303,
        "held": sent.json["reference"] in queue.text,
        "journal": client.get("/moderation/journal").status_code == 200,
    }
    assert {name for name, is_so in allowed.items() if is_so} == set(ROLE_MATRIX[role])
    if listed.status_code == 200:
        # Whoever reads the list reads how much waits because of each entry; who decides also finds it.
        assert "1 contribution attend" in listed.text.replace("\xa0", " ") or "Une contribution attend" in listed.text
        assert ("vue=waiting" in listed.text) is ("held" in ROLE_MATRIX[role])
        assert ("/lever" in listed.text) is ("writes" in ROLE_MATRIX[role])


def test_a_guarantor_reads_what_was_decided_and_decides_nothing(app: Any, world: World) -> None:
    reference = world.ticket("bidache/voirie", title="Un trou profond")
    decider, guarantor = world.actor("dispatcher", territory="bidache"), world.account("guarantor", territory="bidache")
    elsewhere = world.account("guarantor", territory="nantes")
    services.hide(world.session, decider, reference=reference, reason="insult", words="Mots durs")
    world.session.commit()
    reader = sign_in(app, guarantor.email)
    assert reader.get("/connexion").location == "/moderation/journal"
    log = reader.get("/moderation/journal").text
    assert reference in log and "Mots durs" in log and "Un trou profond" in log
    assert 'href="/moderation/blocage"' in log and 'href="/moderation"' not in log and 'href="/bureau"' not in log
    for closed in (
        "/bureau",
        f"/moderation?ref={reference}",
        "/moderation/commentaires",
        "/observatoire",
        "/exploitation",
    ):
        assert reader.get(closed).status_code == 403, closed
    answer = reader.post(
        f"/moderation/{reference}/retablir", data={"csrf_token": form_token(reader.get("/contribuer/problem").text)}
    )
    assert answer.status_code == 403
    assert reference not in sign_in(app, elsewhere.email).get("/moderation/journal").text

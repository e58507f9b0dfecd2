"""Ideas that change, give way, are merged or grouped without being destroyed (P11, P12); lists and syntheses."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Denied, Invalid, NotFound
from app.features.accounts.policies import Actor
from app.features.accounts.services import add_account
from app.features.contributions.supporting import count_errors
from app.features.participation.mails import mails_of_amendment, mails_of_union
from app.features.participation.queries.ideas import similar_ideas
from app.features.participation.services.uniting import group_ideas, merge_ideas, undo_union
from app.features.tickets.services import change_state
from app.features.tickets.workflow import Change
from tests.integration.participation.conftest import LAT, LON, Ideas, Person
from tests.support.desk import PASSWORD, form_token, make_world, sign_in
from workers.handlers import run

People = Callable[[], Person]
TOKEN = "the-author-s-link"
METRE = 1 / 111_100


@pytest.fixture
def facilitator(ideas: Ideas) -> Actor:
    ideas.session.execute(
        text(
            "INSERT INTO account (id, email, name, password_hash, role) OVERRIDING SYSTEM VALUE "
            "VALUES (7, 'ana@ville.example', 'Ana', '-', 'dispatcher')"
        )
    )
    ideas.session.commit()
    return Actor(id=7, role="dispatcher", everywhere=True, name="Ana")


def own(ideas: Ideas, reference: str) -> str:
    """Give its author the link; returns the address of their form."""
    ideas.session.execute(
        text("UPDATE contribution SET follow_hash = :hash WHERE reference = :r"),
        {"hash": hashlib.sha256(TOKEN.encode()).digest(), "r": reference},
    )
    ideas.session.commit()
    return f"/c/{reference}/suivi/{TOKEN}"


def filled(page: str, **values: str) -> dict[str, str]:
    return {"csrf_token": form_token(page), **values}


# --- amend, give way


def test_an_amended_idea_keeps_its_versions_and_tells_who_voted(ideas: Ideas, person: People, app: Flask) -> None:
    reference, maite, author = ideas.idea("Un banc"), person(), person().client
    maite.vote(reference, 1)
    address = own(ideas, reference)
    page = author.get(f"{address}/modifier").text
    form = filled(page, title="Deux bancs", text="Deux bancs à l’ombre.", why="Les voisins l’ont demandé.")
    assert author.post(f"{address}/modifier", data=form).status_code == 303
    seen = maite.client.get(f"/c/{reference}?lang=fr").text
    assert "Deux bancs" in seen and "modifiée depuis votre avis" in seen and "Modifiée une fois" in seen
    assert "modifiée depuis" not in person().client.get(f"/c/{reference}?lang=fr").text, "only who voted is told"
    versions = maite.client.get(f"/c/{reference}/versions?lang=fr").text
    assert "Deux bancs" in versions and "Un banc<" in versions and "Les voisins l’ont demandé." in versions
    maite.withdraw(reference)
    maite.vote(reference, 1)
    assert "modifiée depuis votre avis" not in maite.client.get(f"/c/{reference}?lang=fr").text
    ideas.session.execute(
        text(
            "INSERT INTO follow (subject, reader, contribution_id, email, confirmed_at) "
            "VALUES ('contribution:1', 'pe@example.org', 1, 'pe@example.org', now())"
        )
    )
    with app.test_request_context():
        [mail] = mails_of_amendment(ideas.session, 1, number=1)
    assert mail.to == "pe@example.org" and "/versions" in mail.body


def test_only_the_private_link_amends_and_only_until_the_close(ideas: Ideas, person: People) -> None:
    process = ideas.process("shade", closes=3600)
    reference, author = ideas.idea("Un banc"), person().client
    assert author.get(f"/c/{reference}/suivi/guessed/modifier").status_code == 404
    address = own(ideas, reference)
    page = author.get(f"{address}/modifier").text
    for wrong, field in (({"title": "x" * 200, "text": "ok"}, "title"), ({"title": "", "text": " "}, "text")):
        answer = author.post(f"{address}/modifier", data=filled(page, **wrong))
        assert answer.status_code == 400 and f'id="{field}-error"' in answer.text
    process.closes_at = ideas.value("SELECT now()")
    ideas.session.commit()
    form = filled(page, title="Trois bancs", text="Trois bancs.")
    assert author.post(f"{address}/modifier", data=form).status_code == 409
    assert ideas.value("SELECT count(*) FROM idea_version") == 0


def test_an_idea_gives_way_to_another(ideas: Ideas, person: People) -> None:
    first, second, maite, author = ideas.idea("Un banc"), ideas.idea("Des bancs"), person(), person().client
    maite.vote(first, 1)
    address = own(ideas, first)
    page = author.get(f"{address}/modifier").text
    for wrong in (first, "BID-99", ""):
        assert author.post(f"{address}/ceder", data=filled(page, into=wrong)).status_code == 400, wrong
    assert author.post(f"{address}/ceder", data=filled(page, into=second.lower())).status_code == 303
    seen = person().client.get(f"/c/{first}?lang=fr")
    assert seen.status_code == 200 and "a cédé la place" in seen.text and second in seen.text
    assert "Portez-vous aussi cette idée" in maite.client.get(f"/c/{second}?lang=fr").text
    assert ideas.shown(second)[0] == 0, "no support is moved"


# --- merge, group


def test_a_merge_destroys_nothing_and_asks_everybody_once(
    ideas: Ideas, person: People, facilitator: Actor, app: Flask
) -> None:
    a, b = ideas.idea("Un banc"), ideas.idea("Un banc ombragé")
    common, others = person(), [person() for _ in range(4)]
    for somebody in (common, *others):
        somebody.vote(a, 1)
    only_b = [person(), person()]
    for somebody in (common, *only_b):
        somebody.vote(b, 1)
    for number, reference in enumerate((a, b)):
        ideas.session.execute(
            text("INSERT INTO contribution_contact (contribution_id, email) SELECT id, :e FROM contribution "
                 "WHERE reference = :r"), {"e": f"author{number}@example.org", "r": reference},
        )  # fmt: skip
    with app.test_request_context():
        union = merge_ideas(
            ideas.session, facilitator, references=[a, b], title="Des bancs ombragés", body="Les deux.", why="La même."
        )
        ideas.session.commit()
        mails = list(mails_of_union(ideas.session, union.id))
    c = ideas.value("SELECT reference FROM contribution WHERE id = :id", id=union.result_id)
    assert {mail.to for mail in mails} == {"author0@example.org", "author1@example.org"}
    assert ideas.value("SELECT count(*) FROM idea_invitation") == 7, "five and three, one of them in common"
    assert (ideas.shown(a)[0], ideas.shown(b)[0], ideas.shown(c)[0]) == (5, 3, 0), "supports stay where they are"
    for part in (a, b):
        page = person().client.get(f"/c/{part}?lang=fr").text
        assert "Cette idée est maintenant dans une autre" in page and c in page
        refused = person().vote(part, 1)
        assert refused.status_code == 409 and refused.json["united_in"] == c
    made = common.client.get(f"/c/{c}?lang=fr").text
    assert "Issue de" in made and a in made and b in made
    # One invitation, answered once.
    form = filled(made, answer="yes")
    assert common.client.post(f"/c/{c}/invitation", data=form).status_code == 303
    assert "Portez-vous aussi" not in common.client.get(f"/c/{c}?lang=fr").text
    others[0].client.post(f"/c/{c}/invitation", data=filled(others[0].client.get(f"/c/{c}").text, answer="no"))
    assert "Portez-vous aussi" not in others[0].client.get(f"/c/{c}?lang=fr").text
    assert "Portez-vous aussi" not in person().client.get(f"/c/{c}?lang=fr").text
    assert ideas.shown(c)[0] == 1
    assert ideas.value("SELECT count(*) FROM idea_invitation WHERE answer IS NOT NULL") == 2
    row = ideas.session.execute(text("SELECT account_id, why, at IS NOT NULL FROM idea_union")).one()
    assert tuple(row) == (7, "La même.", True)
    assert count_errors(ideas.session) == []


def test_what_unites_ideas_of_one_process_is_voted_on_there(ideas: Ideas, facilitator: Actor) -> None:
    """It is said today, when another process may be first in line, with another vote and hidden counts."""
    theirs = ideas.process("carried")
    a, b = ideas.idea(), ideas.idea("Un banc au soleil")
    ideas.process("outdoors", mode="scale", hide_counts=True).position = -1
    ideas.session.commit()
    merge_ideas(ideas.session, facilitator, references=[a, b], title="Des bancs", body="Deux.", why="Pareil.")
    ideas.session.commit()
    made = "SELECT {} FROM contribution WHERE title = 'Des bancs'"
    assert ideas.value(made.format("process_id")) == theirs.id
    assert ideas.value(made.format("supports")) == 0


def test_a_merge_is_undone(ideas: Ideas, person: People, facilitator: Actor, app: Flask) -> None:
    a, b, maite = ideas.idea("Un banc"), ideas.idea("Un banc ombragé"), person()
    maite.vote(a, 1)
    union = merge_ideas(ideas.session, facilitator, references=[a, b], title="Des bancs", body="Deux.", why="Pareil.")
    ideas.session.commit()
    c = ideas.value("SELECT reference FROM contribution WHERE id = :id", id=union.result_id)
    with pytest.raises(Invalid):
        undo_union(ideas.session, facilitator, union_id=union.id, why=" ")
    undo_union(ideas.session, facilitator, union_id=union.id, why="Elles diffèrent.")
    ideas.session.commit()
    with pytest.raises(Conflict):
        undo_union(ideas.session, facilitator, union_id=union.id, why="Encore.")
    assert person().client.get(f"/c/{c}").status_code == 410
    assert person().vote(a, 1).json["votes"] == 2 and person().vote(b, 1).json["votes"] == 1
    assert "maintenant dans une autre" not in maite.client.get(f"/c/{a}?lang=fr").text
    with app.test_request_context():
        assert list(mails_of_union(ideas.session, union.id)) == []


def test_what_cannot_be_merged(ideas: Ideas, person: People, facilitator: Actor) -> None:
    a, b, c = (ideas.idea(f"Idée {n}") for n in range(3))
    done = ideas.idea("Faite", state="done")
    problem = ideas.town.add(LON, LAT, title="Un trou")
    ideas.session.commit()
    hole = ideas.value("SELECT reference FROM contribution WHERE id = :id", id=problem.contribution_id)
    new = {"title": "Ensemble", "body": "Tout.", "why": "Pareil."}
    for references, error in (
        ([a], Invalid), ([a, a], Invalid), ([a, "BID-99"], NotFound), ([a, hole], NotFound), ([a, done], Conflict),
    ):  # fmt: skip
        with pytest.raises(error):
            merge_ideas(ideas.session, facilitator, references=references, **new)
        ideas.session.rollback()
    with pytest.raises(Denied):
        merge_ideas(ideas.session, Actor(id=7, role="agent"), references=[a, b], **new)
    ideas.session.rollback()
    merge_ideas(ideas.session, facilitator, references=[a], into=b, why="Pareil.")
    ideas.session.commit()
    for references, into in (([c], a), ([a], c)):
        with pytest.raises(Conflict):
            merge_ideas(ideas.session, facilitator, references=references, into=into, why="Pareil.")
        ideas.session.rollback()


def test_grouped_ideas_share_a_title_and_keep_their_pages(ideas: Ideas, person: People, facilitator: Actor) -> None:
    three = [ideas.idea(f"Parc {n}") for n in range(3)]
    group_ideas(ideas.session, facilitator, references=three, title="Trois parcs", why="Un seul budget.")
    ideas.session.commit()
    for reference in three:
        page = person().client.get(f"/c/{reference}?lang=fr").text
        assert "Trois parcs" in page and all(other in page for other in three)
        assert person().vote(reference, 1).json["votes"] == 1


def test_the_list_of_ideas_says_under_which_title_they_are_grouped(
    ideas: Ideas, person: People, facilitator: Actor
) -> None:
    one, two, alone = (ideas.idea(f"Parc {n}") for n in range(3))
    union = group_ideas(ideas.session, facilitator, references=[one, two], title="Deux <parcs>", why="Un seul budget.")
    ideas.session.commit()

    def grouped() -> dict[str, bool]:
        lines = person().client.get("/idees?lang=fr").text.split("<li>")
        said = {reference: line for line in lines for reference in (one, two, alone) if f"/c/{reference}" in line}
        return {ref: "Groupée sous «\xa0Deux &lt;parcs&gt;\xa0»" in line for ref, line in said.items()}

    assert grouped() == {one: True, two: True, alone: False}
    undo_union(ideas.session, facilitator, union_id=union.id, why="Deux chantiers.")
    ideas.session.commit()
    assert grouped() == {one: False, two: False, alone: False}


def test_the_desk_names_the_ideas_that_a_decision_holds_for(ideas: Ideas, facilitator: Actor, app: Flask) -> None:
    one, two, three, alone = (ideas.idea(f"Parc {n}", state="accepted") for n in range(4))
    group_ideas(ideas.session, facilitator, references=[one, two, three], title="Trois parcs", why="Un seul budget.")
    add_account(ideas.session, email="bea@ville.example", password=PASSWORD, role="dispatcher")
    ideas.session.commit()
    desk = sign_in(app, "bea@ville.example")

    def warned(reference: str) -> str:
        found = re.search(
            r'id="ideas-that-follow">(.*?)</ul>', desk.get(f"/bureau/{reference}?lang=fr").text, re.DOTALL
        )
        return plain(found[1]) if found else ""

    said = warned(one)
    assert "2 autres idées du groupe « Trois parcs » suivent" in said
    assert two in said and "Parc 1" in said and three in said and one not in said
    assert warned(alone) == ""
    ideas.session.execute(
        text("UPDATE ticket SET state = 'done', closed_at = now() WHERE reference = :r"), {"r": three}
    )
    ideas.session.commit()
    assert "une autre idée du groupe" in warned(one), "what is closed stays as it is"


def test_what_is_decided_of_one_idea_of_a_group_is_decided_of_all(
    ideas: Ideas, person: People, facilitator: Actor, worker_here: None
) -> None:
    one, two, closed, alone = (ideas.idea(f"Parc {n}", state="accepted") for n in range(4))
    group_ideas(ideas.session, facilitator, references=[one, two, closed], title="Trois parcs", why="Un seul budget.")
    ideas.session.commit()
    decide(ideas, facilitator, closed, "declined", reason="not_ours", text="Terrain privé.")
    assert [state(ideas, each) for each in (one, two, closed, alone)] == [
        "declined",
        "declined",
        "declined",
        "accepted",
    ]
    for reference in (one, two):
        page = person().client.get(f"/c/{reference}?lang=fr").text
        assert "Terrain privé." in page and "avec les idées de « Trois parcs »" in plain(page)
    said = ideas.value(
        "SELECT data FROM event e JOIN ticket t ON t.id = e.ticket_id WHERE t.reference = :r AND e.type = 'state'",
        r=one,
    )
    assert said["with"] == closed and said["reason"] == "not_ours"


def test_a_winning_group_is_kept_then_made_and_an_undone_one_no_longer(
    ideas: Ideas, facilitator: Actor, worker_here: None
) -> None:
    one, two = (ideas.idea(f"Banc {n}", state="accepted") for n in range(2))
    union = group_ideas(ideas.session, facilitator, references=[one, two], title="Deux bancs", why="Un seul budget.")
    ideas.session.commit()
    decide(ideas, facilitator, one, "planned", text="Au printemps.")
    assert (state(ideas, one), state(ideas, two)) == ("planned", "planned")
    assert ideas.value("SELECT count(*) FROM event WHERE state_to = 'planned'") == 2, "once each, and no echo"
    undo_union(ideas.session, facilitator, union_id=union.id, why="Deux chantiers.")
    ideas.session.commit()
    decide(ideas, facilitator, two, "done", text="C’est posé.")
    assert (state(ideas, one), state(ideas, two)) == ("planned", "done")


def decide(ideas: Ideas, actor: Actor, reference: str, to: str, **change: str) -> None:
    """An agent decides, and the workers do what that asks of them."""
    ideas.session.rollback()
    version = ideas.value("SELECT version FROM ticket WHERE reference = :r", r=reference)
    change_state(
        ideas.session,
        actor,
        reference=reference,
        state=to,
        version=version,
        change=Change(**change),  # type: ignore[arg-type]
    )
    ideas.session.commit()
    waiting = text("SELECT id FROM outbox WHERE topic = 'ticket.changed' ORDER BY id")
    while numbers := ideas.session.scalars(waiting).all():
        ideas.session.commit()
        for number in numbers:
            run(number)


def state(ideas: Ideas, reference: str) -> str:
    """What everybody sees of it."""
    return str(ideas.value("SELECT state FROM contribution WHERE reference = :r", r=reference))


def plain(words: str) -> str:
    return words.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_facilitator_works_on_a_page_and_an_agent_does_not(session: Session, app: Flask) -> None:
    world = make_world(session)
    account = world.account("dispatcher", territory="bidache")
    agent = world.account("agent", services=("bidache/voirie",))
    session.commit()
    for who, status in ((account, 200), (agent, 403)):
        browser = app.test_client()
        page = browser.get("/connexion").text
        browser.post("/connexion", data=filled(page, email=who.email, password=PASSWORD))
        assert browser.get("/bureau/idees/reunir").status_code == status


# --- the list, the synthesis, what looks alike


def references(page: str) -> list[str]:
    return re.findall(r'data-ref="(BID-\d+)"', page)


def test_the_order_is_fair_and_stable_while_paging(ideas: Ideas, person: People) -> None:
    for number in range(70):
        ideas.town.add(LON, LAT, kind="proposal", title=f"Idée {number}")
    ideas.session.commit()
    orders = []
    for _ in range(2):
        client, address, seen = person().client, "/idees", []
        for _page in range(3):
            page = client.get(address).text
            seen += references(page)
            found = re.search(r'href="([^"]+)" rel="next"', page)
            address = found[1].replace("&amp;", "&") if found else ""
        assert len(seen) == len(set(seen)) == 70 and not address
        orders.append(seen)
    assert orders[0] != orders[1], "two visitors read two orders"
    voter = person()
    voter.vote("BID-1", 1)
    assert references(voter.client.get("/idees").text) == references(voter.client.get("/idees").text)
    assert client.get("/idees?cursor=broken").status_code == 400


def test_the_list_is_filtered(ideas: Ideas, person: People) -> None:
    zone = ideas.town.zone("centre", (-1.5, 43.48, -1.46, 43.5))
    ideas.process("shade", categories=["mobilier"], mode="scale")
    kept = ideas.idea("Gardée", state="planned", zone_ids=[zone])
    debated = ideas.idea("Débattue")
    client = person().client
    for query, found in (
        ("", {kept, debated}), ("?state=kept", {kept}), ("?state=debate", {debated}), ("?zone=centre", {kept}),
        ("?process=shade", {kept, debated}), ("?process=ideas", {kept, debated}),
        ("?category=mobilier", {kept, debated}),
        ("?category=inconnue", set()), ("?state=x&order=y&process=z", {kept, debated}),
    ):  # fmt: skip
        assert set(references(client.get(f"/idees{query}").text)) == found, query
    assert references(client.get("/idees?order=newest").text) == [debated, kept]


def test_the_synthesis_counts_by_zone_and_theme(ideas: Ideas, person: People) -> None:
    zone = ideas.town.zone("centre", (-1.5, 43.48, -1.46, 43.5))
    kept = ideas.idea("Gardée", state="planned", zone_ids=[zone])
    ideas.idea("Débattue", zone_ids=[zone])
    ideas.idea("Refusée", state="declined")
    person().vote(kept, 1)
    person().says(kept, "Oui.")
    client = person().client
    assert "3 idées" in client.get("/idees/synthese?lang=fr").text
    answer = client.get("/idees/synthese.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    line: dict[str, Any] = {(row["by"], row["key"]): row for row in rows}
    assert line["theme", "mobilier"]["ideas"] == "3" and line["theme", "mobilier"]["not_kept"] == "1"
    centre = line["zone", "quartier/centre"]
    assert [centre[name] for name in ("ideas", "debate", "kept", "votes", "comments")] == ["2", "1", "1", "1", "1"]


def test_a_similar_idea_is_found_with_its_distance(ideas: Ideas, person: People) -> None:
    bench = ideas.idea("Banc place du Marché", lat=LAT + 30 * METRE)
    ideas.idea("Une piste cyclable rue Maubec", lat=LAT + 20 * METRE)
    ideas.idea("Banc place du Marché", lat=LAT + 900 * METRE)
    ideas.idea("Banc place du Marché", state="done")
    found = similar_ideas(
        ideas.session, territories=[ideas.town.territory_id], lon=LON, lat=LAT, words="Ajouter un banc place du marché"
    )
    assert [row.reference for row in found] == [bench] and 28 < found[0].distance_m < 32
    query = {"lon": LON, "lat": LAT, "title": "Ajouter un banc place du marché", "lang": "fr"}
    page = person().client.get("/idees/proches", query_string=query).text
    assert f'formaction="/c/{bench}/soutenir"' in page and "à 30" in page.replace("\xa0", " ")
    for odd in ("%", "'", "x" * 5000, "\u200b", "𝔟𝔞𝔫𝔠"):
        assert person().client.get("/idees/proches", query_string=query | {"title": odd}).status_code == 200


def test_without_scripts_similar_ideas_are_shown_once_before_publishing(ideas: Ideas, person: People) -> None:
    bench = ideas.idea("Banc place du Marché", lat=LAT + 30 * METRE)
    client = person().client
    page = client.get("/contribuer/proposal?lang=fr").text
    said = {"lon": str(LON), "lat": str(LAT), "category": "mobilier", "text": "Un banc place du marché, à l’ombre."}
    form = filled(page, **said, key=secrets.token_urlsafe(18), similar="ask")
    asked = client.post("/contribuer/proposal?lang=fr", data=form)
    assert asked.status_code == 400 and f"/c/{bench}/soutenir" in asked.text and said["text"] in asked.text
    assert 'name="similar" value="seen"' in asked.text
    assert client.post("/contribuer/proposal", data=form | {"similar": "seen"}).status_code == 303
    plain = {name: value for name, value in form.items() if name != "similar"} | {"key": secrets.token_urlsafe(18)}
    assert client.post("/contribuer/proposal", data=plain).status_code == 303, "a program is not asked"


def test_a_program_reads_the_list_page_by_page_and_never_a_hidden_count(ideas: Ideas, person: People) -> None:
    ideas.process("ombre", hide_counts=True, closes=3600)
    hidden = [ideas.idea(f"Arbre {n}") for n in range(4)]
    assert person().vote(hidden[0], 1).status_code == 200
    client = person().client
    first = client.get("/api/v1/ideas?process=ombre&limit=3&order=supported").json
    again = client.get(first["next"].split("127.0.0.1:8080", 1)[-1])
    features = first["features"] + again.json["features"]
    assert sorted(one["id"] for one in features) == sorted(hidden)
    assert again.json["next"] is None and again.json["seed"] == first["seed"] and first["total"] == 4
    assert {one["properties"]["supports"] for one in features} == {None}
    assert {one["properties"]["bubble"] for one in features} == {None}
    for wrong in ("process=none", "category=none", "state=lost", "order=best", "seed=x", "cursor=x", "limit=0"):
        assert client.get(f"/api/v1/ideas?{wrong}").status_code == 400, wrong

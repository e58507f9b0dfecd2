"""Arguments in threads: order, nesting, refusals in words, withdrawal in place, mails, moderation (P23, P24)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.errors import Conflict, Denied, Invalid
from app.features.accounts.policies import Actor
from app.features.moderation.queries import journal
from app.features.moderation.services import report_abuse
from app.features.participation.mails import mails_of_comment
from app.features.participation.queries.moderated import comments_to_decide
from app.features.participation.services.moderating import decide_comment
from tests.integration.participation.conftest import Ideas, Person

People = Callable[[], Person]


def thread(client: FlaskClient, reference: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/contributions/{reference}/comments").json["comments"]
    return found


def token(page: str, name: str = "csrf_token") -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, name
    return found[1]


def test_a_reply_to_a_reply_keeps_its_place(ideas: Ideas, person: People) -> None:
    reference, maite, peio = ideas.idea(), person(), person()
    first = maite.says(reference, "De l’ombre, enfin.", stance="for").json["id"]
    second = peio.says(reference, "On perdrait des places.", stance="against").json["id"]
    reply = peio.says(reference, "Et l’hiver ?", answer_to=first).json["id"]
    deeper = maite.says(reference, "Les feuilles tombent.", answer_to=reply).json["id"]
    later = peio.says(reference, "Elles bouchent les avaloirs.", answer_to=first).json["id"]
    read = [(said["id"], said["answer_to"], said["depth"]) for said in thread(maite.client, reference)]
    assert read == [(first, None, 0), (reply, first, 1), (deeper, reply, 2), (later, first, 1), (second, None, 0)]


def test_what_is_withdrawn_leaves_its_place(ideas: Ideas, person: People) -> None:
    reference, maite, peio = ideas.idea(), person(), person()
    first = maite.says(reference, "Une idée en l’air.").json["id"]
    peio.says(reference, "Pas d’accord.", answer_to=first)
    page = maite.client.get(f"/c/{reference}/commentaires?lang=fr").text
    form = {"csrf_token": token(page)}
    address = f"/c/{reference}/commentaires/{first}/retirer"
    stranger = peio.client.get(f"/c/{reference}/commentaires?lang=fr").text
    assert peio.client.post(address, data={"csrf_token": token(stranger)}).status_code == 403
    assert maite.client.post(address, data=form).status_code == 303
    gone, reply = thread(peio.client, reference)
    assert (gone["state"], gone["text"], reply["text"]) == ("removed", None, "Pas d’accord.")
    assert "Commentaire retiré par son auteur" in peio.client.get(f"/c/{reference}/commentaires?lang=fr").text
    assert peio.says(reference, "Trop tard.", answer_to=first).status_code == 409


@pytest.mark.parametrize("said", [
    "<script>alert(1)</script><b>gras</b>",
    "{{ 7 * 7 }} ${7*7} %s %(title)s",
    "'; DROP TABLE comment; --",
    "Ω≈ç√∫˜µ≤≥÷ 田中さん 👾 🙇🏽",
    "../../../etc/passwd%00",
    "undefined",
])  # fmt: skip
def test_odd_words_are_shown_as_words(ideas: Ideas, person: People, said: str) -> None:
    reference, maite = ideas.idea(), person()
    assert maite.says(reference, said).status_code == 201
    assert thread(maite.client, reference)[0]["text"] == said
    page = maite.client.get(f"/c/{reference}/commentaires").text
    assert "<script>alert" not in page and "<b>gras" not in page


def test_what_cannot_be_seen_is_refused_or_taken_out(ideas: Ideas, person: People) -> None:
    reference, maite = ideas.idea(), person()
    for blank in ("", "   \n ", "\u200b\u200b", "\u3164"):
        assert maite.says(reference, blank).status_code == 400, repr(blank)
    assert maite.says(reference, "NUL \x00 ici").status_code == 400
    maite.says(reference, "droite \u202egauche\u202c\x07 fin")
    assert thread(maite.client, reference)[0]["text"] == "droite gauche fin"


def test_ten_thousand_characters_are_refused_and_nothing_is_lost(ideas: Ideas, person: People) -> None:
    reference, maite = ideas.idea(), person()
    long = "Trop long. " * 1000
    refused = maite.says(reference, long)
    assert refused.status_code == 400 and refused.json["errors"][0]["pointer"] == "/text"
    page = maite.client.get(f"/c/{reference}/commentaires?lang=fr").text
    form = {"csrf_token": token(page), "sending": token(page, "sending"), "text": long, "stance": "against"}
    answer = maite.client.post(f"/c/{reference}/commentaires?lang=fr", data=form)
    assert answer.status_code == 400 and long.strip() in answer.text and "2000" in answer.text.replace("\u202f", "")
    assert re.search(r'value="against"\s+checked', answer.text)
    assert maite.says(reference, "a" * 2000).status_code == 201
    assert ideas.value("SELECT count(*) FROM comment") == 1


def test_sent_twice_it_is_said_once(ideas: Ideas, person: People, app: Flask) -> None:
    reference, maite = ideas.idea(), person()
    page = maite.client.get(f"/c/{reference}/commentaires").text
    form = {"csrf_token": token(page), "sending": token(page, "sending"), "text": "Une fois."}
    for _ in range(3):
        assert maite.client.post(f"/c/{reference}/commentaires", data=form).status_code == 303
    for _ in range(2):
        key = {"Idempotency-Key": "a-program-s-key"}
        answer = maite.client.post(f"/api/v1/contributions/{reference}/comments", json={"text": "Deux."}, headers=key)
        assert answer.status_code == 201
    assert ideas.value("SELECT count(*) FROM comment") == 2


def test_one_agrees_once(ideas: Ideas, person: People) -> None:
    reference, maite, peio = ideas.idea(), person(), person()
    first = maite.says(reference, "De l’ombre.", stance="for").json["id"]
    page = peio.client.get(f"/c/{reference}").text
    form = {"csrf_token": token(page), "want": "1", "then": "idea"}
    for _ in range(3):
        peio.client.post(f"/c/{reference}/commentaires/{first}/accord", data=form)
    assert thread(peio.client, reference)[0]["agrees"] == 1
    peio.client.post(f"/c/{reference}/commentaires/{first}/accord", data=form | {"want": "0"})
    assert thread(peio.client, reference)[0]["agrees"] == 0


def test_whoever_is_answered_is_told_unless_muted(ideas: Ideas, person: People, app: Flask) -> None:
    reference, maite, peio = ideas.idea(), person(), person()
    first = maite.says(reference, "De l’ombre.", email="maite@example.org").json["id"]

    def told(answer: int) -> list[Any]:
        ideas.session.rollback()
        with app.test_request_context():
            return list(mails_of_comment(ideas.session, answer))

    [mail] = told(peio.says(reference, "Et l’hiver ?", answer_to=first).json["id"])
    assert mail.to == "maite@example.org" and "Et l’hiver ?" in mail.body
    assert told(maite.says(reference, "Je réponds à moi-même.", answer_to=first).json["id"]) == []
    [stop] = re.findall(r"/c/\S+/muet/\S+", mail.body)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert peio.client.get(stop).status_code == 200
    assert ideas.value("SELECT email FROM comment WHERE id = :id", id=first), "a scanner that opens it mutes nothing"
    assert peio.client.post(stop).status_code == 200
    assert told(peio.says(reference, "Encore.", answer_to=first).json["id"]) == []
    assert ideas.value("SELECT count(*) FROM outbox WHERE topic = 'idea.commented'") == 4


def test_the_author_of_the_idea_hears_of_a_first_comment(ideas: Ideas, person: People, app: Flask) -> None:
    reference = ideas.idea()
    ideas.session.execute(
        text("INSERT INTO contribution_contact (contribution_id, email) SELECT id, 'ana@example.org' FROM contribution")
    )
    ideas.session.commit()
    said = person().says(reference, "Oui.").json["id"]
    with app.test_request_context():
        assert [mail.to for mail in mails_of_comment(ideas.session, said)] == ["ana@example.org"]
        ideas.session.execute(text("UPDATE contribution_contact SET silent = true"))
        assert list(mails_of_comment(ideas.session, said)) == []


def test_somebody_named_by_a_plate_waits_for_a_moderator(ideas: Ideas, person: People) -> None:
    reference, maite = ideas.idea(), person()
    assert maite.says(reference, "La voiture AB-123-CD y est toujours.").json["waits"] is True
    assert thread(person().client, reference) == []
    assert thread(maite.client, reference)[0]["state"] == "pending"


def test_three_reports_are_one_case(ideas: Ideas, person: People) -> None:
    reference = ideas.idea()
    said = person().says(reference, "Des mots qui blessent.").json["id"]
    for reason in ("insult", "off_topic", "dangerous"):
        reader = person().client
        page = reader.get(f"/c/{reference}/abus?comment={said}").text
        form = {"csrf_token": token(page), "comment": token(page, "comment"), "reason": reason}
        assert reader.post(f"/c/{reference}/abus", data=form).status_code == 303
    assert ideas.value("SELECT count(*) FROM abuse_case WHERE comment_id = :id", id=said) == 1
    assert ideas.value("SELECT count(*) FROM abuse_report WHERE comment_id = :id", id=said) == 3
    assert ideas.value("SELECT count(*) FROM abuse_case WHERE comment_id IS NULL") == 0


def test_a_moderator_hides_and_restores_a_comment(ideas: Ideas, person: People) -> None:
    ideas.session.execute(
        text(
            "INSERT INTO account (id, email, password_hash, role) OVERRIDING SYSTEM VALUE "
            "VALUES (7, 'ana@ville.example', '-', 'dispatcher')"
        )
    )
    reference, reader = ideas.idea(), person()
    said = person().says(reference, "Des mots qui blessent.").json["id"]
    answer = reader.says(reference, "On se calme.", answer_to=said).json["id"]
    report_abuse(ideas.session, reference=reference, comment_id=said, reporter="a reader", reason="insult")
    ana, nobody = Actor(id=7, role="dispatcher", everywhere=True), Actor(id=7, role="agent")
    [waiting] = comments_to_decide(ideas.session, ana)
    assert (waiting.id, [one["reason"] for one in waiting.reports]) == (said, ["insult"])
    for actor, reason, error in ((nobody, "insult", Denied), (ana, "", Invalid), (ana, "because", Invalid)):
        with pytest.raises(error):
            decide_comment(ideas.session, actor, comment_id=said, decision="hidden", reason=reason)
    decide_comment(ideas.session, ana, comment_id=said, decision="hidden", reason="insult", words="Ces mots blessent.")
    ideas.session.commit()
    shown = thread(reader.client, reference)
    assert [(one["id"], one["state"], one["text"]) for one in shown] == [
        (said, "hidden", None), (answer, "public", "On se calme."),
    ]  # fmt: skip
    page = reader.client.get(f"/c/{reference}/commentaires?lang=fr").text
    assert "retiré par la modération" in page and "blessent" not in page
    assert comments_to_decide(ideas.session, ana) == []
    [line] = journal(ideas.session, ana)
    assert (line.type, line.reference, line.reason, line.words) == (
        "hidden", reference, "insult", "Ces mots blessent.",
    )  # fmt: skip
    with pytest.raises(Conflict):
        decide_comment(ideas.session, ana, comment_id=said, decision="hidden", reason="insult")
    ideas.session.rollback()
    decide_comment(ideas.session, ana, comment_id=said, decision="restored")
    ideas.session.commit()
    assert thread(reader.client, reference)[0]["text"] == "Des mots qui blessent."


def test_the_debate_ends_with_the_process(ideas: Ideas, person: People) -> None:
    ideas.process("shade", closes=3600)
    reference, maite = ideas.idea(), person()
    assert maite.says(reference, "À temps.").status_code == 201
    ideas.session.execute(text("UPDATE process SET closes_at = now()"))
    ideas.session.commit()
    refused = maite.says(reference, "Trop tard.")
    assert refused.status_code == 409 and refused.json["type"].endswith("debate-closed")
    assert "Le débat est clos" in maite.client.get(f"/c/{reference}/commentaires?lang=fr").text


def test_hidden_ideas_say_nothing(ideas: Ideas, person: People) -> None:
    reference, maite = ideas.idea(), person()
    maite.says(reference, "De l’ombre.")
    ideas.session.execute(text("UPDATE contribution SET visibility = 'hidden'"))
    ideas.session.commit()
    api = f"/api/v1/contributions/{reference}"
    for address in (f"/c/{reference}/commentaires", f"/c/{reference}/versions", f"{api}/comments", f"{api}/vote"):
        assert maite.client.get(address).status_code == 410, address
    assert maite.says(reference, "Encore.").status_code == 410


def test_a_long_discussion_comes_page_by_page(ideas: Ideas, person: People) -> None:
    reference, maite = ideas.idea(), person()
    ideas.session.execute(
        text("INSERT INTO comment (contribution_id, body) SELECT 1, 'Remarque ' || n FROM generate_series(1, 120) AS n")
    )
    ideas.session.execute(text("UPDATE comment SET path = ARRAY[id]"))
    ideas.session.commit()
    address, seen = f"/api/v1/contributions/{reference}/comments", []
    while address:
        page = maite.client.get(address).json
        seen += [said["id"] for said in page["comments"]]
        address = page["next"]
    assert len(seen) == 120 and seen == sorted(seen)
    page = maite.client.get(f"/c/{reference}/commentaires").text
    form = {"csrf_token": token(page), "text": "La dernière."}
    answer = maite.client.post(f"/c/{reference}/commentaires", data=form, follow_redirects=True)
    assert "La dernière." in answer.text and "Remarque 1<" not in answer.text

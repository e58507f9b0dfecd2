"""A moderator edits what was said, or hides one photo of it: the original is kept, and its author may answer."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from app.core.errors import Conflict, Denied, Invalid, NotFound
from app.core.storage import open_storage
from app.features.contributions.photos import derive_photo
from app.features.contributions.public import public_face
from app.features.contributions.pyramid import cell_errors
from app.features.contributions.services import follow_hash
from app.features.moderation import queries, services
from app.features.moderation.services import Content
from tests.support.desk import LAT, LON, World, form_token, make_world, sign_in

ORIGINAL = "originals/aa/bb/" + "a" * 64


@pytest.fixture
def world(session: Any) -> World:
    return make_world(session)


@pytest.fixture
def reference(world: World) -> str:
    said = world.ticket("bidache/voirie", title="Trou")
    world.contact(said, name=None, phone=None)
    for position, key in enumerate(("a" * 32, "b" * 32)):
        world.photo(said, key, position=position)
    world.session.execute(
        text("UPDATE contribution SET body = 'Un trou', follow_hash = :h, language = 'fr' WHERE reference = :r"),
        {"h": follow_hash("secret-link"), "r": said},
    )
    world.session.commit()
    return said


def content(world: World, reference: str, **other: Any) -> Content:
    actor = world.actor("administrator")
    found = queries.editing(world.session, actor, reference=reference)
    row = found.row
    facts = {
        "title": row.title,
        "body": row.body,
        "address": row.address,
        "lon": row.lon,
        "lat": row.lat,
        "photos": tuple((photo.id, photo.hidden) for photo in found.photos),
    }
    return Content(**facts | other)


def told(world: World) -> list[int]:
    found = text("SELECT (payload ->> 'event_id')::int FROM outbox WHERE topic = 'moderation.decided' ORDER BY id")
    return list(world.session.scalars(found))


def test_every_edit_keeps_what_was_and_any_version_comes_back(world: World, reference: str) -> None:
    session, moderator = world.session, world.actor("dispatcher", territory="bidache")
    first = content(world, reference)
    one, two = (photo for photo, _ in first.photos)
    new = content(world, reference, title="Trou dans la rue", body="Un trou.", photos=((two, False), (one, True)))
    decided = services.edit(session, moderator, reference=reference, new=new, reason="Un nom y était", seen=0)
    assert told(world) == [decided.event.id]
    face = public_face(session, reference)
    assert (face.row.title, face.row.body, [photo.key for photo in face.photos]) == (
        "Trou dans la rue", "Un trou.", ["b" * 32],
    )  # fmt: skip
    assert world.row(reference).title == "Trou dans la rue"
    # Everybody reads that it was edited, nobody but colleagues and its author reads why.
    assert [(event.type, event.body, event.data) for event in face.history if event.type == "edited"] == [
        ("edited", None, {"what": ["title", "text", "photos"]})
    ]
    with pytest.raises(Conflict):
        services.edit(session, moderator, reference=reference, new=first, reason="Trop tard", seen=0)
    with pytest.raises(Invalid):
        services.edit(session, moderator, reference=reference, new=new, reason="Rien", seen=1)
    with pytest.raises(Invalid):
        services.edit(session, moderator, reference=reference, new=first, reason=" ", seen=1)

    services.revert(session, moderator, reference=reference, number=1, reason="À tort", tell=False, seen=1)
    assert content(world, reference) == first and len(told(world)) == 1
    versions = queries.editing(session, moderator, reference=reference).versions
    assert [(each.number, each.body, each.reason, each.who) for each in versions] == [
        (2, "Un trou.", "À tort", moderator.name), (1, "Un trou", "Un nom y était", moderator.name),
    ]  # fmt: skip
    services.revert(session, moderator, reference=reference, number=2, reason="Enfin si", seen=2)
    assert content(world, reference) == new
    with pytest.raises(NotFound):
        services.revert(session, moderator, reference=reference, number=9, reason="?", seen=3)
    lines = queries.journal(session, world.actor("administrator", territory="bidache"), decision="edited")
    assert [line.words for line in lines] == ["Enfin si", "À tort", "Un nom y était"]


def test_another_place_routes_once_and_leaves_a_group_that_lies_elsewhere(world: World) -> None:
    session, moderator = world.session, world.actor("dispatcher", territory="bidache")
    opened = world.ticket("bidache/voirie", n=2, title="Trou")
    session.execute(text("UPDATE contribution SET body = 'Un trou'"))
    joined = session.scalar(text("SELECT reference FROM contribution WHERE reference <> :r"), {"r": opened})
    for reference, moved_to in ((opened, LON + 0.002), (joined, LON + 0.004)):
        new = content(world, reference, lon=moved_to)
        services.edit(session, moderator, reference=reference, new=new, reason="Pas ici", tell=False, seen=0)
        routed = text(
            "SELECT count(*) FROM event JOIN ticket ON ticket.id = ticket_id "
            "WHERE event.type = 'routed' AND ticket.reference = :r"
        )
        assert session.scalar(routed, {"r": reference}) == 1
        place = text(
            "SELECT ST_X(anchor) FROM ticket JOIN contribution c ON c.ticket_id = ticket.id "
            "WHERE c.reference = :r AND ticket.reference = :r AND ticket.contributions = 1"
        )
        if reference == joined:
            assert session.scalar(place, {"r": reference}) == pytest.approx(moved_to)
    assert session.scalar(text("SELECT count(*) FROM outbox WHERE topic = 'ticket.changed'")) == 0
    assert cell_errors(session, world.towns["bidache"].territory_id) == []
    with pytest.raises(Invalid):
        new = content(world, opened, lon=12.0)
        services.edit(session, moderator, reference=opened, new=new, reason="Ailleurs", seen=1)


def test_who_may_edit(world: World, reference: str) -> None:
    new = content(world, reference, body="Autre")
    for role, where in (
        ("agent", {"services": ("bidache/voirie",)}),
        ("planner", {"territory": "bidache"}),
        ("manager", {"services": ("bidache/eclairage",)}),
        ("dispatcher", {"territory": "anglet"}),
    ):
        actor = world.actor(role, **where)
        with pytest.raises(Denied):
            services.edit(world.session, actor, reference=reference, new=new, reason="Non", seen=0)
        with pytest.raises(Denied):
            services.hide_photo(world.session, actor, photo_id=new.photos[0][0], reason="insult")
        with pytest.raises(NotFound):
            queries.editing(world.session, actor, reference=reference)
    manager = world.actor("manager", services=("bidache/voirie",))
    services.edit(world.session, manager, reference=reference, new=new, reason="Oui", seen=0)


def _make_pictures(world: World, location: str) -> list[str]:
    for photo_id in world.session.scalars(
        text("SELECT subject_id FROM outbox WHERE topic = 'photo' UNION SELECT id FROM photo WHERE state = 'pending'")
    ).all():
        derive_photo(world.session, photo_id=photo_id, location=location)
    world.session.commit()
    return list(world.session.scalars(text("SELECT coalesce(public_key, '') FROM photo ORDER BY position")))


def test_one_photo_dies_everywhere_and_the_author_answers(
    app: Any, world: World, reference: str, worker_here: None
) -> None:
    session, client = world.session, app.test_client()
    location = app.extensions["settings"].storage.location
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 60)).save(out, "JPEG")
    open_storage(location).put(ORIGINAL, out.getvalue())
    session.execute(text("UPDATE photo SET state = 'pending', public_key = NULL, original_key = :k"), {"k": ORIGINAL})
    account = world.account("dispatcher", territory="bidache")
    session.commit()
    one, two = _make_pictures(world, location)
    assert client.get(f"/photos/{one}/400.jpg").status_code == 200
    desk = sign_in(app, account.email)
    page = desk.get(f"/moderation?ref={reference}").text
    hide, token = re.search(r"/moderation/photos/\d+/masquer", page), form_token(page)
    assert hide
    desk.post(hide[0], data={"csrf_token": token, "reason": "personal_data", "words": "On lit la plaque."})

    for address in (f"/c/{reference}", f"/api/v1/contributions/{reference}", "/api/v1/contributions", "/liste"):
        said = client.get(address).text
        assert one not in said and (two in said or address.startswith("/api/v1/contributions")), address
    assert [client.get(f"/photos/{key}/400.jpg").status_code for key in (one, two)] == [410, 200]
    assert client.get(f"/photos/{'c' * 32}/400.jpg").status_code == 404
    assert "Modifié par la mairie" in client.get(f"/c/{reference}").text
    # Who may show it again looks at it; nobody else does.
    kept, other = _make_pictures(world, location)
    assert other == two and kept not in ("", one)
    looked = re.sub("/masquer$", ".jpg", hide[0])
    assert looked in desk.get(f"/moderation?ref={reference}").text
    assert desk.get(looked).status_code == 200
    assert client.get(looked).status_code != 200
    assert client.get(f"/photos/{kept}/400.jpg").status_code == 404
    assert kept not in client.get(f"/c/{reference}").text

    from workers.handlers import HANDLERS

    with app.app_context():
        for row in session.execute(text("DELETE FROM outbox RETURNING topic, subject_id, payload")).all():
            if row.topic in ("moderation.decided", "photo.withdraw"):
                HANDLERS[row.topic](session, row.subject_id, row.payload)
        session.commit()
    [mail] = app.extensions["settings"].storage.mail_folder.rglob("*.eml")
    assert b"n=E2=80=99est_plus" in mail.read_bytes() or "photo" in mail.read_text("utf-8", "replace")
    own = f"/c/{reference}/suivi/secret-link"
    assert f"{own}/moderation" in client.get(own).text
    answer = client.get(f"{own}/moderation")
    assert "On lit la plaque." in answer.text
    token = form_token(answer.text)
    client.post(f"{own}/moderation", data={"csrf_token": token, "words": "C'est la mienne."})
    queue = desk.get("/moderation").text
    assert "C&#39;est la mienne." in queue

    show = re.search(r"/moderation/photos/\d+/montrer", queue)
    token = form_token(queue)
    assert show
    desk.post(show[0], data={"csrf_token": token})
    session.rollback()
    again = _make_pictures(world, location)
    assert again[1] == two and again[0] not in ("", one, kept)
    assert client.get(f"/photos/{again[0]}/400.jpg").status_code == 200
    assert [client.get(f"/photos/{key}/400.jpg").status_code for key in (one, kept)] == [410, 410]


def test_the_pages_of_a_moderator(app: Any, world: World, reference: str) -> None:
    account = world.account("dispatcher", territory="bidache")
    world.session.commit()
    desk, page = sign_in(app, account.email), f"/moderation/{reference}/modifier"

    def post(target: str, **fields: str) -> Any:
        token = form_token(desk.get(page).text)
        return desk.post(target, data={"csrf_token": token} | fields)

    lat = f"{LAT:.6f}"
    refused = post(page, seen="0", text="Gardé", title="", lat="ici", lon="1", reason="")
    assert refused.status_code == 400 and "Gardé" in refused.text and 'id="problems"' in refused.text
    assert post(page, seen="0", text="Un grand trou", lat=lat, lon="", reason="Plus clair").status_code == 303
    shown = desk.get(page).text
    assert "Un grand trou" in shown and "Tel que" in shown and "Plus clair" in shown
    world.session.rollback()
    # Not told, as the box was not ticked; a place left as it was shown is no new place; nor were the photos touched.
    assert told(world) == []
    what = text("SELECT data -> 'what' FROM event WHERE type = 'edited' AND public")
    assert world.session.scalar(what) == ["text"]
    assert post(f"/moderation/{reference}/versions/1", seen="1", reason="", tell="1").status_code == 400
    assert post(f"/moderation/{reference}/versions/1", seen="1", reason="Pardon", tell="1").status_code == 303
    world.session.rollback()
    assert len(told(world)) == 1 and public_face(world.session, reference).row.body == "Un trou"

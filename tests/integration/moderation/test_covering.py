"""A moderator covers a plate on a photo that was sent, or lifts a blur: made again from the original, elsewhere."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from app.core.errors import Conflict, Denied, Invalid
from app.core.images import derive
from app.core.storage import open_storage
from app.features.contributions import photos
from app.features.contributions.photos import derive_photo
from app.features.contributions.share_pictures import DRAW
from app.features.moderation import queries, services
from app.features.moderation.services import read_parts, write_parts
from tests.support.desk import World, form_token, sign_in

ORIGINAL = "originals/aa/bb/" + "a" * 64
GREEN, GREY = (90, 120, 60), (96, 96, 96)


@pytest.fixture
def reference(app: Any, world: World) -> str:
    """A contribution with one green photo, whose public copies are made."""
    said = world.ticket("bidache/voirie", title="Une voiture mal garée")
    out = io.BytesIO()
    Image.new("RGB", (200, 100), GREEN).save(out, "JPEG", quality=95)
    open_storage(app.extensions["settings"].storage.location).put(ORIGINAL, out.getvalue())
    world.photo(said, "k" * 32)
    world.session.execute(
        text("UPDATE photo SET original_key = :k, state = 'pending', public_key = NULL"), {"k": ORIGINAL}
    )
    world.session.commit()
    made(app, world)
    return said


def made(app: Any, world: World) -> str:
    """What the worker makes of it; the key of its public copies."""
    location = app.extensions["settings"].storage.location
    world.session.rollback()
    derive_photo(world.session, photo_id=number(world), location=location)
    world.session.commit()
    return str(world.session.scalar(text("SELECT public_key FROM photo")))


def number(world: World) -> int:
    return int(world.session.scalar(text("SELECT id FROM photo")))


def colours(client: Any, key: str, size: int) -> list[tuple[int, int, int]]:
    """In the middle of the left half, and of the right one."""
    picture = Image.open(io.BytesIO(client.get(f"/photos/{key}/{size}.jpg").data)).convert("RGB")
    return [picture.getpixel((picture.width * x // 4, picture.height // 2)) for x in (1, 3)]


def near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


def test_a_part_is_covered_in_every_copy_and_the_old_addresses_are_gone(app: Any, world: World, reference: str) -> None:
    session, client = world.session, app.test_client()
    before = str(session.scalar(text("SELECT public_key FROM photo")))
    account = world.account("dispatcher", territory="bidache")
    session.commit()
    desk = sign_in(app, account.email)
    queue = desk.get(f"/moderation?ref={reference}").text
    link = re.search(r"/moderation/photos/\d+/couvrir", queue)
    assert link
    page = desk.get(link[0]).text
    picture = re.search(r"/moderation/photos/\d+-1600\.jpg", page)
    assert picture and desk.get(picture[0]).status_code == 200 and client.get(picture[0]).status_code == 302
    said = {"csrf_token": form_token(page), "tell": "1"}
    refused = desk.post(link[0], data=said | {"parts": "0 0 50 100\nune plaque", "reason": "Une plaque"})
    assert refused.status_code == 400 and "Ligne 2" in refused.text and "0 0 50 100" in refused.text
    assert desk.post(link[0], data=said | {"parts": "0 0 50 100", "reason": " "}).status_code == 400
    kept = desk.post(link[0], data=said | {"parts": "0 0 50 100", "reason": "On lit la plaque"})
    assert (kept.status_code, kept.location) == (303, f"/moderation?ref={reference}")
    # Nothing of it is shown until it is made again.
    for size in (400, 1600):
        assert client.get(f"/photos/{before}/{size}.jpg").status_code == 410
    assert before not in client.get(f"/c/{reference}").text
    after = made(app, world)
    assert after != before
    for size in (400, 1600):
        left, right = colours(client, after, size)
        assert near(left, GREY) and near(right, GREEN)
    assert after in client.get(f"/c/{reference}").text and "Modifié par la mairie" in client.get(f"/c/{reference}").text
    event = session.execute(text("SELECT body, data FROM event WHERE type = 'edited' AND NOT public")).one()
    assert event.body == "On lit la plaque" and event.data["told"] is True
    assert event.data["before"] == {"covered": [], "faces_left": False}
    assert event.data["now"]["covered"] == [[0, 0, 0.5, 1]]
    topics = set(session.scalars(text("SELECT topic FROM outbox")))
    assert {"photo", "photo.withdraw", "moderation.decided", DRAW} <= topics
    # Taken back, it is as it was sent; what is asked for is what is there already: nothing to do.
    assert "0 0 50 100" in desk.get(link[0]).text
    assert desk.post(link[0], data=said | {"parts": "0 0 50 100", "reason": "Encore"}).status_code == 400
    assert desk.post(link[0], data=said | {"parts": "", "reason": "Pas une plaque"}).status_code == 303
    again = made(app, world)
    assert near(colours(client, again, 400)[0], GREEN) and client.get(f"/photos/{after}/400.jpg").status_code == 410


def test_a_blur_that_was_wrong_is_lifted(
    app: Any, world: World, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker no longer looks for faces in that photo; what is covered by hand stays covered."""
    looked = list[bool]()

    def looking(original: bytes, **how: Any) -> Any:
        looked.append(how.pop("faces"))
        return derive(original, **how)

    monkeypatch.setattr(photos, "derive", looking)
    monkeypatch.setattr(photos, "blurs_faces", lambda town: True)
    moderator = world.actor("dispatcher", territory="bidache")
    facts = {"photo_id": number(world), "reason": "Une enseigne, pas un visage"}
    services.cover_photo(world.session, moderator, parts=read_parts("0 0 50 100"), faces_left=False, **facts)
    world.session.commit()
    made(app, world)
    services.cover_photo(world.session, moderator, parts=read_parts("0 0 50 100"), faces_left=True, **facts)
    world.session.commit()
    key = made(app, world)
    assert looked == [True, False]
    assert near(colours(app.test_client(), key, 400)[0], GREY)


def test_who_may_cover_and_what_is_hidden_stays_so(app: Any, world: World, reference: str) -> None:
    facts = {"photo_id": number(world), "parts": read_parts("1 1 5 5"), "faces_left": False, "reason": "Plaque"}
    for role, where in (
        ("agent", {"services": ("bidache/voirie",)}),
        ("planner", {"territory": "bidache"}),
        ("guarantor", {"territory": "bidache"}),
        ("manager", {"services": ("bidache/eclairage",)}),
        ("dispatcher", {"territory": "anglet"}),
    ):
        with pytest.raises(Denied):
            services.cover_photo(world.session, world.actor(role, **where), **facts)
    manager = world.actor("manager", services=("bidache/voirie",))
    services.cover_photo(world.session, manager, **facts)
    services.hide_photo(world.session, manager, photo_id=number(world), reason="personal_data")
    with pytest.raises(Conflict):
        services.cover_photo(world.session, manager, **facts | {"parts": []})
    # Shown again, it is covered as it was.
    services.show_photo(world.session, manager, photo_id=number(world))
    assert queries.moderated_photo(world.session, manager, photo_id=number(world)).covered == [[0.01, 0.01, 0.06, 0.06]]


def test_what_people_type() -> None:
    assert read_parts(" 40 55 12 6 \n\n0;0;100;100\n1,5% 2% 3% 4%") == [
        (0.4, 0.55, 0.52, 0.61),
        (0, 0, 1, 1),
        (0.015, 0.02, 0.045, 0.06),
    ]
    typed = "12.5 0 33.33 6\n99.5 99 0.5 1"
    assert write_parts(read_parts(typed)) == typed and read_parts("99 0 1.4 5") == [(0.99, 0, 1, 0.05)]
    for wrong in ("40 55 12", "-1 0 5 5", "0 0 0 5", "90 0 20 5", "a b c d", "0 0 1e1 5", "١ 0 5 5", "nan 0 1 1"):
        with pytest.raises(Invalid):
            read_parts(wrong)
    with pytest.raises(Invalid):
        read_parts("0 0 1 1\n" * 41)

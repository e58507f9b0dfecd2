"""A moderator edits what somebody said, or hides one photo of it: the original is kept, and the author is told why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, FieldError, Invalid, NotFound, invalid
from app.core.texts import clean, one_line
from app.features.accounts.policies import Actor
from app.features.contributions.checks import check_point, check_words
from app.features.contributions.drafts import Draft
from app.features.contributions.share_pictures import ask_picture
from app.features.contributions.visibility import forget_pictures
from app.features.moderation.jobs import DECIDED
from app.features.moderation.reasons import EDITED, PHOTO_HIDDEN, PHOTO_RESTORED
from app.features.moderation.services.decisions import (
    Decided,
    checked_reason,
    checked_words,
    is_held,
    moderated,
    record_of_comment,
)
from app.features.tickets.models import Event
from app.features.tickets.services import move_contribution

ADDRESS_MAX = 300
_SHOWN = ("public", "pending", "hidden")
_NEAR = 6
"""Decimals of a degree within which a place is the same: 0.1 m."""


@dataclass(frozen=True)
class Content:
    """What a moderator may change. `lon`, `lat` in degrees (WGS84); `photos` are ids with whether each is hidden, in
    their order.
    """

    title: str | None
    body: str
    address: str | None
    lon: float
    lat: float
    photos: tuple[tuple[int, bool], ...]


_NOW = text(
    """
    SELECT c.title, c.body, c.address, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'hidden', p.hidden) ORDER BY p.position), '[]')
            FROM photo p WHERE p.contribution_id = c.id) AS photos,
           (SELECT count(*) FROM contribution_version v WHERE v.contribution_id = c.id) AS versions
    FROM contribution c WHERE c.id = :id
    """
)
_VERSION = text(
    "SELECT title, body, address, lon, lat, photos FROM contribution_version "
    "WHERE contribution_id = :id AND number = :number"
)
_KEEP = text(
    """
    INSERT INTO contribution_version
      (contribution_id, number, title, body, address, lon, lat, photos, reason, account_id)
    VALUES (:id, :number, :title, :body, :address, :lon, :lat, CAST(:photos AS jsonb), :reason, :account)
    """
)
_WORDS = text("UPDATE contribution SET title = :title, body = :body, address = :address WHERE id = :id")
_NAME_TICKET = text("UPDATE ticket SET title = :title WHERE id = :ticket AND reference = :reference")
_ORDER = text(
    """
    UPDATE photo SET position = o.position - 1
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS o(id, position)
    WHERE photo.id = o.id AND photo.contribution_id = :id
    """
)
_COUNT = text(
    "UPDATE contribution SET photo_count = (SELECT count(*) FROM photo WHERE contribution_id = :id AND NOT hidden) "
    "WHERE id = :id"
)
_HIDE = text("UPDATE photo SET hidden = :hidden WHERE id = :photo")
_OF_PHOTO = text(
    """
    SELECT p.id, c.reference, p.position, p.hidden, p.covered, p.faces_left, m.id AS comment_id,
           m.state AS comment_state
    FROM photo p LEFT JOIN comment m ON m.id = p.comment_id
    JOIN contribution c ON c.id = coalesce(p.contribution_id, m.contribution_id) WHERE p.id = :photo
    """
)


def edit(
    session: Session, actor: Actor, *, reference: str, new: Content, reason: str, tell: bool = True, seen: int = 0
) -> Decided:
    """Replace what was said by `new`, and keep what it was. `seen` is how many versions the moderator had before their
    eyes. A new place routes once more. `tell` False: its author hears nothing.

    Raises Invalid with one sentence a field, NotFound, Denied, Conflict (a colleague edited it meanwhile).
    """
    row = moderated(session, actor, reference, while_in=_SHOWN)
    before, versions = _content(session, row.id)
    if versions != seen:
        raise Conflict("A colleague edited it meanwhile. Look at it again.")
    new, reason = _checked(before, new, reason)
    changed = _changed(before, new)
    if not changed:
        raise invalid("/text", "Nothing is changed yet.")
    kept = {
        "id": row.id,
        "number": versions + 1,
        "title": before.title,
        "body": before.body,
        "address": before.address,
        "lon": before.lon,
        "lat": before.lat,
        "photos": json.dumps([{"id": photo, "hidden": hidden} for photo, hidden in before.photos]),
        "reason": reason,
        "account": actor.id,
    }
    session.execute(_KEEP, kept)
    session.execute(_WORDS, {"title": new.title, "body": new.body, "address": new.address, "id": row.id})
    called = {"ticket": row.ticket_id, "reference": row.reference, "title": new.title or new.body[:90]}
    session.execute(_NAME_TICKET, called)
    if "photos" in changed:
        _set_photos(session, row, before, new)
    if "place" in changed:
        move_contribution(session, actor, reference=row.reference, lon=new.lon, lat=new.lat)
        # It may have left for a ticket of its own: what follows belongs there.
        row = moderated(session, actor, reference, while_in=_SHOWN)
    data = {"what": changed, "number": versions + 1}
    return record_edit(session, actor, row, EDITED, words=reason, data=data, what=changed, tell=tell)


def revert(
    session: Session, actor: Actor, *, reference: str, number: int, reason: str, tell: bool = True, seen: int = 0
) -> Decided:
    """Take a former version back; what it replaces is kept like any other. Photos sent since stay, at the end."""
    row = moderated(session, actor, reference, while_in=_SHOWN)
    version = session.execute(_VERSION, {"id": row.id, "number": number}).one_or_none()
    if version is None:
        raise NotFound("This version does not exist.")
    now, _versions = _content(session, row.id)
    former = {each["id"]: each["hidden"] for each in version.photos}
    left = dict(now.photos)
    photos = [(photo, hidden) for photo, hidden in former.items() if photo in left]
    photos += [(photo, hidden) for photo, hidden in now.photos if photo not in former]
    new = Content(version.title, version.body, version.address, version.lon, version.lat, tuple(photos))
    return edit(session, actor, reference=reference, new=new, reason=reason, tell=tell, seen=seen)


def hide_photo(
    session: Session, actor: Actor, *, photo_id: int, reason: str, words: str = "", tell: bool = True
) -> Decided:
    """Take one photo, of a contribution or of a comment under it, from every public eye; its addresses are gone.

    Raises as `hide` does.
    """
    words = checked_reason(reason, words)
    row, photo = locked_photo(session, actor, photo_id, hidden=False)
    return _decide_photo(session, actor, row, photo, PHOTO_HIDDEN, words=words, data={"reason": reason}, tell=tell)


def show_photo(session: Session, actor: Actor, *, photo_id: int) -> Decided:
    """Show it again, under new addresses: those under which its moderators looked at it meanwhile end."""
    row, photo = locked_photo(session, actor, photo_id, hidden=True)
    return _decide_photo(session, actor, row, photo, PHOTO_RESTORED, words="", data={}, tell=True)


def _content(session: Session, contribution_id: int) -> tuple[Content, int]:
    now = session.execute(_NOW, {"id": contribution_id}).one()
    photos = tuple((each["id"], each["hidden"]) for each in now.photos)
    return Content(now.title, now.body, now.address, now.lon, now.lat, photos), now.versions


def _checked(before: Content, new: Content, reason: str) -> tuple[Content, str]:
    errors = check_words(Draft(kind="", category="", text=new.body, title=new.title, lon=0, lat=0))
    errors += check_point(new.lon, new.lat)
    address = one_line(new.address)
    if address and len(address) > ADDRESS_MAX:
        errors.append(FieldError("/address", "At most %(most)s characters.", {"most": ADDRESS_MAX}))
    if {photo for photo, _hidden in new.photos} != {photo for photo, _hidden in before.photos}:
        raise Conflict("A colleague edited it meanwhile. Look at it again.")
    try:
        reason = checked_words(reason)
    except Invalid:
        reason = ""
    if not reason:
        errors.append(FieldError("/reason", "Say why in a few words: the author will read them."))
    if errors:
        raise Invalid(errors=errors)
    return Content(one_line(new.title), clean(new.body), address, new.lon, new.lat, new.photos), reason


def _changed(before: Content, new: Content) -> list[str]:
    def place(of: Content) -> tuple[float, float]:
        return round(of.lon, _NEAR), round(of.lat, _NEAR)

    return [
        name
        for name, differs in (
            ("title", (before.title or "") != (new.title or "")),
            ("text", before.body != new.body),
            ("address", (before.address or "") != (new.address or "")),
            ("place", place(before) != place(new)),
            ("photos", before.photos != new.photos),
        )
        if differs
    ]


def _set_photos(session: Session, row: Any, before: Content, new: Content) -> None:
    session.execute(_ORDER, {"ids": [photo for photo, _hidden in new.photos], "id": row.id})
    was = dict(before.photos)
    for photo, hidden in new.photos:
        if was[photo] != hidden:
            _show_photo(session, row, photo, hidden=hidden)


def locked_photo(session: Session, actor: Actor, photo_id: int, *, hidden: bool) -> tuple[Any, Any]:
    """The contribution it belongs to, or whose comment does, locked; and the photo. Raises as `moderated` does, and
    Conflict when a colleague hid or showed it meanwhile.
    """
    found = session.execute(_OF_PHOTO, {"photo": photo_id}).one_or_none()
    if found is None:
        raise NotFound("This photo is not shown.")
    row = moderated(session, actor, found.reference, while_in=_SHOWN)
    # Read again under the lock.
    found = session.execute(_OF_PHOTO, {"photo": photo_id}).one()
    if found.hidden is not hidden:
        raise Conflict("A colleague decided meanwhile. Look at it again.")
    return row, found


def _decide_photo(
    session: Session, actor: Actor, row: Any, photo: Any, kind: str, *, words: str, data: dict[str, Any], tell: bool
) -> Decided:
    hidden = kind == PHOTO_HIDDEN
    data = data | {"photo": photo.position + 1}
    if photo.comment_id is None:
        _show_photo(session, row, photo.id, hidden=hidden)
        return record_edit(session, actor, row, kind, words=words, data=data, what=["photos"], tell=tell)
    _show_one(session, row, photo.id, hidden=hidden, make=photo.comment_state in ("public", "pending"))
    tell = tell and row.visibility == "public"
    return record_of_comment(session, actor, row, photo.comment_id, kind, words=words, data=data | {"told": tell})


def _show_photo(session: Session, row: Any, photo_id: int, *, hidden: bool) -> None:
    if hidden:
        ask_picture(session, f"contribution:{row.id}")
    _show_one(session, row, photo_id, hidden=hidden)
    session.execute(_COUNT, {"id": row.id})


def _show_one(session: Session, row: Any, photo_id: int, *, hidden: bool, make: bool = True) -> None:
    forget_pictures(session, contribution_id=row.id, photo_id=photo_id)
    session.execute(_HIDE, {"photo": photo_id, "hidden": hidden})
    if make:
        outbox.add(session, topic="photo", subject_id=photo_id)


def record_edit(
    session: Session,
    actor: Actor,
    row: Any,
    kind: str,
    *,
    words: str,
    data: dict[str, Any],
    what: list[str],
    tell: bool,
) -> Decided:
    """Two events: why, for colleagues and the author; that it was, for everybody."""
    about = {"ticket_id": row.ticket_id, "contribution_id": row.id, "account_id": actor.id}
    tell = tell and row.visibility != "hidden" and not is_held(session, row.id)
    event = Event(**about, type=kind, body=words or None, public=False, data=data | {"told": tell})
    session.add(event)
    session.flush()
    session.add(Event(**about, type=EDITED, public=True, data={"what": what}))
    session.flush()
    if tell:
        outbox.add(session, topic=DECIDED, subject_id=row.id, payload={"event_id": event.id})
    return Decided(event, row.id, row.reference)

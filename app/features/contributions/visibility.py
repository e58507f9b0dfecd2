"""What the public sees of a contribution, changed: its pictures, the map's counts and the hotspots follow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, NotFound
from app.features.contributions.pyramid import COUNT_AGAIN, CellChange, change_cells
from app.features.contributions.share_pictures import DRAW

WITHDRAW_PHOTOS = "photo.withdraw"
"""The topic that deletes the public pictures of what is no longer shown; payload `{"keys": [public_key, …]}`."""
SETTLED_S = 15
"""After so many seconds a contribution that was being placed while somebody decided is placed."""

_WHICH = text("SELECT ticket_id FROM contribution WHERE reference = :reference")
_LOCK_TICKET = text("SELECT id FROM ticket WHERE id = :id FOR UPDATE")
_LOCKED = text(
    """
    SELECT c.id, c.reference, c.territory_id, c.category_id, c.kind, c.state, c.visibility, c.created_at, c.ticket_id,
           c.title, c.body, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, t.service_id,
           s.territory_id AS service_territory_id
    FROM contribution c LEFT JOIN ticket t ON t.id = c.ticket_id LEFT JOIN service s ON s.id = t.service_id
    WHERE c.reference = :reference FOR UPDATE OF c
    """
)
_SHOW = text("UPDATE contribution SET visibility = :visibility WHERE id = :id")
_FORGET = """
    WITH shown AS (SELECT id, public_key FROM photo WHERE state = 'ready' AND ({which}) FOR UPDATE),
    gone AS (
      INSERT INTO former_picture (public_key) SELECT public_key FROM shown WHERE public_key IS NOT NULL
      ON CONFLICT DO NOTHING)
    UPDATE photo SET state = 'pending', public_key = NULL, placeholder = NULL FROM shown WHERE photo.id = shown.id
    RETURNING shown.public_key
"""
_FORGET_ALL = text(
    _FORGET.format(which="contribution_id = :id OR comment_id IN (SELECT id FROM comment WHERE contribution_id = :id)")
)
_FORGET_OF_COMMENT = text(_FORGET.format(which="comment_id = :id"))
_FORGET_ONE = text(_FORGET.format(which="id = :id"))
_MAKE = text(
    """
    INSERT INTO outbox (topic, subject_id)
    SELECT 'photo', p.id FROM photo p LEFT JOIN comment m ON m.id = p.comment_id
    WHERE (p.contribution_id = :id OR m.contribution_id = :id AND m.state = 'public')
      AND p.state = 'pending'
    """
)


def locked_contribution(session: Session, reference: str) -> Any:
    """The contribution, locked after its ticket, as every verb of the desk does: nobody waits in a ring.

    Raises NotFound, and Conflict when it changes ticket all the time.
    """
    reference = reference.strip().upper()
    for _attempt in range(3):
        found = session.execute(_WHICH, {"reference": reference}).one_or_none()
        if found is None:
            raise NotFound("No contribution has this number.")
        if found.ticket_id is not None:
            session.execute(_LOCK_TICKET, {"id": found.ticket_id})
        row = session.execute(_LOCKED, {"reference": reference}).one()
        if row.ticket_id == found.ticket_id:
            return row
    raise Conflict()


def change_visibility(session: Session, row: Any, *, visibility: str) -> None:
    """Give a locked contribution another visibility, and the difference to the map."""
    session.execute(_SHOW, {"id": row.id, "visibility": visibility})
    if row.visibility == "public" != visibility:
        outbox.add(session, topic=DRAW, subject_id=row.id, payload={"subject": f"contribution:{row.id}"})
    _tell_map(session, row, sign=(visibility == "public") - (row.visibility == "public"))


def forget_pictures(session: Session, *, contribution_id: int, photo_id: int | None = None) -> None:
    """The public pictures (of one photo; or of all, those of its comments too) leave the storage, and their addresses
    say that they are gone; the originals stay, so that they may be made again.
    """
    statement, number = (_FORGET_ALL, contribution_id) if photo_id is None else (_FORGET_ONE, photo_id)
    _withdraw(session, statement, number)


def forget_comment_pictures(session: Session, *, comment_id: int) -> None:
    """The same for the photos of one comment."""
    _withdraw(session, _FORGET_OF_COMMENT, comment_id)


def make_pictures_again(session: Session, *, contribution_id: int) -> None:
    """Order the pictures of what is shown again, under new addresses."""
    session.execute(_MAKE, {"id": contribution_id})


def _withdraw(session: Session, statement: TextClause, number: int) -> None:
    keys = [key for key in session.scalars(statement, {"id": number}) if key]
    if keys:
        outbox.add(session, topic=WITHDRAW_PHOTOS, subject_id=number, payload={"keys": keys})


def _tell_map(session: Session, row: Any, *, sign: int) -> None:
    """The map loses or gains one; the hotspots around are found again."""
    if not sign:
        return
    if row.ticket_id is None:
        # Whoever places it at this very moment may have read the old visibility: count again when that is over.
        outbox.add(session, topic=COUNT_AGAIN, subject_id=row.territory_id, delay_s=SETTLED_S)
        return
    change = CellChange(
        contribution_id=row.id,
        territory_id=row.territory_id,
        category_id=row.category_id,
        kind=row.kind,
        state=row.state,
        lon=row.lon,
        lat=row.lat,
        created_at=row.created_at,
        sign=sign,
    )
    change_cells(session, [change])
    partition = [row.territory_id, row.category_id, row.kind]
    outbox.add(session, topic="hotspots", payload={"partitions": [partition]}, delay_s=2)

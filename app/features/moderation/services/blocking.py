"""The town's block list: who puts an address, a domain or a number on it, and takes it off. Nothing is deleted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import Denied, FieldError, Invalid, NotFound
from app.core.texts import impossible_text, one_line
from app.features.accounts.policies import Actor
from app.features.moderation import policies
from app.features.territories.blocking import BLOCK_KINDS, normal
from app.features.territories.catalogue import touch
from app.features.territories.models import BlockEntry, Territory

REASON_MAX = 300
_VALUES = {
    "email": "This e-mail address is not complete, for example its end “.fr”.",
    "domain": "Write what stands after the @, for example “example.org”.",
    "phone": "Write a telephone number with digits only.",
}
_END = text(
    "UPDATE block_entry SET ended_at = now(), ended_by = :account WHERE id = :id AND ended_at IS NULL RETURNING id"
)


def block(
    session: Session, actor: Actor, *, territory_id: int, kind: str, value: str, reason: str, until: str = ""
) -> BlockEntry:
    """Put an address, a domain or a number on a town's list. `until` is the last day (`2026-12-31`), or empty.

    Raises Denied; Invalid with one sentence a field, also for what stands on the list already.
    """
    if not policies.may_block(actor, territory_id):
        raise Denied("Your role does not allow this in this town.")
    town = session.get_one(Territory, territory_id)
    errors = []
    written = normal(kind, value) if kind in BLOCK_KINDS and not impossible_text(value) else None
    if written is None:
        errors.append(FieldError("/value", _VALUES.get(kind, _VALUES["email"])))
    why = "" if impossible_text(reason) else one_line(reason) or ""
    if not why or len(why) > REASON_MAX:
        errors.append(FieldError("/reason", "Say why in one sentence: your colleagues will read it."))
    end = _first_instant_after(until, ZoneInfo(town.timezone)) if until else None
    if until and (end is None or end <= datetime.now(UTC)):
        errors.append(FieldError("/until", "Choose a day to come, or none."))
    if errors:
        raise Invalid(errors=errors)
    # What ended by its day alone leaves its place.
    session.execute(
        text(
            "UPDATE block_entry SET ended_at = until WHERE territory_id = :t AND kind = :k AND value = :v "
            "AND ended_at IS NULL AND until <= now()"
        ),
        {"t": territory_id, "k": kind, "v": written},
    )
    row = {"territory_id": territory_id, "kind": kind, "value": written, "reason": why, "until": end}
    added = session.scalar(
        insert(BlockEntry).values(row | {"account_id": actor.id}).on_conflict_do_nothing().returning(BlockEntry.id)
    )
    if added is None:
        raise Invalid(errors=[FieldError("/value", "It stands on the list already.")])
    touch(session, territory_id)
    return session.scalars(select(BlockEntry).where(BlockEntry.id == added)).one()


def unblock(session: Session, actor: Actor, *, entry_id: int) -> None:
    """Take an entry off the list; what it held stays for a moderator. Raises NotFound, Denied. Twice is once."""
    entry = session.get(BlockEntry, entry_id)
    if entry is None or not policies.may_read_blocks(actor, entry.territory_id):
        raise NotFound("This entry does not exist.")
    if not policies.may_block(actor, entry.territory_id):
        raise Denied("Your role does not allow this in this town.")
    if session.execute(_END, {"id": entry_id, "account": actor.id}).first() is not None:
        touch(session, entry.territory_id)


def _first_instant_after(day: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), zone)
    except (ValueError, OverflowError):
        return None

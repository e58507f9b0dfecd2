"""Taking a contribution in: checked against the town, written with its work to do in one statement.

This is the hot path. It asks PostgreSQL twice (where is it; keep it) and nobody else.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import h3
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, Unprocessable
from app.core.texts import clean, one_line
from app.features.contributions.checks import KINDS, check_category, check_draft, check_point, check_words
from app.features.contributions.drafts import Draft
from app.features.contributions.keeping import keep_statement
from app.features.contributions.receipts import write_receipt
from app.features.contributions.shapes import Receipt
from app.features.territories.catalogue import CategoryFacts, Town, town
from app.features.territories.places import Place, locate, outside_of

H3_RESOLUTION = 11


@dataclass(frozen=True)
class Wait:
    """Why a contribution waits for a moderator. `held` (`blocked`, `unproved`): before any service hears of it, and
    `entry_id` is then the line of the block list that says so; else only before the public does.
    """

    held: str | None = None
    entry_id: int | None = None


Waits = Callable[[Draft, Town], Wait | None]
"""Whether what was said waits for a moderator, and why."""


@dataclass(frozen=True)
class Promise:
    """An idempotency key chosen by the caller, and the digest of everything that came with it."""

    key: str
    body_hash: bytes


@dataclass(frozen=True)
class Submitted:
    """What was kept. `receipt` is the *accusé de réception*; `token` opens the private follow page."""

    reference: str
    token: str
    receipt: Receipt
    replayed: bool = False


def submit_contribution(
    session: Session,
    *,
    draft: Draft,
    promise: Promise | None = None,
    request_id: str = "",
    now: datetime | None = None,
    store: Callable[[], None] | None = None,
    within: Collection[int] | None = None,
    waits: Waits | None = None,
    author: bytes | None = None,
) -> Submitted:
    """Check a draft and write it with its work to do; the caller commits.

    `within` are the territories of which the host may speak (None: all); a place elsewhere is outside.
    `store` keeps the files that the draft's photos name: called once all is checked, before the rows that need them.
    `waits` may keep it from the public, or from everybody, until a moderator has read it; the answer is the same.
    `author` is the person in whose own space it appears (`person.py`).
    Raises `Invalid` with one sentence a field, `Unprocessable` when the key was used for something else.
    """
    now = now or datetime.now(UTC)
    errors = [] if draft.kind in KINDS else [FieldError("/kind", "Choose problem, praise or proposal.")]
    errors += check_point(draft.lon, draft.lat)
    errors += check_words(draft)
    if errors:
        raise Invalid(errors=errors)
    place, home = _place(session, draft, within)
    category = _category(draft, home)
    errors = check_draft(draft, category, home)
    if errors:
        raise Invalid(errors=errors)
    wait = waits(draft, home) if waits is not None else None
    if store is not None and draft.photos:
        store()
    receipt = write_receipt(draft=draft, category=category, town=home, place=place, now=now)
    token = secrets.token_urlsafe(16)
    values = _values(draft, home, category, place, token, now, request_id)
    if wait is not None:
        values |= {"visibility": "pending", "held": wait.held, "entry_id": wait.entry_id}
    if promise is not None:
        values |= {
            "key": promise.key,
            "body_hash": promise.body_hash,
            "response": json.dumps({"token": token, "receipt": receipt}),
        }
    if author is not None:
        values["author"] = author
    statement = keep_statement(
        contact=bool(draft.contact),
        photos=bool(draft.photos),
        promise=promise is not None,
        author=author is not None,
        held=wait is not None and wait.held is not None,
    )
    try:
        reference = session.execute(statement, values).scalar_one()
    except IntegrityError as error:
        if promise is None or "pk_idempotency" not in str(error.orig):
            raise
        # Another request with the same key has just been kept: answer what it was answered.
        session.rollback()
        replayed = find_promise(session, promise)
        if replayed is None:
            raise
        return replayed
    return Submitted(reference=reference, token=token, receipt=receipt)


def find_promise(session: Session, promise: Promise) -> Submitted | None:
    """The answer already given to this key, if any. Raises `Unprocessable` when the body differs."""
    row = session.execute(
        text("SELECT body_hash, response FROM idempotency WHERE key = :key"), {"key": promise.key}
    ).one_or_none()
    if row is None:
        return None
    if bytes(row.body_hash) != promise.body_hash:
        raise Unprocessable("This Idempotency-Key was used for another request. Make a new key for a new contribution.")
    kept = row.response
    return Submitted(kept["reference"], kept["token"], kept["receipt"], replayed=True)


def follow_hash(token: str) -> bytes:
    """What is kept of a follow link's token."""
    return hashlib.sha256(token.encode()).digest()


def _place(session: Session, draft: Draft, within: Collection[int] | None) -> tuple[Place, Town]:
    place = locate(session, draft.lon, draft.lat)
    if place is not None and (within is None or place.territory_id in within):
        home = town(session, place.territory_id, version=place.version)
        if draft.territory is None or draft.territory in home.slugs:
            return place, home
    named = _named(session, draft.territory) if draft.territory else None
    if draft.territory and named is None:
        raise Invalid(errors=[FieldError("/territory", "No territory has this name.")])
    # A host names no town but its own.
    meant = [named] if named is not None and (within is None or named in within) else within
    message = "This place is outside %(territory)s. Move the pin, your text is kept."
    params = {"territory": outside_of(session, draft.lon, draft.lat, within=meant)}
    swapped = abs(draft.lon) <= 90 and locate(session, draft.lat, draft.lon) is not None
    if swapped:
        message = "This place is outside the territory. Longitude and latitude seem to be swapped."
    raise Invalid(errors=[FieldError("/lat", message, params)], code="outside")


def _named(session: Session, slug: str) -> int | None:
    found: int | None = session.scalar(text("SELECT id FROM territory WHERE slug = :slug AND active"), {"slug": slug})
    return found


def _category(draft: Draft, home: Town) -> CategoryFacts:
    category = home.categories.get(draft.category)
    errors = check_category(draft, category, home)
    if errors or category is None:
        raise Invalid(errors=errors)
    return category


def _values(
    draft: Draft, home: Town, category: CategoryFacts, place: Place, token: str, now: datetime, request_id: str
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "prefix": home.prefix,
        "sequence": f"reference_{home.id}",
        "territory_id": home.id,
        "category_id": category.id,
        "kind": draft.kind,
        "channel": draft.channel,
        "language": draft.language,
        "title": one_line(draft.title),
        "body": clean(draft.text),
        "answers": json.dumps(dict(draft.answers)),
        "lon": draft.lon,
        "lat": draft.lat,
        "accuracy_m": draft.accuracy_m,
        "address": one_line(draft.address),
        "h3": h3.str_to_int(h3.latlng_to_cell(draft.lat, draft.lon, H3_RESOLUTION)),
        "zone_ids": list(place.zone_ids),
        "visibility": "pending" if category.moderation == "before" else "public",
        "now": now,
        "photo_count": len(draft.photos),
        "follow_hash": follow_hash(token),
        "trace": json.dumps({"request_id": request_id}),
    }
    if draft.contact:
        values |= {
            "contact_name": one_line(draft.contact.name),
            "contact_email": draft.contact.email,
            "contact_phone": draft.contact.phone,
            "contact_silent": draft.contact.silent,
        }
    if draft.photos:
        values["photos"] = json.dumps([picture_row(position, photo) for position, photo in enumerate(draft.photos)])
    return values


def picture_row(position: int, photo: Any) -> dict[str, Any]:
    """A photo as a document that a statement writes from."""
    return {
        "position": position,
        "original_key": photo.original_key,
        "content_type": photo.content_type,
        "width": photo.width,
        "height": photo.height,
        "size": photo.size,
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
    }

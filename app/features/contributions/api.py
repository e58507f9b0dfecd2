"""`POST /api/v1/contributions`, `GET /api/v1/contributions/{reference}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for

from app.core.access import public
from app.core.db import at_once, db
from app.core.errors import FieldError, Invalid, TooMany
from app.core.i18n import label, say
from app.core.logs import request_id
from app.core.messages import Message
from app.core.openapi import documented
from app.core.security import csrf, limiter
from app.core.storage import open_storage
from app.features.accounts.access import current_actor
from app.features.accounts.policies import may_open_desk
from app.features.contributions import api_reference
from app.features.contributions.person import acting_author, author_key, remember
from app.features.contributions.posted import read_posted
from app.features.contributions.public import Face, public_face
from app.features.contributions.reasons import DECLINE_REASONS
from app.features.contributions.schemas import read_contribution
from app.features.contributions.services import Promise, Submitted, find_promise, submit_contribution
from app.features.contributions.shapes import ContributionDocument, Kept, PublicRouting, PublicTicket
from app.features.contributions.uploads import check_uploads
from app.features.contributions.urls import follow_url, photo_document, public_url
from app.features.territories.catalogue import current_town
from app.features.territories.hosts import host_reach

blueprint = Blueprint("contributions_api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)

SPOKEN = ("phone", "desk")
"""Channels by which nobody sends: somebody of the town writes down what was said."""
_KEY = re.compile(r"[\x21-\x7e]{8,128}")


@blueprint.post("/contributions")
@public
@documented(api_reference.CREATE)
@limiter.limit("60 per minute")
def create() -> tuple[Response, int]:
    """Keep a contribution and answer with its reference, its addresses and its receipt."""
    data, files, digest = read_posted()
    promise = _promise(digest)
    within = host_reach()
    author, secret = acting_author() if _from_our_page() else (author_key(), None)
    session = at_once(db.session)
    try:
        if promise is not None and files and (replayed := find_promise(session, promise)) is not None:
            return _created(replayed, secret)
        given = read_contribution(data, is_json=request.is_json)
        if given.channel in SPOKEN and not may_open_desk(current_actor()):
            message = "Only who is signed in at the desk writes down what was said by telephone or at the counter."
            raise Invalid(errors=[FieldError("/channel", message)])
        uploads = check_uploads(files)
        if uploads.errors:
            raise Invalid(errors=uploads.errors)
        # One statement writes it all, and fails as a whole when its key was used before: nobody is asked first.
        kept = submit_contribution(
            session,
            draft=given.as_draft(uploads.drafts),
            within=within,
            promise=promise,
            request_id=request_id(),
            store=lambda: uploads.store(open_storage(current_app.extensions["settings"].storage.location)),
            waits=current_app.extensions.get("auzolan.waits"),
            author=author,
        )
        return _created(kept, secret)
    except (Invalid, TooMany):
        # What was answered to this key stands, even if the town would answer otherwise today.
        replayed = find_promise(session, promise) if promise is not None else None
        if replayed is None:
            raise
        return _created(replayed, secret)


@blueprint.get("/contributions/<reference>")
@public
@documented(api_reference.SHOW)
def show(reference: str) -> Response:
    """The public face of a contribution."""
    return jsonify(_document(public_face(db.session, reference, within=host_reach())))


def _promise(digest: bytes) -> Promise | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        message = "An Idempotency-Key has 8 to 128 visible ASCII characters; a UUID is a good one."
        raise Invalid(errors=[FieldError("/headers/Idempotency-Key", message)])
    return Promise(key, digest)


def _from_our_page() -> bool:
    """Whether a page of this site sends: its browser is then known again, as after the form without scripts."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _created(kept: Submitted, secret: str | None = None) -> tuple[Response, int]:
    document: Kept = {
        "reference": kept.reference,
        "url": public_url(kept.reference),
        "follow_url": follow_url(kept.reference, kept.token),
        "receipt": kept.receipt,
    }
    response = jsonify(document)
    response.headers["Location"] = url_for("contributions_api.show", reference=kept.reference)
    if kept.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if secret is not None:
        remember(response, secret)
    return response, 201


def _routing(stored: Mapping[str, Any] | None) -> PublicRouting | None:
    if not stored:
        return None
    return {"rule": stored["rule"], "reason": say(Message.from_json(stored["message"]))}


def _document(face: Face) -> ContributionDocument:
    row = face.row
    town = current_town(db.session, row.territory_id)
    category = town.categories_by_id[row.category_id]
    ticket: PublicTicket | None = None
    if row.ticket_reference:
        ticket = {
            "reference": row.ticket_reference,
            "state": row.ticket_state,
            "service": {"slug": row.service_slug, "name": label(row.service_name)},
            "due_at": row.due_at.isoformat() if row.due_at else None,
            "contributions": row.together,
        }
    return {
        "reference": row.reference,
        "url": public_url(row.reference),
        "kind": row.kind,
        "category": {"slug": category.slug, "label": label(category.label), "path": list(category.path)},
        "title": row.title,
        "text": row.body,
        "language": row.language,
        "channel": row.channel,
        "lon": row.lon,
        "lat": row.lat,
        "address": row.address,
        "territory": {"slug": town.slug, "name": town.name},
        "created_at": row.created_at.isoformat(),
        "state": row.state,
        "supports": row.supports,
        "ticket": ticket,
        "routing": _routing(row.routing),
        "photos": [photo_document(photo.key, photo.placeholder) for photo in face.photos],
        "photos_pending": face.photos_pending,
        "history": [
            {
                "type": event.type,
                "at": event.at.isoformat(),
                "state": event.state_to,
                "text": event.body,
                "reason": reason if (reason := event.data.get("reason")) in DECLINE_REASONS else None,
                "planned_on": event.data.get("planned_on"),
            }
            for event in face.history
        ],
    }

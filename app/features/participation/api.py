"""`/api/v1/processes`, and of an idea its vote and its comments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel, ValidationError

from app.core.access import public
from app.core.bodies import json_body
from app.core.db import db
from app.core.errors import FieldError, Invalid, invalid
from app.core.i18n import label, language
from app.core.openapi import documented
from app.core.security import csrf, limiter
from app.core.shapes import AS_JSON
from app.core.storage import open_storage
from app.features.accounts.access import refuse_other_sites
from app.features.contributions.person import acting_person, person, remember
from app.features.contributions.posted import read_posted
from app.features.contributions.public import public_face
from app.features.contributions.schemas import field_errors
from app.features.contributions.scope import scope_of
from app.features.contributions.supporting import (
    BUBBLE_GROWTH,
    BUBBLE_MAX,
    BUBBLE_MIN,
    cast_vote,
    voice_of,
    withdraw_support,
)
from app.features.contributions.uploads import check_uploads
from app.features.contributions.urls import absolute, photo_document, public_url
from app.features.participation import api_reference
from app.features.participation.models import PHOTOS_MAX
from app.features.participation.queries.threads import Said, discussion
from app.features.participation.queries.votes import ballot
from app.features.participation.services.commenting import NewComment, post_comment, public_idea
from app.features.participation.shapes import (
    CommentDocument,
    CommentIn,
    CommentKept,
    Comments,
    Processes,
    VoteDocument,
    VoteIn,
)
from app.features.territories.catalogue import current_town
from app.features.territories.hosts import host_reach
from app.features.territories.processes import process, processes_of
from app.features.territories.sites import site_town

blueprint = Blueprint("participation_api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)

Model = TypeVar("Model", bound=BaseModel)


@blueprint.get("/processes")
@public
@documented(api_reference.PROCESSES)
def processes() -> Response:
    """The processes of the site's town and of those that nest in it."""
    territories = scope_of(db.session, site_town().town.slug).territory_ids
    names = {each: current_town(db.session, each).slug for each in territories}
    document: Processes = {
        "processes": [
            {
                "slug": facts.slug,
                "territory": names[facts.territory_id or 0],
                "labels": facts.label,
                "description": facts.description,
                "mode": facts.mode,
                "standing": facts.standing,
                "opens_at": facts.opens_at.isoformat() if facts.opens_at else None,
                "closes_at": facts.closes_at.isoformat() if facts.closes_at else None,
                "counts_hidden": facts.hides,
                "categories": list(facts.categories),
                "zones": list(facts.zones),
            }
            for facts in processes_of(db.session, territories)
        ],
        "bubble": {"min": BUBBLE_MIN, "max": BUBBLE_MAX, "growth": BUBBLE_GROWTH},
    }
    return jsonify(document)


@blueprint.get("/contributions/<reference>/vote")
@public
@documented(api_reference.READ_VOTE)
def vote(reference: str) -> Response:
    """One's own vote and the totals."""
    return _vote(reference, person())


@blueprint.put("/contributions/<reference>/vote")
@public
@documented(api_reference.VOTE)
@limiter.limit("60 per minute")
def cast(reference: str) -> Response:
    """Vote, or change one's vote."""
    refuse_other_sites()
    given = _checked(VoteIn, json_body())
    public_idea(db.session, reference, host_reach())
    keys, secret = acting_person()
    cast_vote(db.session, reference=reference, value=given.value, person=keys, within=host_reach())
    db.session.commit()
    response = _vote(reference, keys)
    remember(response, secret)
    return response


@blueprint.delete("/contributions/<reference>/vote")
@public
@documented(api_reference.WITHDRAW)
@limiter.limit("60 per minute")
def withdraw(reference: str) -> Response:
    """Take one's vote back."""
    refuse_other_sites()
    public_idea(db.session, reference, host_reach())
    keys = acting_person()[0]
    withdraw_support(db.session, reference=reference, person=keys, within=host_reach())
    db.session.commit()
    return _vote(reference, keys)


@blueprint.get("/contributions/<reference>/comments")
@public
@documented(api_reference.COMMENTS)
def comments(reference: str) -> Response:
    """A page of threads."""
    idea = public_idea(db.session, reference, host_reach())
    found = discussion(db.session, idea.id, person=person(), after=_after())
    reference = reference.upper()
    document: Comments = {
        "reference": reference,
        "total": found.total,
        "comments": [_comment(said) for said in found.comments],
        "next": f"{absolute(request.path)}?after={found.following}" if found.following else None,
    }
    return jsonify(document)


@blueprint.post("/contributions/<reference>/comments")
@public
@documented(api_reference.COMMENT)
@limiter.limit("20 per minute")
def comment(reference: str) -> tuple[Response, int]:
    """Say something."""
    refuse_other_sites()
    data, files, _digest = read_posted()
    given = _checked(CommentIn, data)
    uploads = check_uploads(files, most=PHOTOS_MAX)
    if uploads.errors:
        raise Invalid(errors=uploads.errors)
    keys, secret = acting_person()
    sent = request.headers.get("Idempotency-Key", "")
    new = NewComment(
        body=given.text,
        stance=given.stance,
        parent_id=given.answer_to,
        email=given.email or "",
        language=language(),
        sending=hashlib.sha256(f"{reference.upper()} {sent}".encode()).digest() if sent else None,
        photos=uploads.drafts,
    )
    kept = post_comment(
        db.session,
        reference=reference,
        comment=new,
        person=keys,
        within=host_reach(),
        store=lambda: uploads.store(open_storage(current_app.extensions["settings"].storage.location)),
    )
    db.session.commit()
    url = f"{public_url(reference.upper())}/commentaires#c{kept.id}"
    document: CommentKept = {"id": kept.id, "waits": kept.waits, "url": url}
    response = jsonify(document)
    remember(response, secret)
    return response, 201


def _vote(reference: str, keys: tuple[bytes, ...]) -> Response:
    public_idea(db.session, reference, host_reach())
    row = public_face(db.session, reference, within=host_reach()).row
    facts = process(db.session, row.process_id)
    counted = ballot(db.session, row, facts)
    document: VoteDocument = {
        "reference": row.reference,
        "process": facts.slug,
        "mode": facts.mode,
        "standing": facts.standing,
        "closes_at": facts.closes_at.isoformat() if facts.closes_at else None,
        "value": voice_of(db.session, contribution_id=row.id, person=keys),
        "counts_hidden": facts.hides,
        "votes": counted.voters if counted else None,
        "score": counted.score if counted else None,
        "mean": counted.mean if counted else None,
        "counts": {
            "minus2": counted.counts[-2],
            "minus1": counted.counts[-1],
            "zero": counted.counts[0],
            "plus1": counted.counts[1],
            "plus2": counted.counts[2],
        }
        if counted
        else None,
        "bubble": counted.bubble if counted else None,
    }
    response = jsonify(document)
    response.headers["Cache-Control"] = "no-store"
    return response


def _comment(said: Said) -> CommentDocument:
    return {
        "id": said.id,
        "answer_to": said.parent_id,
        "depth": said.depth,
        "stance": said.stance,
        "text": said.body or None,
        "language": said.language,
        "state": said.state,
        "service": label(said.service) if said.service else None,
        "agrees": said.agrees,
        "photos": [photo_document(photo["key"], photo["placeholder"]) for photo in said.photos],
        "created_at": said.at.isoformat(),
    }


def _checked(model: type[Model], data: Any) -> Model:
    if not isinstance(data, Mapping):
        raise Invalid(errors=[FieldError("", "Send an object here.")])
    try:
        return model.model_validate(data, context=AS_JSON if request.is_json else None)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error)) from None


def _after() -> int:
    word = request.args.get("after", "0") or "0"
    if not word.isdecimal() or len(word) > 18:
        raise invalid("/after", "This cursor is not one that we gave. Begin again without it.")
    return int(word)

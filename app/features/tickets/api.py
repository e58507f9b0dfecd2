"""`/api/v1/services`, `/api/v1/services/{slug}/tickets`, `/api/v1/tickets/{reference}` and its events."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import signed_in
from app.core.asking import asked_flag, asked_limit
from app.core.bodies import json_body
from app.core.db import db
from app.core.errors import NotFound, Problem, invalid
from app.core.openapi import documented
from app.core.security import csrf
from app.features.accounts.access import current_actor
from app.features.accounts.policies import Actor
from app.features.contributions.checks import KINDS
from app.features.tickets import api_reference, queries, shapes
from app.features.tickets.doing import apply_event
from app.features.tickets.faces import line_document, service_document, ticket_document
from app.features.tickets.queries.queues import queue_ids
from app.features.tickets.schemas import read_event

blueprint = Blueprint("tickets_api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)


@blueprint.get("/services")
@signed_in
@documented(api_reference.SERVICES)
def list_services() -> ResponseReturnValue:
    """The queues that the caller may open; `?territory=` keeps those of one town."""
    found = queries.services_seen(db.session, current_actor(), territory=request.args.get("territory") or None)
    document: shapes.Services = {"services": [service_document(line) for line in found]}
    return jsonify(document)


@blueprint.get("/services/<slug>/tickets")
@signed_in
@documented(api_reference.TICKETS)
def list_tickets(slug: str) -> ResponseReturnValue:
    """A queue: `?state=` (one state, `open`, `closed`, `all`), `territory`, `kind`, `mine`, `late`, `q`,
    `sort` (`due`, `recent`), `limit`, `cursor`."""
    actor, args = current_actor(), request.args
    kind = args.get("kind") or None
    if kind is not None and kind not in KINDS:
        raise invalid("/kind", "Choose problem, praise or proposal.")
    page = queries.tickets_in_queue(
        db.session,
        actor,
        service_ids=queue_ids(db.session, actor, slug=slug, territory=args.get("territory") or None),
        state=args.get("state") or "open",
        kind=kind,
        mine=asked_flag("mine"),
        late=asked_flag("late"),
        search=args.get("q"),
        sort=args.get("sort") or "due",
        cursor=args.get("cursor"),
        limit=asked_limit(usual=50, most=queries.MAX_PAGE),
    )
    following = None
    if page.next:
        kept = {name: value for name, value in args.items() if name != "cursor"}
        following = f"{request.path}?{urlencode(kept | {'cursor': page.next})}"
    document: shapes.Queue = {
        "tickets": [line_document(line) for line in page.lines],
        "next": page.next,
        "next_url": following,
    }
    return jsonify(document)


@blueprint.get("/tickets/<reference>")
@signed_in
@documented(api_reference.TICKET)
def show_ticket(reference: str) -> ResponseReturnValue:
    """One ticket in full."""
    return jsonify(_document(db.session, current_actor(), reference))


@blueprint.post("/tickets/<reference>/events")
@signed_in
@documented(api_reference.EVENT)
def add_event(reference: str) -> ResponseReturnValue:
    """`{state, text, version}`, or `{type: answer | note | assign | move | category | place | duplicate | unduplicate |
    split | attach | detach, …, version}`.

    200 with the fresh ticket; 400 with pointers; 409 with the fresh state if `version` is old.
    """
    actor = current_actor()
    apply_event(db.session, actor, reference=reference, event=read_event(_body()))
    db.session.commit()
    try:
        return jsonify(_document(db.session, actor, reference))
    except NotFound:
        # It went to a service this actor does not see: what was asked for is done all the same.
        moved: shapes.Moved = {"reference": reference.upper(), "moved": True}
        return jsonify(moved)


def _document(session: Session, actor: Actor, reference: str) -> shapes.TicketDocument:
    return ticket_document(queries.ticket_detail(session, actor, reference=reference))


def _body() -> Any:
    if not request.is_json:
        raise Problem("Send JSON (application/json).", status=415, code="unsupported-media-type")
    return json_body()

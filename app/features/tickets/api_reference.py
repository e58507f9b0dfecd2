"""Queues and tickets, and what is already there, as the API's document tells them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from app.core.openapi import Answer, Body, Operation, Parameter
from app.core.shapes import one_of
from app.features.contributions.api_reference import MAP
from app.features.contributions.checks import KINDS
from app.features.contributions.shapes import Nearby
from app.features.tickets.models import STATES
from app.features.tickets.queries import MAX_PAGE
from app.features.tickets.queries.queue import ALL, CLOSED, DUE, OPEN, RECENT
from app.features.tickets.schemas import SentEvent
from app.features.tickets.shapes import ConflictDocument, Moved, Queue, Services, TicketDocument

TAG: Final = "Desk"

_REFERENCE: Final = {"reference": ("The ticket's reference, in capitals or not.", "BAY-4817")}
_TERRITORY: Final = Parameter("territory", str, "Slug of a territory, when several have a service of that slug.")
_LINE: Final[dict[str, Any]] = {
    "reference": "BAY-4817",
    "kind": "problem",
    "state": "accepted",
    "version": 3,
    "title": "Un trou devant le 12",
    "category": {"slug": "pothole", "label": "Nid-de-poule"},
    "service": {"slug": "roads", "name": "Voirie"},
    "territory": "bayonne",
    "zone": "Saint-Esprit",
    "assignee": None,
    "opened_at": "2026-11-20T09:30:00+00:00",
    "due_at": "2026-12-04T22:59:59+00:00",
    "closed_at": None,
    "duplicate_of": None,
    "parent": None,
}
_TICKET: Final = {
    **_LINE,
    "lon": -1.4748,
    "lat": 43.4929,
    "routing": {"rule": 3, "code": "rule", "message": {"id": "Rule %(number)s", "params": {"number": 3}}},
    "waiting_for": None,
    "duplicates": [],
    "children": [],
    "contributions": [
        {
            "reference": "BAY-4817",
            "url": "https://auzolan.example/c/BAY-4817",
            "channel": "web",
            "title": None,
            "text": "Un trou devant le 12.",
            "answers": {},
            "address": None,
            "lon": -1.4748,
            "lat": 43.4929,
            "language": "fr",
            "visibility": "public",
            "created_at": "2026-11-20T09:30:00+00:00",
            "supports": 3,
            "contact": {"name": None, "email": "maite@example.org", "phone": None, "silent": False},
            "photos": [],
        }
    ],
    "history": [
        {
            "type": "state",
            "at": "2026-11-20T10:00:00+00:00",
            "by": "Maite",
            "state_from": "new",
            "state_to": "accepted",
            "text": "On vient.",
            "public": True,
            "contribution": None,
            "data": {},
        }
    ],
    "neighbours": [],
    "transitions": ["planned", "in_progress", "waiting", "done", "declined"],
    "told": 1,
}

SERVICES: Final = Operation(
    tag=TAG,
    summary="The queues that I may open",
    parameters=(Parameter("territory", str, "Slug of a territory: its queues only."),),
    answers={
        200: Answer(
            "The services, with how many open tickets wait.",
            Services,
            example={
                "services": [
                    {"slug": "roads", "name": "Voirie", "territory": "bayonne", "triage": False, "open_tickets": 12}
                ]
            },
        )
    },
)
TICKETS: Final = Operation(
    tag=TAG,
    summary="The queue of a service",
    description="Page by page, in the order in which the tickets fall due, or newest first.",
    path={"slug": ("The service's slug.", "roads")},
    parameters=(
        Parameter("state", one_of(OPEN, CLOSED, ALL, *STATES), "One state, or several by a word; `open` unless said."),
        _TERRITORY,
        Parameter("kind", one_of(*KINDS), "One kind."),
        Parameter("mine", one_of("1", "true", "0", "false"), "Only what was given to me."),
        Parameter("late", one_of("1", "true", "0", "false"), "Only open tickets whose day has passed."),
        Parameter("q", str, "Words of the title, or of the reference."),
        Parameter("sort", one_of(DUE, RECENT), "`due` unless said."),
        Parameter("limit", Annotated[int, Field(ge=1, le=MAX_PAGE)], "How many, 50 unless said."),
        Parameter("cursor", str, "Where a page begins: `next` of the page before."),
    ),
    answers={
        200: Answer(
            "A page of the queue.",
            Queue,
            example={"tickets": [{**_LINE, "contributions": 2}], "next": None, "next_url": None},
        )
    },
)
TICKET: Final = Operation(
    tag=TAG,
    summary="A ticket in full",
    path=_REFERENCE,
    answers={200: Answer("As far as the caller may read it.", TicketDocument, example=_TICKET)},
)
EVENT: Final = Operation(
    tag=TAG,
    summary="Act on a ticket, or answer",
    description="Without `type` it is a change of state. `version` is the one that the caller read: when somebody was "
    "faster, 409 tells the fresh state and nothing is changed. `text` of a change of state or of an answer is public.",
    path=_REFERENCE,
    body=Body(
        {"application/json": SentEvent},
        {
            "accept": {"state": "accepted", "text": "On vient lundi.", "version": 2},
            "plan": {"state": "planned", "planned_on": "2026-11-30", "text": "Lundi matin.", "version": 3},
            "close": {"state": "done", "text": "Rebouché ce matin.", "version": 4},
            "decline": {"state": "declined", "reason": "private", "text": "Ce terrain est privé.", "version": 3},
            "note for colleagues": {"type": "note", "text": "Voir avec les espaces verts.", "version": 3},
            "move to another service": {"type": "move", "service": "lighting", "text": "Pour vous.", "version": 3},
        },
    ),
    answers={
        200: Answer(
            "Done: the fresh ticket, or the word that it went out of sight.", TicketDocument | Moved, example=_TICKET
        )
    },
    problems={409: "Somebody was faster; `ticket` is its fresh state."},
    problem_shapes={409: ConflictDocument},
)

NEARBY: Final = Operation(
    tag=MAP,
    summary="Is it already there?",
    description="Open, public contributions of one kind near a place, at most five, the nearest first: within the "
    "category's own radius (0: never suggested), or of any category within 40 metres when none is said.",
    parameters=(
        Parameter(
            "lon", Annotated[float, Field(ge=-180, le=180)], "Longitude, degrees.", required=True, example=-1.4748
        ),
        Parameter("lat", Annotated[float, Field(ge=-90, le=90)], "Latitude, degrees.", required=True, example=43.4929),
        Parameter("category", str, "Slug of a category that takes this kind; none: any.", example="pothole"),
        Parameter("kind", one_of(*KINDS), "`problem` unless said."),
    ),
    answers={
        200: Answer(
            "What is already there.",
            Nearby,
            example={
                "territory": "bayonne",
                "category": "pothole",
                "kind": "problem",
                "radius_m": 30.0,
                "results": [
                    {
                        "reference": "BAY-4817",
                        "url": "https://auzolan.example/c/BAY-4817",
                        "kind": "problem",
                        "category": {"slug": "pothole", "label": "Nid-de-poule"},
                        "sentence": "Un trou devant le 12.",
                        "created_at": "2026-11-20T09:30:00+00:00",
                        "age_days": 2,
                        "state": "accepted",
                        "public_state": "routed",
                        "distance_m": 8.2,
                        "lon": -1.4748,
                        "lat": 43.4929,
                        "contributions": 2,
                        "supports": 3,
                        "photo": None,
                    }
                ],
            },
        )
    },
)

"""What the API answers to who works on tickets: the types of its documents, which are also its schemas."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from app.core.problems import ProblemDocument
from app.core.shapes import Degrees, Kind, Labelled, Moment, Named, Url, shape
from app.features.contributions.shapes import Photo, State


@shape
class ServiceDocument(TypedDict):
    """A service and what waits in its queue."""

    slug: str
    name: str
    territory: str
    triage: bool
    """Whether it sorts what nothing else placed."""
    open_tickets: int


class Services(TypedDict):
    """The queues that the caller may open."""

    services: list[ServiceDocument]


@shape
class TicketLine(TypedDict):
    """A ticket in a queue."""

    reference: str
    kind: Kind
    state: State
    version: int
    """Goes with every event: an event that names an old one is refused."""
    title: str
    category: Labelled
    service: Named
    territory: str
    zone: str | None
    contributions: int
    assignee: str | None
    opened_at: Moment
    due_at: Moment | None
    closed_at: Moment | None
    duplicate_of: str | None
    parent: str | None
    """The ticket that gathers it."""


@shape
class Queue(TypedDict):
    """A page of a queue."""

    tickets: list[TicketLine]
    next: str | None
    """The cursor of the next page; null on the last one."""
    next_url: str | None
    """Its address, on this host."""


@shape
class ContactDocument(TypedDict):
    """How to reach an author; `masked` alone when there is a way that the caller may not read."""

    masked: NotRequired[Literal[True]]
    name: NotRequired[str | None]
    email: NotRequired[str | None]
    phone: NotRequired[str | None]
    silent: NotRequired[bool]
    """The author wishes no news."""


@shape
class TicketContribution(TypedDict):
    """What one person said."""

    reference: str
    url: Url
    channel: str
    title: str | None
    text: str
    answers: dict[str, Any]
    """To the questions of its category; null for what was written and the caller may not read."""
    address: str | None
    lon: Degrees
    lat: Degrees
    language: str
    visibility: str
    created_at: Moment
    supports: int | None
    """Null while the process of an idea hides its counts."""
    contact: ContactDocument | None
    photos: list[Photo]


@shape
class TicketEvent(TypedDict):
    """A fact of the history, newest first."""

    type: str
    at: Moment
    by: str | None
    state_from: State | None
    state_to: State | None
    text: str | None
    public: bool
    contribution: str | None
    data: dict[str, Any]


@shape
class TicketRelative(TypedDict):
    """A ticket that another one gathers."""

    reference: str
    state: State
    title: str
    service: Named


@shape
class TicketNeighbour(TypedDict):
    """Another open ticket close by."""

    reference: str
    kind: Kind
    state: State
    title: str
    lon: Degrees
    lat: Degrees
    distance_m: float
    same_category: bool


@shape
class TicketRouting(TypedDict):
    """Why this service has it: the number of the rule, a code, and a sentence with its parameters."""

    rule: int | str | None
    code: str
    message: dict[str, Any]


@shape
class TicketDocument(TypedDict):
    """A ticket in full."""

    reference: str
    kind: Kind
    state: State
    version: int
    """Goes with every event: an event that names an old one is refused."""
    title: str
    category: Labelled
    service: Named
    territory: str
    zone: str | None
    lon: Degrees
    lat: Degrees
    routing: TicketRouting
    assignee: str | None
    opened_at: Moment
    due_at: Moment | None
    closed_at: Moment | None
    waiting_for: str | None
    duplicate_of: str | None
    duplicates: list[str]
    parent: str | None
    """The ticket that gathers it, and speaks for it."""
    children: list[TicketRelative]
    contributions: list[TicketContribution]
    history: list[TicketEvent]
    neighbours: list[TicketNeighbour]
    transitions: list[State]
    """The states to which the caller may bring it now."""
    told: int
    """How many people a public answer would reach."""


@shape
class Moved(TypedDict):
    """It went to a service that the caller does not see."""

    reference: str
    moved: Literal[True]


@shape
class FreshState(TypedDict):
    """What a late writer needs to try again."""

    reference: str
    state: State
    version: int
    updated_at: Moment


@shape
class ConflictDocument(ProblemDocument):
    """The problem, and the ticket as it stands now."""

    ticket: NotRequired[FreshState]

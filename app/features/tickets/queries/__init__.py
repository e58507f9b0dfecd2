"""Nouns that read tickets. Every reader takes an actor and returns only what that actor may see."""

from app.features.tickets.queries.detail import TicketDetail, ticket_detail
from app.features.tickets.queries.queue import (
    MAX_PAGE,
    Counts,
    Page,
    QueueLine,
    counts,
    ticket_numbered,
    tickets_in_queue,
)
from app.features.tickets.queries.queues import ServiceLine, services_seen
from app.features.tickets.queries.why import Why, why_here

__all__ = [
    "MAX_PAGE",
    "Counts",
    "Page",
    "QueueLine",
    "ServiceLine",
    "TicketDetail",
    "Why",
    "counts",
    "services_seen",
    "ticket_detail",
    "ticket_numbered",
    "tickets_in_queue",
    "why_here",
]

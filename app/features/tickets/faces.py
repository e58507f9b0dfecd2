"""Tickets as documents of the API. Whatever an actor may not read is already absent from what comes in."""

from __future__ import annotations

from datetime import datetime

from app.core.i18n import label
from app.features.contributions.urls import public_url
from app.features.tickets import shapes
from app.features.tickets.pictures import picture_document
from app.features.tickets.queries import QueueLine, ServiceLine, TicketDetail
from app.features.tickets.queries.detail import ContactFace, ContributionLine, EventLine, Neighbour
from app.features.tickets.queries.relatives import Relative


def line_document(line: QueueLine) -> shapes.TicketLine:
    """A ticket in a queue."""
    return {
        "reference": line.reference,
        "kind": line.kind,
        "state": line.state,
        "version": line.version,
        "title": line.title,
        "category": {"slug": line.category, "label": label(line.category_label)},
        "service": {"slug": line.service, "name": label(line.service_name)},
        "territory": line.territory,
        "zone": line.zone,
        "contributions": line.contributions,
        "assignee": line.assignee,
        "opened_at": line.opened_at.isoformat(),
        "due_at": _moment(line.due_at),
        "closed_at": _moment(line.closed_at),
        "duplicate_of": line.duplicate_of,
        "parent": line.parent,
    }


def service_document(line: ServiceLine) -> shapes.ServiceDocument:
    """A queue with what waits in it."""
    return {
        "slug": line.slug,
        "name": label(line.name),
        "territory": line.territory,
        "triage": line.is_triage,
        "open_tickets": line.open_tickets,
    }


def ticket_document(detail: TicketDetail) -> shapes.TicketDocument:
    """A ticket in full."""
    row = detail.row
    return {
        "reference": row.reference,
        "kind": row.kind,
        "state": row.state,
        "version": row.version,
        "title": row.title,
        "category": {"slug": row.category, "label": label(row.category_label)},
        "service": {"slug": row.service, "name": label(row.service_name)},
        "territory": row.territory,
        "zone": row.zone,
        "lon": row.lon,
        "lat": row.lat,
        "routing": row.routing,
        "assignee": row.assignee,
        "opened_at": row.opened_at.isoformat(),
        "due_at": _moment(row.due_at),
        "closed_at": _moment(row.closed_at),
        "waiting_for": row.waiting_for,
        "duplicate_of": row.duplicate_of,
        "duplicates": list(detail.duplicates),
        "parent": detail.parent.reference if detail.parent else None,
        "children": [_relative(child) for child in detail.children],
        "contributions": [_contribution(line, detail.row.reference) for line in detail.contributions],
        "history": [_event(line) for line in detail.history],
        "neighbours": [_neighbour(line) for line in detail.neighbours],
        "transitions": list(detail.next_states),
        "told": detail.told,
    }


def _contribution(line: ContributionLine, ticket: str) -> shapes.TicketContribution:
    return {
        "reference": line.reference,
        "url": public_url(line.reference),
        "channel": line.channel,
        "title": line.title,
        "text": line.body,
        "answers": dict(line.answers),
        "address": line.address,
        "lon": line.lon,
        "lat": line.lat,
        "language": line.language,
        "visibility": line.visibility,
        "created_at": line.created_at.isoformat(),
        "supports": line.supports,
        "contact": _contact(line.contact),
        "photos": [picture_document(ticket, photo) for photo in line.photos],
    }


def _contact(contact: ContactFace | None) -> shapes.ContactDocument | None:
    if contact is None:
        return None
    if contact.masked:
        return {"masked": True}
    return {"name": contact.name, "email": contact.email, "phone": contact.phone, "silent": contact.silent}


def _event(line: EventLine) -> shapes.TicketEvent:
    return {
        "type": line.type,
        "at": line.at.isoformat(),
        "by": line.account,
        "state_from": line.state_from,
        "state_to": line.state_to,
        "text": line.body,
        "public": line.public,
        "contribution": line.contribution,
        "data": dict(line.data),
    }


def _relative(line: Relative) -> shapes.TicketRelative:
    return {
        "reference": line.reference,
        "state": line.state,
        "title": line.title,
        "service": {"slug": line.service, "name": label(line.service_name)},
    }


def _neighbour(line: Neighbour) -> shapes.TicketNeighbour:
    return {
        "reference": line.reference,
        "kind": line.kind,
        "state": line.state,
        "title": line.title,
        "lon": line.lon,
        "lat": line.lat,
        "distance_m": round(line.distance_m, 1),
        "same_category": line.same_category,
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None

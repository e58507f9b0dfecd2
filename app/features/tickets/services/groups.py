"""Verbs about what belongs together: joining two tickets, parting them, taking one contribution out."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import invalid
from app.features.accounts.policies import Actor
from app.features.contributions.pyramid import change_cells
from app.features.territories.catalogue import current_town
from app.features.territories.deciding import due_date
from app.features.tickets import policies
from app.features.tickets.matters import judge, member_of
from app.features.tickets.models import Ticket
from app.features.tickets.placing import Waiting
from app.features.tickets.services.common import (
    Done,
    append,
    cell_change,
    concentrations_changed,
    lock_in_order,
    locked_ticket,
    mirror,
    record,
)
from app.features.tickets.services.families import has_children
from app.features.tickets.services.states import change_state, check_transition, enter, former_state
from app.features.tickets.workflow import Change, State

_ORIGINALS = text(
    """
    WITH RECURSIVE up AS (
      SELECT id, duplicate_of_id FROM ticket WHERE id = :id
      UNION SELECT t.id, t.duplicate_of_id FROM ticket t JOIN up ON t.id = up.duplicate_of_id)
    SELECT id FROM up
    """
)


def mark_duplicate(session: Session, actor: Actor, *, reference: str, of: str, version: int) -> Done:
    """Close a ticket as the duplicate of another, whose news its authors receive from now on.

    Raises Invalid when both are the same, of different kinds, when the other one is itself a duplicate (which also
    makes a ring impossible), or when this one has children; NotFound when the actor may not see either.
    """
    mine, other = reference.strip().upper(), of.strip().upper()
    if mine == other:
        raise invalid("/duplicate_of", "A ticket cannot be its own duplicate.")
    # Two agents joining A to B and B to A take the locks in the same order: the second one sees the first one's work.
    lock_in_order(session, mine, other)
    ticket = locked_ticket(session, actor, reference=mine, version=version)
    original = locked_ticket(session, actor, reference=other, version=None, may=policies.may_see)
    if ticket.id in session.scalars(_ORIGINALS, {"id": original.id}).all():
        raise invalid("/duplicate_of", "%(other)s is already a duplicate of this ticket.", other=other)
    if original.duplicate_of_id is not None:
        raise invalid(
            "/duplicate_of", "%(other)s is itself a duplicate: choose the ticket it was joined to.", other=other
        )
    if has_children(session, ticket):
        raise invalid("/duplicate_of", "This ticket has children: detach them first.")
    if original.kind != ticket.kind:
        raise invalid("/duplicate_of", "Both tickets must be of the same kind.")
    check_transition(ticket, State.DUPLICATE, actor=actor, change=Change(original=original.reference))
    was = ticket.state
    enter(session, ticket, "duplicate")
    ticket.duplicate_of_id = original.id
    mirror(session, ticket)
    append(session, original, actor, kind="joined", public=False, data={"reference": ticket.reference})
    return record(
        session, ticket, actor, kind="duplicate", state_from=was, state_to="duplicate", data={"of": original.reference}
    )


def unmark_duplicate(session: Session, actor: Actor, *, reference: str, version: int) -> Done:
    """Undo: the ticket returns to the state it was in, and the other one forgets it."""
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    if ticket.state != State.DUPLICATE:
        raise invalid("/state", "This ticket is not a duplicate.")
    former = former_state(session, ticket) or State.NEW
    return change_state(session, actor, reference=reference, state=former, version=version)


_BORN = text(
    """
    INSERT INTO ticket (reference, territory_id, category_id, service_id, kind, anchor, zone_ids, title, opened_at,
                        last_at, due_at, contributions, routing)
    VALUES (:reference, :territory_id, :category_id, :service_id, :kind, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),
            :zone_ids, :title, :opened_at, :opened_at, :due_at, 1, CAST(:routing AS jsonb))
    RETURNING id
    """
)


def split_contribution(
    session: Session, actor: Actor, *, reference: str, contribution: str, version: int, tell: bool = True
) -> tuple[Done, Ticket]:
    """Take a contribution out of its group into a ticket of its own, routed on its own; returns that ticket too.

    Raises Invalid for the contribution that opened the ticket (it gave it its number) or one that is not in it.
    """
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    number = contribution.strip().upper()
    if number == ticket.reference:
        raise invalid("/contribution", "This contribution opened the ticket: take the others out instead.")
    leaving = member_of(session, ticket, reference=number)
    if leaving is None:
        raise invalid("/contribution", "%(number)s is not in this ticket.", number=number)
    was = ticket.state
    fresh = _own_ticket(session, leaving)
    ticket.contributions = ticket.contributions - 1
    session.execute(
        text("UPDATE contribution SET ticket_id = :ticket, state = 'new' WHERE id = :id"),
        {"ticket": fresh.id, "id": leaving.id},
    )
    _recount(session, leaving, was)
    concentrations_changed(session, (ticket.territory_id, ticket.category_id, ticket.kind))
    append(session, fresh, actor, kind="routed", state_to="new", data=dict(fresh.routing))
    done = record(
        session,
        ticket,
        actor,
        kind="split",
        contribution_id=leaving.id,
        data={"from": ticket.reference, "to": fresh.reference},
        tell=tell,
    )
    return done, fresh


def _own_ticket(session: Session, leaving: Waiting) -> Ticket:
    town = current_town(session, leaving.territory_id)
    category = town.categories_by_id[leaving.category_id]
    chosen = judge(session, town, leaving)
    ticket_id = session.scalar(
        _BORN,
        {
            "reference": leaving.reference,
            "territory_id": leaving.territory_id,
            "category_id": leaving.category_id,
            "service_id": chosen.service.id,
            "kind": leaving.kind,
            "lon": leaving.lon,
            "lat": leaving.lat,
            "zone_ids": leaving.zone_ids,
            "title": leaving.title,
            "opened_at": leaving.created_at,
            "due_at": due_date(town, category, kind=leaving.kind, at=leaving.created_at),
            "routing": json.dumps(chosen.routing),
        },
    )
    return session.get_one(Ticket, ticket_id)


def _recount(session: Session, leaving: Waiting, was: str) -> None:
    """The map's share of a contribution that goes from one state to `new`."""
    if leaving.visibility == "public":
        change_cells(session, [cell_change(leaving, sign=-1, state=was), cell_change(leaving, sign=1, state="new")])

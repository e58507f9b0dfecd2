"""From an event that somebody asks for to the verb that does it: the API and the desk both come here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import invalid
from app.features.accounts.policies import Actor
from app.features.accounts.queries import account_by_email
from app.features.tickets import schemas, services
from app.features.tickets.services import Done
from app.features.tickets.workflow import Change, State


def apply_event(session: Session, actor: Actor, *, reference: str, event: schemas.AnyEvent) -> Done:
    """Do it, in the caller's transaction; raises what the verb raises."""
    verb = _VERBS[type(event)]
    return verb(session, actor, {"reference": reference, "version": event.version}, event)


def _state(session: Session, actor: Actor, common: dict[str, Any], event: schemas.StateEvent) -> Done:
    if event.state == State.DUPLICATE and event.duplicate_of is not None:
        return services.mark_duplicate(session, actor, **common, of=event.duplicate_of)
    change = Change(
        text=event.text,
        reason=event.reason,
        planned_on=event.planned_on,
        waiting_for=event.waiting_for,
        original=event.duplicate_of,
    )
    return services.change_state(session, actor, **common, state=event.state, change=change)


def _assign(session: Session, actor: Actor, common: dict[str, Any], event: schemas.AssignEvent) -> Done:
    assignee_id = None
    if event.assignee == "me":
        assignee_id = actor.id
    elif event.assignee is not None:
        account = account_by_email(session, email=event.assignee)
        if account is None:
            raise invalid("/assignee", "This person does not work in the service that holds the ticket.")
        assignee_id = account.id
    return services.assign(session, actor, **common, assignee_id=assignee_id)


def _split(session: Session, actor: Actor, common: dict[str, Any], event: schemas.SplitEvent) -> Done:
    return services.split_contribution(session, actor, **common, contribution=event.contribution)[0]


_VERBS: dict[type, Callable[[Session, Actor, dict[str, Any], Any], Done]] = {
    schemas.StateEvent: _state,
    schemas.AnswerEvent: lambda s, a, c, e: services.answer(s, a, **c, text=e.text),
    schemas.NoteEvent: lambda s, a, c, e: services.answer(s, a, **c, text=e.text, public=False),
    schemas.AssignEvent: _assign,
    schemas.MoveEvent: lambda s, a, c, e: services.move_to_service(s, a, **c, service=e.service, text=e.text),
    schemas.CategoryEvent: lambda s, a, c, e: services.change_category(s, a, **c, category=e.category),
    schemas.PlaceEvent: lambda s, a, c, e: services.change_place(s, a, **c, lon=e.lon, lat=e.lat, address=e.address),
    schemas.DuplicateEvent: lambda s, a, c, e: services.mark_duplicate(s, a, **c, of=e.duplicate_of),
    schemas.UnduplicateEvent: lambda s, a, c, e: services.unmark_duplicate(s, a, **c),
    schemas.SplitEvent: _split,
    schemas.AttachEvent: lambda s, a, c, e: services.attach(s, a, **c, parent=e.parent, child=e.child),
    schemas.DetachEvent: lambda s, a, c, e: services.detach(s, a, **c, child=e.child),
}

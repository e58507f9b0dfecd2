"""The one condition that every list, count and page of the desk carries: what this actor may see."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_, true

from app.features.accounts.policies import PLANNER, Actor, oversees_territory, works_in_services
from app.features.territories.models import Service
from app.features.tickets.models import Ticket


def visible(actor: Actor) -> ColumnElement[bool]:
    """`policies.may_see` as SQL over `ticket` joined with its `service`; a test compares the two."""
    if works_in_services(actor):
        return Ticket.service_id.in_(sorted(actor.service_ids)) if actor.service_ids else false()
    if not (oversees_territory(actor) or actor.role == PLANNER):
        return false()
    if actor.everywhere:
        return true()
    mine = sorted(actor.territory_ids)
    return or_(Ticket.territory_id.in_(mine), Service.territory_id.in_(mine)) if mine else false()


def queue_visible(actor: Actor) -> ColumnElement[bool]:
    """`policies.may_see_queue` as SQL over `service`."""
    if works_in_services(actor):
        return Service.id.in_(sorted(actor.service_ids)) if actor.service_ids else false()
    if not (oversees_territory(actor) or actor.role == PLANNER):
        return false()
    if actor.everywhere:
        return true()
    return Service.territory_id.in_(sorted(actor.territory_ids)) if actor.territory_ids else false()

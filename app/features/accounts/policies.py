"""Who is asking, and what a role may do, whatever the object. Pure: no session, no request."""

from __future__ import annotations

from dataclasses import dataclass, replace

AGENT = "agent"
DISPATCHER = "dispatcher"
MANAGER = "manager"
PLANNER = "planner"
ADMINISTRATOR = "administrator"
GUARANTOR = "guarantor"

DESK_ROLES = (AGENT, DISPATCHER, MANAGER, PLANNER, ADMINISTRATOR)
"""Everybody who may open the desk; the planner only reads there. A guarantor reads what moderators decided."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks for something, with the reach of their account.

    `territory_ids` are the account's own territory and all that nest in it; `everywhere` replaces it for an account
    of the whole installation. `service_ids` are the services the account is a member of.
    """

    id: int | None = None
    role: str | None = None
    territory_id: int | None = None
    territory_ids: frozenset[int] = frozenset()
    service_ids: frozenset[int] = frozenset()
    everywhere: bool = False
    name: str = ""
    email: str = ""
    language: str = "fr"

    @property
    def anonymous(self) -> bool:
        return self.id is None

    def reaches(self, territory_id: int) -> bool:
        """Whether the territory is the account's own or nests in it."""
        return self.everywhere or territory_id in self.territory_ids


ANONYMOUS = Actor()


def within(actor: Actor, reach: frozenset[int] | None) -> Actor:
    """The actor as far as a host may speak of them: `reach` are its territories, None for all.

    Who works in the services of another territory is nobody there; who oversees more sees only what the host shows.
    """
    if reach is None or actor.anonymous:
        return actor
    if works_in_services(actor):
        return actor if actor.territory_id in reach else ANONYMOUS
    seen = reach if actor.everywhere else actor.territory_ids & reach
    return replace(actor, territory_ids=seen, everywhere=False) if seen else ANONYMOUS


def reads_whole_territory(actor: Actor) -> bool:
    """A role whose reach is all of its territory, whether it decides there or only reads."""
    return oversees_territory(actor) or actor.role in (PLANNER, GUARANTOR)


def works_in_services(actor: Actor) -> bool:
    """An agent or a manager: their reach is their services, not their territory."""
    return actor.role in (AGENT, MANAGER)


def oversees_territory(actor: Actor) -> bool:
    """A dispatcher or an administrator: their reach is every service of their territory."""
    return actor.role in (DISPATCHER, ADMINISTRATOR)


def may_open_desk(actor: Actor) -> bool:
    return not actor.anonymous and actor.role in DESK_ROLES


def may_manage_accounts(actor: Actor, *, territory_id: int | None) -> bool:
    """Accounts of the whole installation (`territory_id` None) belong to an administrator of all of it."""
    if actor.role != ADMINISTRATOR:
        return False
    return actor.everywhere if territory_id is None else actor.reaches(territory_id)


def may_edit_rules(actor: Actor, *, territory_id: int) -> bool:
    return actor.role == ADMINISTRATOR and actor.reaches(territory_id)


def may_see_figures(actor: Actor, *, territory_id: int) -> bool:
    """Aggregates of a territory; a manager sees those of the territory their services work for."""
    return actor.role in (MANAGER, DISPATCHER, PLANNER, ADMINISTRATOR) and actor.reaches(territory_id)

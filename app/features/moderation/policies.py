"""Who may moderate what. Pure predicates."""

from __future__ import annotations

from dataclasses import dataclass

from app.features.accounts.policies import ADMINISTRATOR, DISPATCHER, GUARANTOR, MANAGER, Actor, oversees_territory

MODERATORS = (MANAGER, DISPATCHER, ADMINISTRATOR)
JOURNAL_READERS = (ADMINISTRATOR, GUARANTOR)
BLOCK_READERS = (*MODERATORS, GUARANTOR)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about a contribution: where it lies, and the queue of its ticket if it has one already."""

    territory_id: int
    service_id: int | None
    service_territory_id: int | None


def may_moderate(actor: Actor, where: Standing) -> bool:
    """A manager moderates what their services hold; a dispatcher or an administrator what lies in their territory, or
    stands in the queue of one of its services."""
    if actor.role == MANAGER:
        return where.service_id is not None and where.service_id in actor.service_ids
    if not oversees_territory(actor):
        return False
    return actor.reaches(where.territory_id) or (
        where.service_territory_id is not None and actor.reaches(where.service_territory_id)
    )


def may_read_journal(actor: Actor) -> bool:
    """The log of decisions: administrators, and the guarantor, who reads and decides nothing."""
    return actor.role in JOURNAL_READERS


def may_read_blocks(actor: Actor, territory_id: int) -> bool:
    """Whoever moderates in a town reads its block list, and its guarantor."""
    return actor.role in BLOCK_READERS and actor.reaches(territory_id)


def may_block(actor: Actor, territory_id: int) -> bool:
    """A manager or an administrator of the town decides who is on it; what it holds is for `may_moderate`."""
    return actor.role in (MANAGER, ADMINISTRATOR) and actor.reaches(territory_id)

"""Why a ticket is in its queue: what each of the town's rules, as they are today, says of what opened it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.messages import Labels, Message
from app.features.accounts.policies import Actor
from app.features.territories.catalogue import current_town
from app.features.territories.deciding import decide, names_of, rules_of
from app.features.territories.routing import Explanation
from app.features.tickets.matters import matter_of
from app.features.tickets.placing import facts_about
from app.features.tickets.queries.detail import TicketDetail, ticket_detail


@dataclass(frozen=True, slots=True)
class Why:
    """The ticket; where the rules would send it today, with the reason; what each rule says, in order."""

    detail: TicketDetail
    service: Labels
    reason: Message
    rules: Sequence[Explanation]


def why_here(session: Session, actor: Actor, *, reference: str) -> Why:
    """Ask the rules again about the contribution that opened the ticket. Raises NotFound as `ticket_detail`."""
    detail = ticket_detail(session, actor, reference=reference)
    row = detail.row
    home = current_town(session, row.territory_id)
    facts = facts_about(matter_of(session, ticket_id=row.id, reference=row.reference), home)
    chosen = decide(home, facts)
    return Why(
        detail,
        chosen.service.name,
        Message.from_json(chosen.routing["message"]),
        rules_of(home).explain(facts, names_of(home)),
    )

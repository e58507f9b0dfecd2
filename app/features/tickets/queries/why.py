"""Why a ticket is in its queue: what each of the town's rules, as they are today, says of what opened it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.messages import Labels, Message
from app.features.accounts.policies import Actor
from app.features.territories.catalogue import current_town
from app.features.territories.deciding import decide, facts_of, names_of, rules_of
from app.features.territories.routing import Explanation
from app.features.tickets.queries.detail import TicketDetail, ticket_detail


@dataclass(frozen=True, slots=True)
class Why:
    """The ticket; where the rules would send it today, with the reason; what each rule says, in order."""

    detail: TicketDetail
    service: Labels
    reason: Message
    rules: Sequence[Explanation]


_FIRST = text(
    "SELECT c.zone_ids, c.answers, c.channel, c.body, c.created_at FROM contribution c "
    "WHERE c.ticket_id = :id ORDER BY c.reference <> :reference, c.created_at, c.id LIMIT 1"
)


def why_here(session: Session, actor: Actor, *, reference: str) -> Why:
    """Ask the rules again about the contribution that opened the ticket. Raises NotFound as `ticket_detail`."""
    detail = ticket_detail(session, actor, reference=reference)
    row = detail.row
    home = current_town(session, row.territory_id)
    first = session.execute(_FIRST, {"id": row.id, "reference": row.reference}).one()
    facts = facts_of(
        home,
        kind=row.kind,
        category=home.categories_by_id[row.category_id],
        at=first.created_at,
        zone_ids=first.zone_ids,
        answers=first.answers,
        channel=first.channel,
        text=first.body,
    )
    chosen = decide(home, facts)
    return Why(
        detail,
        chosen.service.name,
        Message.from_json(chosen.routing["message"]),
        rules_of(home).explain(facts, names_of(home)),
    )

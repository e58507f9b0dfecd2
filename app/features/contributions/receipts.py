"""The *accusé de réception*: when, who has it, how to reach them, until when."""

from __future__ import annotations

from datetime import datetime

from app.core.i18n import label
from app.features.contributions.drafts import Draft
from app.features.contributions.shapes import Receipt
from app.features.territories.catalogue import CategoryFacts, Town
from app.features.territories.deciding import decide, due_date, facts_of, promise_of
from app.features.territories.places import Place


def write_receipt(*, draft: Draft, category: CategoryFacts, town: Town, place: Place, now: datetime) -> Receipt:
    """The receipt as plain data: `date` (ISO), `service` with its addresses, `delay` and `due` (null: no promise).

    The service is the one that the worker will choose, unless the contribution joins a ticket that is elsewhere.
    """
    facts = facts_of(
        town,
        kind=draft.kind,
        category=category,
        at=now,
        zone_ids=place.zone_ids,
        answers=draft.answers,
        channel=draft.channel,
        text=draft.text,
    )
    service = decide(town, facts).service
    delay = promise_of(town, category, draft.kind)
    due = due_date(town, category, kind=draft.kind, at=now)
    return {
        "date": now.isoformat(timespec="seconds"),
        "territory": {"slug": town.slug, "name": town.name},
        "service": {
            "slug": service.slug,
            "name": label(service.name, draft.language),
            "postal_address": service.postal_address,
            "email": service.email,
            "phone": service.phone,
        },
        "delay": {"days": delay.days, "mode": delay.mode} if delay else None,
        "due": due.astimezone(town.timezone).date().isoformat() if due else None,
    }

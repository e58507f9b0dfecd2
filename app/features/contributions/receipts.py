"""The *accusé de réception*: when, who has it, how to reach them, until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.core.i18n import label
from app.features.contributions.drafts import Draft
from app.features.territories.catalogue import CategoryFacts, ServiceFacts, Town
from app.features.territories.places import Place


def expected_service(draft: Draft, category: CategoryFacts, town: Town, place: Place, now: datetime) -> ServiceFacts:
    """Who will most likely take it: what the worker will decide, unless the contribution joins a ticket elsewhere."""
    by_kind = category.kind_services.get(draft.kind)
    service = town.service_keys.get(by_kind) if by_kind else None
    if service is None and category.service_id:
        service = town.services.get(category.service_id)
    return service or town.triage


def write_receipt(
    *, draft: Draft, category: CategoryFacts, town: Town, place: Place, now: datetime
) -> Mapping[str, Any]:
    """The receipt as plain data: `date` (ISO), `service` with its addresses, `delay` (null where none is promised)."""
    service = expected_service(draft, category, town, place, now)
    delay = category.target_delay if draft.kind == "problem" else None
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
        "delay": dict(delay) if delay else None,
    }

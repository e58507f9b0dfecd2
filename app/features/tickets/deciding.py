"""Which service takes a contribution, and until when it promised: the town's rules applied to one case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.features.territories.catalogue import CategoryFacts, Town

if TYPE_CHECKING:
    from app.features.tickets.placing import Waiting


@dataclass(frozen=True)
class Chosen:
    """The service, and the reason as it is kept with the ticket."""

    service_id: int
    routing: dict[str, Any]


def decide(home: Town, category: CategoryFacts, item: Waiting) -> Chosen:
    by_kind = category.kind_services.get(item.kind)
    service = home.service_by_slug(by_kind) if by_kind else None
    if service is None and category.service_id:
        service = home.services.get(category.service_id)
    service = service or home.triage
    return Chosen(service.id, {"rule": None, "reason": f"{category.slug} → {service.slug}"})


def due_date(home: Town, category: CategoryFacts, item: Waiting) -> datetime | None:
    return None

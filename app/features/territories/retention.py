"""How long after closing a town keeps what is personal: its setting `retention`, or the house's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.core.errors import invalid
from app.features.territories.packs.schema import RETENTION_MIN_DAYS, Retention


def retention_of(settings: Mapping[str, Any]) -> Retention:
    """The rule of these settings of a territory. Raises Invalid for one that a pack could not say, however it came."""
    try:
        return Retention.model_validate(settings.get("retention") or {})
    except ValidationError:
        message = "The town's retention is not a rule, or is below the minimum of %(days)s days: nothing is removed."
        raise invalid("/retention", message, days=RETENTION_MIN_DAYS) from None

"""The history of a contribution, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask

from app.core.messages import Message
from app.features.contributions.public import EventFace
from app.features.contributions.wording import step_of


def test_a_service_keeps_the_capitals_of_its_name(app: Flask) -> None:
    message = Message("rule %(n)s → %(service)s", {"n": 2, "service": {"fr": "Communauté Pays Basque"}})
    routed = EventFace("routed", datetime(2026, 3, 2, tzinfo=UTC), None, None, None, {"message": message.to_json()})
    with app.test_request_context("/?lang=fr"):
        step = step_of(routed, cast(Any, None))
    assert step is not None and step.note == "Rule 2 → Communauté Pays Basque"

"""Rules that fail at run time: skipped, flagged when it begins, told once, forgiven when they work again.

Nothing is asked of the database while every rule works: a decision says by itself which rules it skipped, and a town
that is well has none to forgive.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.messages import Message
from app.features.territories.catalogue import touch
from app.features.territories.deciding import Chosen

FAILING = "rule.failing"
"""The topic that tells administrators; `subject_id` is the rule, the payload `{"since"}` the moment it began."""


@dataclass
class RulesMet:
    """What some decisions say of the rules they asked."""

    skipped: dict[int, Message] = field(default_factory=dict)
    mended: set[int] = field(default_factory=set)

    def hear(self, chosen: Chosen) -> None:
        """One more decision."""
        self.skipped.update(chosen.skipped)
        self.mended.update(chosen.mended)


# Once it is flagged, the moment is noted at most once an hour: a rule that fails on everything costs one row, read.
_FLAG = text(
    """
    WITH due AS (
      SELECT id FROM routing_rule
      WHERE id = ANY(:ids) AND (flagged_at IS NULL OR failed_at < now() - interval '1 hour') ORDER BY id FOR UPDATE)
    UPDATE routing_rule r SET flagged_at = coalesce(r.flagged_at, now()), failed_at = now(), flag = said.flag
    FROM due, jsonb_to_recordset(CAST(:said AS jsonb)) AS said(id int, flag jsonb)
    WHERE r.id = due.id AND said.id = r.id
    RETURNING r.id, r.territory_id, r.flagged_at, r.flagged_at = now() AS begins
    """
)

# A rule that fails on some contributions and not on others would be mended and told again all day long.
_FORGIVE = text(
    """
    UPDATE routing_rule SET flagged_at = NULL, failed_at = NULL, flag = NULL
    WHERE id = ANY(:ids) AND flagged_at IS NOT NULL AND failed_at < now() - interval '1 day'
    RETURNING territory_id
    """
)


def note_rules(session: Session, met: RulesMet) -> None:
    """Flag the rules that were skipped, and forgive those that answered after a day without a failure.

    When a failure begins, its administrators are told, once. In the caller's transaction.
    """
    changed: set[int] = set()
    if met.skipped:
        said = [{"id": rule_id, "flag": message.to_json()} for rule_id, message in met.skipped.items()]
        for row in session.execute(_FLAG, {"ids": sorted(met.skipped), "said": json.dumps(said)}).all():
            if row.begins:
                changed.add(row.territory_id)
                since = row.flagged_at.isoformat()
                outbox.add(session, topic=FAILING, subject_id=row.id, payload={"since": since})
    if mended := met.mended - met.skipped.keys():
        changed.update(session.scalars(_FORGIVE, {"ids": sorted(mended)}))
    for territory_id in sorted(changed):
        touch(session, territory_id)


@dataclass(frozen=True, slots=True)
class FailingRule:
    """A flagged rule. `number` is its place among its territory's rules; `since` and `last` are when it failed."""

    id: int
    territory_id: int
    territory: str
    territory_name: str
    number: int
    slug: str
    name: Mapping[str, str]
    since: datetime
    last: datetime
    why: Message


_FAILING = text(
    """
    SELECT r.id, t.id AS territory_id, t.slug AS territory, t.name AS territory_name, r.position AS number, r.slug,
           r.name, r.flagged_at AS since, coalesce(r.failed_at, r.flagged_at) AS last, r.flag AS why
    FROM routing_rule r JOIN territory t ON t.id = r.territory_id
    WHERE r.flagged_at IS NOT NULL AND r.enabled
      AND (CAST(:territories AS int[]) IS NULL OR t.id = ANY(:territories)) AND r.id = coalesce(:rule, r.id)
    ORDER BY t.name, r.position
    """
)


def failing_rules(
    session: Session, *, territory_ids: Collection[int] | None = None, rule_id: int | None = None
) -> list[FailingRule]:
    """The flagged rules of these territories (None: of all), or one of them."""
    wanted = None if territory_ids is None else sorted(territory_ids)
    return [
        FailingRule(**{**row._mapping, "why": Message.from_json(row.why or {"id": ""})})
        for row in session.execute(_FAILING, {"territories": wanted, "rule": rule_id})
    ]

"""What an administrator hears of the town's machinery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale, format_datetime, gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.i18n import label, say
from app.core.mail import Mail
from app.features.territories.failing import FailingRule, failing_rules

# Those of the territory; where it has none, those of the nearest one above; then those of the whole installation.
_ADMINISTRATORS = text(
    """
    WITH RECURSIVE above AS (
      SELECT id, parent_id, 0 AS steps FROM territory WHERE id = :territory
      UNION ALL SELECT t.id, t.parent_id, above.steps + 1 FROM territory t JOIN above ON t.id = above.parent_id),
    able AS (
      SELECT a.id, a.email, a.language, coalesce(above.steps, 1000) AS steps
      FROM account a LEFT JOIN above ON above.id = a.territory_id
      WHERE a.role = 'administrator' AND a.disabled_at IS NULL AND (a.territory_id IS NULL OR above.id IS NOT NULL))
    SELECT id, email, language FROM able WHERE steps = (SELECT min(steps) FROM able) ORDER BY id
    """
)


def mails_of_failing_rule(session: Session, *, rule_id: int, since: str) -> Iterator[Mail]:
    """One mail for each administrator, in their language; none when the rule was changed or mended meanwhile."""
    began = datetime.fromisoformat(since)
    rule = next((one for one in failing_rules(session, rule_id=rule_id) if one.since == began), None)
    if rule is None:
        return
    zone = session.scalar(text("SELECT timezone FROM territory WHERE id = :id"), {"id": rule.territory_id})
    for row in session.execute(_ADMINISTRATORS, {"territory": rule.territory_id}).all():
        with force_locale(row.language):
            yield Mail(
                to=row.email,
                subject=gettext("%(town)s: a routing rule fails", town=rule.territory_name),
                body=_body(rule, began.astimezone(ZoneInfo(zone or "UTC"))),
                key=f"rule-{rule.id}-failing-{int(began.timestamp() * 1000)}-account-{row.id}",
                language=row.language,
            )


def _body(rule: FailingRule, began: datetime) -> str:
    base = str(current_app.extensions["settings"].web.base_url).rstrip("/")
    parts = [
        gettext("Hello,"),
        gettext(
            "Rule %(number)s, “%(name)s”, has failed since %(moment)s.",
            number=rule.number,
            name=label(rule.name),
            moment=format_datetime(began, "short", rebase=False),
        ),
        say(rule.why),
        gettext("It is skipped: contributions go where the next rules or their category send them. Nothing is lost."),
        gettext(
            "Correct or switch off the rule in the town's pack, and load the pack. You are told once; the flag goes "
            "away when the rule is changed, or when it has worked for a day."
        ),
        gettext("Everything that fails: %(url)s", url=f"{base}/exploitation"),
    ]
    return "\n\n".join(str(part) for part in parts) + "\n"

"""What the author hears: every public change of the ticket, with its reason, in words a person would say."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import force_locale, gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.i18n import label
from app.core.mail import Mail
from app.features.contributions.urls import public_url
from app.web import words

# Nobody hears about hidden things, the silent hear nothing, and those who gave no address cannot. Whoever wrote to a
# duplicate hears of the ticket it was joined to; whoever wrote to a child hears nothing (its parent speaks).
_TOLD = text(
    """
    WITH RECURSIVE together AS (
      SELECT ticket_id AS id FROM event WHERE id = :event_id
      UNION SELECT d.id FROM ticket d JOIN together ON d.duplicate_of_id = together.id WHERE d.parent_id IS NULL)
    SELECT c.id, c.reference, c.language, coalesce(c.title, left(c.body, 90)) AS title, contact.email,
           e.type, e.state_to, e.body, s.name AS service
    FROM event e
    JOIN ticket t ON t.id = e.ticket_id
    JOIN service s ON s.id = t.service_id
    JOIN contribution c ON c.ticket_id IN (SELECT id FROM together)
      AND (e.contribution_id IS NULL OR e.contribution_id = c.id)
    JOIN contribution_contact contact ON contact.contribution_id = c.id
    WHERE e.id = :event_id AND e.public AND c.visibility = 'public'
      AND contact.email IS NOT NULL AND NOT contact.silent
    ORDER BY c.id
    """
)


def mails_of_event(session: Session, event_id: int) -> Iterator[Mail]:
    """One mail for each author that an event concerns, in the language of the contribution."""
    for row in session.execute(_TOLD, {"event_id": event_id}):
        with force_locale(row.language):
            state = str(words.STATES[words.public_state(row.state_to, in_a_queue=True)]) if row.state_to else ""
            subject = gettext("%(reference)s: %(state)s", reference=row.reference, state=state)
            if not state:
                subject = gettext("%(reference)s: an answer from the town", reference=row.reference)
            parts = [
                gettext("Hello,"),
                gettext(
                    "Your contribution “%(title)s” (%(reference)s) has news.", title=row.title, reference=row.reference
                ),
                gettext("State: %(state)s.", state=state) if state else "",
                f"{label(row.service, row.language)}:\n{row.body}" if row.body else "",
                gettext("Everything about it: %(url)s", url=public_url(row.reference)),
            ]
            yield Mail(
                to=row.email,
                subject=str(subject),
                body="\n\n".join(str(part) for part in parts if part) + "\n",
                key=f"event-{event_id}-contribution-{row.id}",
                language=row.language,
            )

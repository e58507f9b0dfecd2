"""What authors and followers hear: every public change of the ticket, with its reason, in words a person would say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.i18n import label
from app.core.mail import Mail
from app.features.contributions.urls import public_url, subscription_url
from app.features.notifications.letters import letter
from app.web import words

HAPPENED = {
    "received": _("It has been received."),
    "routed": _("It has been passed on to the service."),
    "planned": _("The service has planned to act."),
    "active": _("The service is at work on it."),
    "waiting": _("It is on hold."),
    "done": _("It is resolved."),
    "declined": _("It was not accepted."),
    "reopened": _("It has been reopened."),
    "joined": _("It was joined to another one about the same thing: the news of both are now the same."),
}
"""A change of state as one would tell it to a neighbour."""

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

# Asked again when the mail is made: what was hidden, or stopped, since the event was told is not told any more.
_NEWS = text(
    """
    SELECT f.id, f.email, f.language, c.reference, coalesce(c.title, left(c.body, 90)) AS title,
           e.type, e.state_to, e.body, s.name AS service
    FROM follow f
    JOIN contribution c ON c.id = f.contribution_id
    JOIN event e ON e.id = :event_id AND e.public
    JOIN ticket t ON t.id = e.ticket_id
    JOIN service s ON s.id = t.service_id
    WHERE f.id = :follow_id AND c.visibility = 'public' AND f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL
    """
)

_WISH = text(
    """
    SELECT f.id, f.email, f.language, f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL AS following,
           (extract(epoch FROM f.asked_at) * 1000000)::bigint AS asked, c.reference,
           coalesce(c.title, left(c.body, 90)) AS title
    FROM follow f JOIN contribution c ON c.id = f.contribution_id
    WHERE f.id = :follow_id AND c.visibility = 'public' AND NOT EXISTS (
      SELECT FROM contribution_contact k
      WHERE k.contribution_id = c.id AND k.silent AND lower(k.email) = lower(f.email))
    """
)


def mails_of_event(session: Session, event_id: int) -> Iterator[Mail]:
    """One mail for each author that an event concerns, in the language of the contribution."""
    for row in session.execute(_TOLD, {"event_id": event_id}):
        with force_locale(row.language):
            lead = gettext(
                "Your contribution “%(title)s” (%(reference)s) has news.", title=row.title, reference=row.reference
            )
            yield _news(row, lead, key=f"event-{event_id}-contribution-{row.id}")


def mails_of_news(session: Session, *, event_id: int, follow_id: int) -> Iterator[Mail]:
    """The mail that tells one follower of one event, if both may still be told; ended by one click (RFC 8058)."""
    for row in session.execute(_NEWS, {"event_id": event_id, "follow_id": follow_id}):
        with force_locale(row.language):
            lead = gettext(
                "“%(title)s” (%(reference)s), which you follow, has news.", title=row.title, reference=row.reference
            )
            yield _news(row, lead, key=f"event-{event_id}-follow-{row.id}", stop=subscription_url(row.id) + "/stop")


def mails_of_wish(session: Session, follow_id: int) -> Iterator[Mail]:
    """The mail that asks an address whether it really wishes to follow: somebody else may have typed it.

    An address that follows already is told so; one that asked for silence about this contribution hears nothing.
    """
    for row in session.execute(_WISH, {"follow_id": follow_id}):
        page = subscription_url(row.id)
        with force_locale(row.language):
            about = {"title": row.title, "reference": row.reference}
            if row.following:
                lead = gettext("You already follow “%(title)s” (%(reference)s): there is nothing to do.", **about)
                link = (gettext("See or stop following"), page)
            else:
                lead = gettext(
                    "Somebody, you perhaps, wishes to follow “%(title)s” (%(reference)s) with this address.", **about
                )
                link = (gettext("Yes, tell me what becomes of it"), page)
            rest = gettext("If it was not you, do nothing: this address will not be used.")
            paragraphs = [gettext("Hello,"), lead] if row.following else [gettext("Hello,"), lead, rest]
            yield letter(
                to=row.email,
                language=row.language,
                subject=gettext("Follow %(reference)s?", reference=row.reference),
                paragraphs=paragraphs,
                links=[link],
                key=f"follow-{row.id}-{row.asked}",
            )


def _news(row: Any, lead: str, *, key: str, stop: str = "") -> Mail:
    state = words.public_state(row.state_to, in_a_queue=True) if row.state_to else ""
    subject = gettext("%(reference)s: an answer from the town", reference=row.reference)
    if state:
        subject = gettext("%(reference)s: %(state)s", reference=row.reference, state=words.STATES[state])
    paragraphs = [
        gettext("Hello,"),
        lead,
        str(HAPPENED[state]) if state else "",
        f"{label(row.service, row.language)}:\n{row.body}" if row.body else "",
    ]
    links = [(gettext("Everything about it"), public_url(row.reference))]
    if stop:
        links.append((gettext("Stop following"), stop))
    return letter(
        to=row.email, language=row.language, subject=subject, paragraphs=paragraphs, links=links, key=key, stop=stop
    )

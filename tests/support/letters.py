"""The mails that an event makes, without the workers: who hears of it, and what."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.mail import Mail
from app.features.contributions.mails import mails_of_notification
from app.features.contributions.telling import tell_of_event

_MAILED = text("SELECT id FROM notification WHERE event_id = :id AND email IS NOT NULL ORDER BY id")


def mails_of_event(session: Session, event_id: int) -> list[Mail]:
    """One for each reader. Asks for an application context."""
    tell_of_event(session, event_id=event_id)
    return [
        mail for number in session.scalars(_MAILED, {"id": event_id}) for mail in mails_of_notification(session, number)
    ]

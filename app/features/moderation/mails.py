"""What the author hears when their contribution is hidden or shown again. Nobody else is told."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import force_locale, gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.mail import Mail
from app.features.contributions.urls import author_url, public_url
from app.features.moderation import wording
from app.features.moderation.reasons import HIDDEN
from app.features.notifications.letters import letter

# A decision that a later one has undone is not told any more.
_TOLD = text(
    """
    SELECT e.type, e.body, e.data ->> 'reason' AS reason, c.id, c.reference, c.language, c.territory_id,
           coalesce(c.title, left(c.body, 90)) AS title, contact.email
    FROM event e
    JOIN contribution c ON c.id = e.contribution_id
    JOIN contribution_contact contact ON contact.contribution_id = c.id
    WHERE e.id = :event_id AND contact.email IS NOT NULL AND NOT contact.silent
      AND c.visibility = CASE e.type WHEN 'hidden' THEN 'hidden' ELSE 'public' END
    """
)


def mails_of_decision(session: Session, event_id: int) -> Iterator[Mail]:
    """At most one mail, in the language of the contribution."""
    for row in session.execute(_TOLD, {"event_id": event_id}):
        with force_locale(row.language):
            own = author_url(row.reference, row.id, row.territory_id)
            stop = f"{own}/stop"
            named = {"title": row.title, "reference": row.reference}
            if row.type == HIDDEN:
                subject = gettext("%(reference)s is no longer shown", reference=row.reference)
                why = wording.TOLD.get(row.reason, wording.TOLD["other"])
                parts = [
                    gettext(
                        "We no longer show your contribution “%(title)s” (%(reference)s): %(why)s.", why=why, **named
                    ),
                    row.body,
                    gettext("If the services have work to do about it, they go on doing it."),
                    gettext("You do not agree, or you can say it otherwise? Answer, a moderator will read it."),
                ]
                link = (gettext("Answer"), f"{own}/moderation")
            else:
                subject = gettext("%(reference)s is shown again", reference=row.reference)
                parts = [
                    gettext(
                        "A moderator looked again: your contribution “%(title)s” (%(reference)s) is shown.", **named
                    ),
                    row.body,
                ]
                link = (gettext("Everything about it"), public_url(row.reference, row.territory_id))
            yield letter(
                to=row.email,
                language=row.language,
                subject=subject,
                paragraphs=[gettext("Hello,"), *parts],
                links=[link, (gettext("Hear nothing more about it"), stop)],
                key=f"moderation-{event_id}",
                stop=stop,
            )

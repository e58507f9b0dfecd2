"""What the author hears when what they said, or a photo of it, is hidden, shown again or edited. Nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import force_locale, gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.mail import Mail
from app.features.contributions.urls import author_url, comment_decision_url, mute_url, public_url
from app.features.contributions.wording import PARTS
from app.features.moderation import wording
from app.features.moderation.reasons import EDITED, HIDDEN, PHOTO_HIDDEN, PHOTO_RESTORED, RESTORED
from app.features.notifications.letters import letter

# A decision that a later one has undone is not told any more.
_TOLD = text(
    """
    SELECT e.type, e.body, e.data, e.data ->> 'reason' AS reason, c.id, c.reference, c.language, c.territory_id,
           coalesce(c.title, left(c.body, 90)) AS title, contact.email
    FROM event e
    JOIN contribution c ON c.id = e.contribution_id
    JOIN contribution_contact contact ON contact.contribution_id = c.id
    WHERE e.id = :event_id AND NOT e.data ? 'comment' AND contact.email IS NOT NULL AND NOT contact.silent
      AND CASE e.type WHEN 'hidden' THEN c.visibility = 'hidden' WHEN 'restored' THEN c.visibility = 'public'
          ELSE c.visibility IN ('public', 'pending') END
    """
)
# The author of a comment: the address that they gave with it, else that of their space.
_TOLD_OF_COMMENT = text(
    """
    SELECT e.type, e.body, e.data ->> 'reason' AS reason, c.reference, c.territory_id, m.id, m.language,
           left(m.body, 90) AS title, coalesce(m.email, r.email) AS email
    FROM event e
    JOIN contribution c ON c.id = e.contribution_id
    JOIN comment m ON m.id = CAST(e.data ->> 'comment' AS bigint) AND m.contribution_id = c.id
    LEFT JOIN resident r ON r.person = m.person
    WHERE e.id = :event_id AND c.visibility = 'public' AND m.muted_at IS NULL AND coalesce(m.email, r.email) IS NOT NULL
      AND CASE e.type WHEN 'hidden' THEN m.state = 'hidden' WHEN 'restored' THEN m.state = 'public'
          ELSE m.state IN ('public', 'pending') END
    """
)


def mails_of_decision(session: Session, event_id: int) -> Iterator[Mail]:
    """At most one mail, in the language of the contribution or of the comment."""
    for row in session.execute(_TOLD, {"event_id": event_id}):
        with force_locale(row.language):
            own = author_url(row.reference, row.id, row.territory_id)
            said = _said(row, own, {"title": row.title, "reference": row.reference})
            yield _letter(row, event_id, *said, stop=f"{own}/stop")
    for row in session.execute(_TOLD_OF_COMMENT, {"event_id": event_id}):
        with force_locale(row.language):
            stop = mute_url(row.reference, row.id, row.territory_id)
            yield _letter(row, event_id, *_said_of_comment(row), stop=stop)


def _letter(row: Any, event_id: int, subject: str, parts: list[str], link: tuple[str, str], *, stop: str) -> Mail:
    return letter(
        to=row.email,
        language=row.language,
        subject=subject,
        paragraphs=[gettext("Hello,"), *parts],
        links=[link, (gettext("Hear nothing more about it"), stop)],
        key=f"moderation-{event_id}",
        stop=stop,
    )


def _said(row: Any, own: str, named: dict[str, str]) -> tuple[str, list[str], tuple[str, str]]:
    """Subject, paragraphs, and where it goes on."""
    why = wording.TOLD.get(row.reason, wording.TOLD["other"])
    answer = (gettext("Answer"), f"{own}/moderation")
    if row.type == HIDDEN:
        parts = [
            gettext("We no longer show your contribution “%(title)s” (%(reference)s): %(why)s.", why=why, **named),
            row.body,
            gettext("If the services have work to do about it, they go on doing it."),
            gettext("You do not agree, or you can say it otherwise? Answer, a moderator will read it."),
        ]
        return gettext("%(reference)s is no longer shown", reference=row.reference), parts, answer
    page = (gettext("Everything about it"), public_url(row.reference, row.territory_id))
    if row.type == PHOTO_HIDDEN:
        told = gettext(
            "We no longer show a photo of your contribution “%(title)s” (%(reference)s): %(why)s.", why=why, **named
        )
        subject = gettext("A photo of %(reference)s is no longer shown", reference=row.reference)
        parts = [told, row.body, gettext("The rest is shown as before.")]
    elif row.type == PHOTO_RESTORED:
        subject = gettext("A photo of %(reference)s is shown again", reference=row.reference)
        parts = [gettext("A photo of your contribution “%(title)s” (%(reference)s) is shown again.", **named), row.body]
        return subject, parts, page
    elif row.type == EDITED:
        what = ", ".join(str(PARTS[each]) for each in row.data.get("what", ()) if each in PARTS)
        subject = gettext("The town edited %(reference)s", reference=row.reference)
        told = gettext(
            "A moderator edited your contribution “%(title)s” (%(reference)s): %(what)s.", what=what, **named
        )
        parts = [
            told,
            gettext("The reason: %(why)s", why=row.body),
            gettext("Your own words are kept, and may come back."),
        ]
    else:
        subject = gettext("%(reference)s is shown again", reference=row.reference)
        shown = gettext("A moderator looked again: your contribution “%(title)s” (%(reference)s) is shown.", **named)
        return subject, [shown, row.body], page
    parts.append(gettext("You do not agree, or you can say it otherwise? Answer, a moderator will read it."))
    return subject, parts, answer


def _said_of_comment(row: Any) -> tuple[str, list[str], tuple[str, str]]:
    """The same about a comment: what was decided about the idea itself is told to its own author."""
    named = {"text": row.title, "reference": row.reference}
    if row.type in (RESTORED, PHOTO_RESTORED):
        shown = {
            RESTORED: gettext(
                "A moderator looked again: your comment “%(text)s” under %(reference)s is shown.", **named
            ),
            PHOTO_RESTORED: gettext("A photo of your comment “%(text)s” under %(reference)s is shown again.", **named),
        }
        subject = gettext("Your comment under %(reference)s is shown again", reference=row.reference)
        if row.type == PHOTO_RESTORED:
            subject = gettext("A photo under %(reference)s is shown again", reference=row.reference)
        page = f"{public_url(row.reference, row.territory_id)}/commentaires#c{row.id}"
        return subject, [shown[row.type], row.body], (gettext("Read and answer"), page)
    named["why"] = wording.TOLD.get(row.reason, wording.TOLD["other"])
    if row.type == EDITED:
        subject = gettext("A photo under %(reference)s was changed", reference=row.reference)
        parts = [
            gettext("A moderator changed a photo of your comment “%(text)s” under %(reference)s.", **named),
            gettext("The reason: %(why)s", why=row.body),
            gettext("What you sent is kept, and may come back."),
        ]
    elif row.type == PHOTO_HIDDEN:
        subject = gettext("A photo under %(reference)s is no longer shown", reference=row.reference)
        told = gettext("We no longer show a photo of your comment “%(text)s” under %(reference)s: %(why)s.", **named)
        parts = [told, row.body, gettext("The rest is shown as before.")]
    else:
        subject = gettext("Your comment under %(reference)s is no longer shown", reference=row.reference)
        parts = [gettext("We no longer show your comment “%(text)s” under %(reference)s: %(why)s.", **named), row.body]
    parts.append(gettext("You do not agree, or you can say it otherwise? Answer, a moderator will read it."))
    return subject, parts, (gettext("Answer"), comment_decision_url(row.reference, row.id, row.territory_id))

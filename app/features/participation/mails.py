"""What people hear of an idea: somebody answered them, it reads otherwise, it now stands in another.

Asked again when the mail is made: what was hidden, withdrawn or muted since is not told any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from flask_babel import force_locale, gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.i18n import label
from app.core.mail import Mail
from app.features.contributions.urls import mute_url, public_url, subscription_url
from app.features.notifications.letters import letter

# Whoever is answered; a first comment answers the author of the idea.
_ANSWERED = text(
    """
    SELECT m.id, m.body, m.language AS said_in, s.name AS service, c.reference,
           coalesce(c.title, left(c.body, 90)) AS title, p.id AS parent_id,
           CASE WHEN p.id IS NOT NULL THEN p.email WHEN NOT k.silent THEN k.email END AS email,
           CASE WHEN p.id IS NOT NULL THEN p.language ELSE c.language END AS language
    FROM comment m
    JOIN contribution c ON c.id = m.contribution_id
    LEFT JOIN service s ON s.id = m.service_id
    LEFT JOIN comment p ON p.id = m.parent_id AND p.state = 'public' AND p.muted_at IS NULL
      AND p.person IS DISTINCT FROM m.person
    LEFT JOIN contribution_contact k ON k.contribution_id = c.id AND m.parent_id IS NULL
    WHERE m.id = :id AND m.state = 'public' AND c.visibility = 'public'
    """
)
_FOLLOWERS = text(
    """
    SELECT f.id, f.email, f.language, c.reference, coalesce(c.title, left(c.body, 90)) AS title, v.why
    FROM follow f JOIN contribution c ON c.id = f.contribution_id
    JOIN idea_version v ON v.contribution_id = c.id AND v.number = :number
    WHERE c.id = :id AND c.visibility = 'public'
      AND f.email IS NOT NULL AND f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL
      AND NOT EXISTS (SELECT FROM contribution_contact k WHERE k.contribution_id = c.id
                      AND lower(k.email) = lower(f.email))
    ORDER BY f.id
    """
)
# One mail an address, however many of the parts it wrote or follows.
_UNITED = text(
    """
    WITH parts AS (
      SELECT c.id, c.reference, c.language, coalesce(c.title, left(c.body, 90)) AS title
      FROM idea_union_part ip JOIN contribution c ON c.id = ip.contribution_id
      WHERE ip.union_id = :id AND c.visibility = 'public'),
    reached AS (
      SELECT p.id AS part, lower(k.email) AS email, p.language, NULL::bigint AS follow_id
      FROM parts p JOIN contribution_contact k ON k.contribution_id = p.id
      WHERE k.email IS NOT NULL AND NOT k.silent
      UNION ALL
      SELECT p.id, lower(f.email), f.language, f.id FROM parts p JOIN follow f ON f.contribution_id = p.id
      WHERE f.email IS NOT NULL AND f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL AND NOT EXISTS (
        SELECT FROM contribution_contact k WHERE k.contribution_id = p.id AND k.silent
        AND lower(k.email) = lower(f.email)))
    SELECT DISTINCT ON (r.email) r.email, r.language, r.follow_id, p.reference, p.title, u.kind, u.why,
           u.title AS group_title, c.reference AS into, coalesce(c.title, left(c.body, 90)) AS into_title
    FROM reached r JOIN parts p ON p.id = r.part
    JOIN idea_union u ON u.id = :id AND u.undone_at IS NULL
    LEFT JOIN contribution c ON c.id = u.result_id AND c.visibility = 'public'
    ORDER BY r.email, r.follow_id NULLS FIRST, p.id
    """
)
# Whoever supported with an account is known to the house, and is asked too.
_ACCOUNTS = text(
    """
    SELECT a.id, a.email, a.language FROM idea_invitation i
    JOIN account a ON i.person = sha256(convert_to('account:' || a.id, 'UTF8'))
    WHERE i.union_id = :id AND i.answer IS NULL AND a.disabled_at IS NULL ORDER BY a.id
    """
)


def mails_of_comment(session: Session, comment_id: int) -> Iterator[Mail]:
    """At most one mail: to whoever the comment answers, if they gave an address and did not mute it."""
    for row in session.execute(_ANSWERED, {"id": comment_id}):
        if not row.email:
            continue
        with force_locale(row.language):
            about = {"title": row.title, "reference": row.reference}
            who = label(row.service, row.language) if row.service else gettext("Somebody")
            answers = row.parent_id is not None
            lead = (
                gettext("%(who)s answered what you said under “%(title)s” (%(reference)s).", who=who, **about)
                if answers
                else gettext("%(who)s said something under your idea “%(title)s” (%(reference)s).", who=who, **about)
            )
            links = [(gettext("Read and answer"), f"{public_url(row.reference)}/commentaires#c{row.id}")]
            stop = mute_url(row.reference, row.parent_id) if answers else ""
            if stop:
                links.append((gettext("Hear nothing more of these answers"), stop))
            yield letter(
                to=row.email,
                language=row.language,
                subject=gettext("%(reference)s: an answer", reference=row.reference),
                paragraphs=[gettext("Hello,"), lead, row.body],
                links=links,
                key=f"comment-{row.id}",
                stop=stop,
            )


def mails_of_amendment(session: Session, contribution_id: int, *, number: int) -> Iterator[Mail]:
    """One mail for each follower: the idea that they carry reads otherwise."""
    for row in session.execute(_FOLLOWERS, {"id": contribution_id, "number": number}):
        with force_locale(row.language):
            lead = gettext(
                "“%(title)s” (%(reference)s), which you follow, was amended by its author.",
                title=row.title,
                reference=row.reference,
            )
            rest = gettext("What it said before stays readable. If you voted, you may change your vote.")
            stop = subscription_url(row.id)
            yield letter(
                to=row.email,
                language=row.language,
                subject=gettext("%(reference)s: amended", reference=row.reference),
                paragraphs=[gettext("Hello,"), lead, row.why, rest],
                links=[
                    (gettext("See what changed"), f"{public_url(row.reference)}/versions"),
                    (gettext("Stop following"), stop),
                ],
                key=f"idea-{contribution_id}-amended-{number}-{row.id}",
                stop=f"{stop}/stop",
            )


def mails_of_union(session: Session, union_id: int) -> Iterator[Mail]:
    """One mail an address: to the authors and followers of the parts, and to those who supported with an account."""
    told: set[str] = set()
    rows = session.execute(_UNITED, {"id": union_id}).all()
    for row in rows:
        told.add(row.email)
        yield _union_letter(row, union_id)
    if not rows or rows[0].into is None:
        return
    for account in session.execute(_ACCOUNTS, {"id": union_id}):
        if account.email.lower() not in told:
            values = rows[0]._asdict() | {"email": account.email, "language": account.language, "follow_id": None}
            yield _union_letter(_Row(**values), union_id)


class _Row:
    """The columns of a letter."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


def _union_letter(row: Any, union_id: int) -> Mail:
    with force_locale(row.language):
        about = {"title": row.title, "reference": row.reference}
        if row.into is not None:
            lead = gettext(
                "“%(title)s” (%(reference)s) now stands in “%(into_title)s” (%(into)s).",
                into=row.into,
                into_title=row.into_title,
                **about,
            )
            rest = gettext("No support was moved: if you carry the new one too, say so on its page.")
            link = (gettext("See it, and say whether you carry it"), public_url(row.into))
        else:
            lead = gettext(
                "“%(title)s” (%(reference)s) is now grouped under “%(group)s”.", group=row.group_title, **about
            )
            rest = gettext("Each idea keeps its page and its votes.")
            link = (gettext("Everything about it"), public_url(row.reference))
        stop = subscription_url(row.follow_id) if row.follow_id else ""
        links = [link, (gettext("Stop following"), stop)] if stop else [link]
        digest = hashlib.sha256(row.email.encode()).hexdigest()[:16]
        return letter(
            to=row.email,
            language=row.language,
            subject=gettext("%(reference)s: united with others", reference=row.reference),
            paragraphs=[gettext("Hello,"), lead, row.why, rest],
            links=links,
            key=f"union-{union_id}-{digest}",
            stop=f"{stop}/stop" if stop else "",
        )

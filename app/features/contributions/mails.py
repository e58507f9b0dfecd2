"""What authors and followers hear: every public change of the ticket, with its reason, in words a person would say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext, ngettext
from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.i18n import label
from app.core.mail import Mail
from app.features.contributions.following import subscription
from app.features.contributions.reasons import beside
from app.features.contributions.subjects import subject_name
from app.features.contributions.telling import SITES
from app.features.contributions.urls import author_url, public_url, subscription_url
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

OF_KIND = {
    "proposal": HAPPENED
    | {
        "routed": _("The town studies this idea."),
        "planned": _("The town keeps this idea."),
        "done": _("This idea is made real."),
        "declined": _("The town does not keep this idea."),
    },
    "praise": HAPPENED
    | {"done": _("The thanks have been passed on."), "declined": _("The thanks were not passed on.")},
}
"""An idea is not repaired, and thanks are not work."""

WORDS = {
    "answer": _("The service has answered."),
    "place": _("Its place on the map has been corrected."),
    "split": _("It is looked after by itself from now on, apart from the others."),
    "added": _("Its author has added something."),
    "other": _("Something about it has changed."),
}
"""Other events in the same voice."""

# Asked when it is sent: what was hidden, or stopped, since the event was told is not told any more.
_FACTS = """
    SELECT n.id, n.event_id, n.email, n.person, n.language, n.reader, n.follow_id, n.at, n.read_at,
           c.id AS contribution_id, c.reference, c.kind, c.territory_id, coalesce(c.title, left(c.body, 90)) AS title,
           e.type, e.state_to, e.body, e.data, f.subject, t.timezone,
           coalesce(s.name, '{}') AS service, coalesce(category.label, '{}') AS category
    FROM notification n
    JOIN contribution c ON c.id = n.contribution_id AND c.visibility = 'public'
    JOIN territory t ON t.id = c.territory_id
    JOIN event e ON e.id = n.event_id AND e.public
    LEFT JOIN ticket ON ticket.id = coalesce(e.ticket_id, c.ticket_id)
    LEFT JOIN service s ON s.id = ticket.service_id
    LEFT JOIN category ON category.id = c.category_id
    LEFT JOIN follow f ON f.id = n.follow_id
    LEFT JOIN contribution_contact k ON k.contribution_id = c.id
    WHERE (n.follow_id IS NULL OR (f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL))
      AND NOT (n.follow_id IS NULL AND coalesce(k.silent, false))
"""
_ONE = text(f"{_FACTS} AND n.id = :id")
_DUE = text(
    f"""WITH RECURSIVE {SITES} {_FACTS} AND n.reader = :reader AND n.email IS NOT NULL AND n.frequency <> 'now'
    AND n.mailed_at IS NULL AND n.due_at <= now()
    AND c.territory_id IN (SELECT id FROM sites WHERE site = :site) ORDER BY n.id"""  # noqa: S608 - constants
)
_MINE = f"""{_FACTS} AND (n.person = ANY(CAST(:persons AS bytea[])) OR n.reader = lower(CAST(:email AS text)))
    AND (CAST(:within AS int[]) IS NULL OR c.territory_id = ANY(CAST(:within AS int[])))
"""
_LISTED = text(f"{_MINE} ORDER BY n.id DESC LIMIT :limit")
_UNREAD = text(f"SELECT count(*) FROM ({_MINE} AND n.read_at IS NULL LIMIT :limit) AS unread")  # noqa: S608 - constants

_SILENT = text(
    """
    SELECT (extract(epoch FROM f.asked_at) * 1000000)::bigint AS asked, EXISTS (
      SELECT FROM contribution_contact k
      WHERE k.contribution_id = f.contribution_id AND k.silent AND lower(k.email) = f.reader) AS silent, f.language
    FROM follow f WHERE f.id = :id
    """
)


def mails_of_notification(session: Session, notification_id: int) -> Iterator[Mail]:
    """The mail that tells one reader of one event, if both may still be told; ended by one click (RFC 8058)."""
    for row in session.execute(_ONE, {"id": notification_id}):
        with force_locale(row.language):
            yield _news(row, _followed(session, row))


def mails_of_digest(session: Session, *, reader: str, site: int) -> Iterator[Mail]:
    """What one reader wished to hear of one town once a day or a week, in one mail; at most one a day of its clock."""
    rows = session.execute(_DUE, {"reader": reader, "site": site}).all()
    if not rows:
        return
    first = rows[0]
    today = datetime.now(ZoneInfo(first.timezone)).date()
    with force_locale(first.language):
        stop = stop_address(first)
        yield letter(
            to=first.email,
            language=first.language,
            subject=ngettext("%(num)d piece of news", "%(num)d pieces of news", len(rows)),
            paragraphs=[gettext("Hello,"), gettext("Here is what has happened to what you follow."), *map(_line, rows)],
            links=[
                *((row.reference, public_url(row.reference, row.territory_id)) for row in _once(rows)),
                (gettext("Change how I am told, or stop"), stop.removesuffix("/stop")),
            ],
            key=f"digest-{hashlib.sha256(f'{reader} {site}'.encode()).hexdigest()[:24]}-{today.isoformat()}",
            stop=stop,
        )


def news_of(session: Session, values: Mapping[str, Any], *, limit: int = 20) -> Sequence[Any]:
    """What a person may read in their own list, the newest first; `values` are those of `Mine`."""
    return session.execute(_LISTED, {**values, "limit": limit}).all()


def count_unread(session: Session, values: Mapping[str, Any], *, limit: int = 10) -> int:
    """How many of them were not read yet, counted up to `limit`."""
    return int(session.scalar(_UNREAD, {**values, "limit": limit}) or 0)


def one_news(session: Session, notification_id: int) -> Any:
    """One notification with its facts, or None when it may no longer be told."""
    return session.execute(_ONE, {"id": notification_id}).one_or_none()


def said(row: Any) -> str:
    """What happened, as one would tell it to a neighbour, in the language being spoken."""
    if row.type == "received":
        return str(gettext("Here is something new: %(category)s.", category=label(row.category)))
    if row.type == "moved":
        return str(gettext("It has been passed on to another service: %(service)s.", service=label(row.service)))
    if row.type == "category":
        return str(gettext("It has been put under another theme: %(category)s.", category=label(row.category)))
    if row.type in WORDS:
        return str(WORDS[row.type])
    if row.state_to:
        return str(OF_KIND.get(row.kind, HAPPENED)[words.public_state(row.state_to, in_a_queue=True)])
    return str(WORDS["answer"] if row.body else WORDS["other"])


def stop_address(row: Any) -> str:
    """Where one click ends such news: of a follow, or of what one wrote."""
    if row.follow_id:
        return subscription_url(row.follow_id, row.territory_id) + "/stop"
    return author_url(row.reference, row.contribution_id, row.territory_id) + "/stop"


def mails_of_wish(session: Session, follow_id: int) -> Iterator[Mail]:
    """The mail that asks an address whether it really wishes to follow: somebody else may have typed it.

    An address that follows already is told so; one that asked for silence about this contribution hears nothing.
    """
    wish = session.execute(_SILENT, {"id": follow_id}).one_or_none()
    if wish is None or wish.silent:
        return
    found = subscription(session, follow_id=follow_id)
    with force_locale(wish.language):
        name = subject_name(found.row, wish.language)
        if not name:
            return
        page = subscription_url(follow_id, found.row.territory_id)
        about = {"title": f"{name} ({found.row.reference})" if found.row.reference else name}
        if found.state == "following":
            said = [gettext("You already follow %(title)s: there is nothing to do.", **about)]
            link = (gettext("See or stop following"), page)
        else:
            said = [
                gettext("Somebody, you perhaps, wishes to follow %(title)s with this address.", **about),
                gettext("If it was not you, do nothing: this address will not be used."),
            ]
            yes = gettext("Yes, tell me what becomes of it") if found.row.reference else gettext("Yes, tell me of it")
            link = (yes, page)
        yield letter(
            to=found.row.email,
            language=wish.language,
            subject=gettext("Follow %(reference)s?", reference=found.row.reference or name),
            paragraphs=[gettext("Hello,"), *said],
            links=[link],
            key=f"follow-{follow_id}-{wish.asked}",
            stop=f"{page}/stop",
        )


def _followed(session: Session, row: Any) -> str:
    """The name of the area that lets them hear of something new; "" for any other news."""
    if row.follow_id is None or row.type != "received":
        return ""
    return subject_name(subscription(session, follow_id=row.follow_id).row, row.language)


def _news(row: Any, followed: str) -> Mail:
    about = {"title": row.title, "reference": row.reference}
    if row.follow_id is None:
        lead = gettext("Your contribution “%(title)s” (%(reference)s) has news.", **about)
        link = (gettext("Add, correct or withdraw"), author_url(row.reference, row.contribution_id, row.territory_id))
    elif row.type == "received":
        lead = gettext("“%(title)s” (%(reference)s) has just been said. You follow: %(area)s.", area=followed, **about)
        link = (gettext("Change how I am told, or stop"), subscription_url(row.follow_id, row.territory_id))
    else:
        lead = gettext("“%(title)s” (%(reference)s), which you follow, has news.", **about)
        link = (gettext("Change how I am told, or stop"), subscription_url(row.follow_id, row.territory_id))
    stop = stop_address(row)
    quoted = words.named(label(row.service, row.language), row.body, gap="\n") if row.body else ""
    links = [(gettext("Everything about it"), public_url(row.reference, row.territory_id)), link]
    if stop.removesuffix("/stop") != link[1] or row.follow_id is None:
        links.append((gettext("Hear nothing more about it"), stop))
    else:
        links.append((gettext("Stop following"), stop))
    return letter(
        to=row.email,
        language=row.language,
        subject=_subject(row, followed),
        paragraphs=[gettext("Hello,"), lead, said(row), "\n".join(beside(row.data, at=row.at)), quoted],
        links=links,
        key=f"news-{row.id}",
        stop=stop,
    )


def _subject(row: Any, followed: str) -> str:
    if row.type == "received":
        return str(gettext("%(reference)s, new: %(area)s", reference=row.reference, area=followed))
    if row.state_to:
        state = words.state_words(row.kind)[words.public_state(row.state_to, in_a_queue=True)]
        return str(gettext("%(reference)s: %(state)s", reference=row.reference, state=state))
    if row.body:
        return str(gettext("%(reference)s: an answer from the town", reference=row.reference))
    return str(gettext("%(reference)s: some news", reference=row.reference))


def _line(row: Any) -> str:
    about = f"{row.reference}, {row.title}"
    quoted = words.named(label(row.service, row.language), row.body) if row.body else ""
    return "\n".join(filter(None, (about, said(row), *beside(row.data, at=row.at), quoted)))


def _once(rows: Sequence[Any]) -> list[Any]:
    """The first row of each contribution."""
    return list({row.reference: row for row in reversed(rows)}.values())[::-1]

"""`/moi`: what one said, follows and supports; one's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.core.access import public
from app.core.db import db
from app.core.errors import Invalid, NotFound, Unauthenticated
from app.core.i18n import LANGUAGES, label, language
from app.core.security import limiter
from app.features.accounts.residents import Visitor, set_preferences
from app.features.accounts.visiting import current_resident
from app.features.contributions.authoring import (
    Mine,
    claim_browser,
    claim_by_link,
    left_in_browser,
    own_contributions,
    supported_contributions,
)
from app.features.contributions.following import followed
from app.features.contributions.mails import count_unread, news_of, one_news, said
from app.features.contributions.person import browser_key, person
from app.features.contributions.reasons import beside
from app.features.contributions.subjects import subject_name
from app.features.contributions.telling import mark_read
from app.features.contributions.urls import author_token, subscription_token
from app.features.contributions.views.areas import asked_quiet
from app.features.contributions.views.maps import first_sentence, list_items
from app.features.residents.pages import FollowLine, NewsLine, OwnItem, SpacePage
from app.features.residents.views import blueprint
from app.features.residents.views.devices import push_key
from app.features.territories.hosts import host_reach
from app.web import words

_PASSKEYS = text("SELECT count(*) FROM passkey WHERE resident_id = :id")
FREQUENCIES = {"now": lazy("At once"), "day": lazy("Once a day"), "week": lazy("Once a week")}
SEEN = {
    "pending": lazy("A moderator reads it before the others see it."),
    "hidden": lazy("A moderator no longer shows it to the others."),
    "withdrawn": lazy("You withdrew it: nobody else sees it."),
}


@blueprint.get("/moi")
@public
def space() -> str:
    """One's own space; without signing in, what this browser did."""
    return _space_page()


@blueprint.post("/moi/reprendre")
@public
@limiter.limit("20 per 15 minutes")
def claim() -> str | tuple[str, int] | Response:
    """Take what this browser did (`browser=1`), or one contribution by its private link, into one's space."""
    resident = current_resident()
    if resident is None:
        return redirect(url_for("residents.enter"), 303)
    if request.form.get("browser"):
        browser = browser_key()
        if browser:
            claim_browser(db.session, person=resident.person, reader=resident.reader, browser=browser)
    else:
        link = request.form.get("link", "")
        try:
            claim_by_link(db.session, link=link, person=resident.person, within=host_reach())
        except Invalid as refused:
            return _space_page(link=link[:500], link_error=_(refused.errors[0].message)), 400
    db.session.commit()
    flash(_("It is in your space now."), "success")
    return redirect(url_for("residents.space"), 303)


@blueprint.post("/moi/reglages")
@public
def settings() -> Response:
    """The language of mails, and the hours of quiet."""
    resident = current_resident()
    if resident is None:
        return redirect(url_for("residents.enter"), 303)
    chosen = request.form.get("language", "")
    wanted = chosen if chosen in LANGUAGES else resident.language
    try:
        quiet = asked_quiet(request.form)
    except Invalid as refused:
        flash(_(refused.errors[0].message), "error")
        return redirect(url_for("residents.space"), 303)
    set_preferences(db.session, resident_id=resident.id, language=wanted, quiet=quiet)
    db.session.commit()
    session["lang"] = wanted
    flash(_("Your settings are kept."), "success")
    return redirect(url_for("residents.space"), 303)


@blueprint.get("/moi/nouvelles/<int:number>")
@public
def read(number: int) -> Response:
    """One of one's own news: it is read, and leads to what it tells of."""
    row = one_news(db.session, number)
    mine = myself()
    own = row is not None and (row.person in mine.persons or row.reader == (mine.email or "").lower())
    if not own or (mine.within is not None and row.territory_id not in mine.within):
        raise NotFound("This news is no longer there.")
    mark_read(db.session, mine=mine, notification_id=number)
    db.session.commit()
    return redirect(url_for("contributions.show", reference=row.reference), 303)


@blueprint.post("/moi/lues")
@public
def read_all() -> Response:
    """All of one's news are read."""
    mark_read(db.session, mine=myself())
    db.session.commit()
    return redirect(url_for("residents.space"), 303)


def myself() -> Mine:
    """Who asks, for the queries of what is one's own."""
    resident = current_resident()
    return Mine(person(), resident.email if resident else None, host_reach())


def unread_news() -> int:
    """How many news wait for whoever asks, counted up to ten. A page without it is better than none: behind an error
    page, where the database is away or nobody knows who asks, none are known.
    """
    if "unread_news" not in g:
        try:
            mine = myself()
            g.unread_news = count_unread(db.session, mine.values) if mine.persons else 0
        except (SQLAlchemyError, Unauthenticated):
            g.unread_news = 0
    return int(g.unread_news)


def own_items(mine: Mine) -> list[OwnItem]:
    """One's own contributions as lines of a list, each leading to its private page."""
    rows = own_contributions(db.session, mine)
    found = []
    for row, item in zip(rows, list_items(rows), strict=True):
        private = url_for("contributions.follow", reference=row.reference, token=author_token(row.id))
        found.append(OwnItem(replace(item, url=private), str(SEEN.get(row.visibility, ""))))
    return found


def _space_page(*, link: str = "", link_error: str = "") -> str:
    resident: Visitor | None = current_resident()
    mine = myself()
    quiet = resident.quiet if resident else None
    news = [_news_line(row) for row in news_of(db.session, mine.values)]
    page = SpacePage(
        contributions=own_items(mine),
        supported=list_items(supported_contributions(db.session, mine)),
        follows=[_follow_line(row) for row in followed(db.session, mine)],
        news=news,
        unread=sum(not line.read for line in news),
        email=resident.email if resident else "",
        left_in_browser=left_in_browser(db.session, browser_key()) if resident else 0,
        language=resident.language if resident else "",
        quiet_from=quiet[0] if quiet else None,
        quiet_to=quiet[1] if quiet else None,
        push_key=push_key(),
        passkeys=db.session.scalar(_PASSKEYS, {"id": resident.id}) or 0 if resident else 0,
        link_typed=link,
        link_error=link_error,
    )
    return render_template("residents/space.html", page=page)


def _news_line(row: Any) -> NewsLine:
    quoted = words.named(label(row.service), row.body) if row.body else ""
    return NewsLine(
        title=first_sentence(row.title),
        reference=row.reference,
        kind=row.kind,
        text=said(row),
        url=url_for("residents.read", number=row.id),
        when=row.at,
        read=row.read_at is not None,
        note=" · ".join(filter(None, [*beside(row.data, at=row.at), quoted])),
    )


def _follow_line(row: Any) -> FollowLine:
    way = row.email or _("in this list and on your devices")
    how = f"{FREQUENCIES[row.frequency]} · {way}"
    url = url_for("contributions.following", token=subscription_token(row.id))
    return FollowLine(subject_name(row, language()) or _("This contribution is no longer shown."), how, url)

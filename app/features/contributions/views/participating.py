"""*Me too* and *follow*: plain forms that need neither a script nor an account."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import language
from app.core.security import csrf, limiter
from app.features.accounts.visiting import current_resident
from app.features.contributions.authoring import Mine
from app.features.contributions.following import (
    Subject,
    Subscription,
    confirm_follow,
    followed,
    set_rhythm,
    stop_following,
    subscription,
)
from app.features.contributions.pages import FollowPage, SubscriptionPage
from app.features.contributions.person import acting_person, person, remember
from app.features.contributions.public import Face, public_face
from app.features.contributions.subjects import subject_name, subject_path
from app.features.contributions.supporting import is_supported, support_contribution, withdraw_support
from app.features.contributions.urls import subscription_id
from app.features.contributions.views import blueprint
from app.features.contributions.views.areas import asked_quiet, asks_nobody, follow_subject
from app.features.contributions.views.maps import first_sentence
from app.features.territories.hosts import host_reach, spoken_of


@blueprint.post("/c/<reference>/soutenir")
@public
@limiter.limit("60 per minute")
def support(reference: str) -> BaseResponse:
    """*Me too*, or (`want=0`) no longer. `then=follow` leads to the page that offers to follow."""
    secret = None
    if request.form.get("want", "1") == "0":
        withdraw_support(db.session, reference=reference, person=acting_person()[0], within=host_reach())
    else:
        keys, secret = acting_person()
        support_contribution(db.session, reference=reference, person=keys, within=host_reach())
    db.session.commit()
    then = "ask_follow" if request.form.get("then") == "follow" else "show"
    response = redirect(url_for(f"contributions.{then}", reference=reference.upper()), 303)
    remember(response, secret)
    return response


@blueprint.get("/c/<reference>/suivre")
@public
def ask_follow(reference: str) -> str:
    """The form that asks for an address."""
    return _follow_form(public_face(db.session, reference, within=host_reach()), sent="sent" in request.args)


@blueprint.post("/c/<reference>/suivre")
@public
@limiter.limit("5 per 15 minutes", exempt_when=asks_nobody)
def follow_by_mail(reference: str) -> tuple[str, int] | BaseResponse:
    """Follow at once, signed in or (`here=1`) with this browser; else order the mail that asks for confirmation, with
    the same answer whether the address is known or not.
    """
    face = public_face(db.session, reference, within=host_reach())
    return follow_subject(
        Subject(contribution_id=face.row.id),
        again=lambda errors: _follow_form(face, email=request.form.get("email", "").strip()[:254], errors=errors),
        sent=url_for("contributions.ask_follow", reference=face.row.reference, sent=1),
    )


@blueprint.get("/suivi/<token>")
@blueprint.get("/suivi/<token>/stop", endpoint="about_to_stop")
@public
def following(token: str) -> Response:
    """The page of a follower: opening it changes nothing, whoever opens it; its buttons do."""
    return _subscription_page(token, _found(token))


@blueprint.post("/suivi/<token>")
@public
@limiter.limit("30 per minute")
def confirm(token: str) -> BaseResponse:
    """Yes, tell me."""
    found = _found(token)
    confirm_follow(db.session, follow_id=found.row.id)
    db.session.commit()
    return redirect(url_for("contributions.following", token=token), 303)


@blueprint.post("/suivi/<token>/rythme")
@public
@limiter.limit("30 per minute")
def rhythm(token: str) -> BaseResponse:
    """How often, and when not."""
    found = _found(token)
    form = request.form
    try:
        quiet = asked_quiet(form)
    except Invalid as refused:
        flash(gettext(refused.errors[0].message), "error")
        return redirect(url_for("contributions.following", token=token), 303)
    set_rhythm(db.session, follow_id=found.row.id, frequency=form.get("frequency", ""), quiet=quiet)
    db.session.commit()
    flash(gettext("It is kept."), "success")
    return redirect(url_for("contributions.following", token=token), 303)


@blueprint.post("/suivi/<token>/stop")
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def stop(token: str) -> Response:
    """End it at once: the button of the page, and the one that mail programs show (RFC 8058). The link is the key."""
    found = _found(token)
    stop_following(db.session, follow_id=found.row.id)
    db.session.commit()
    return _subscription_page(token, subscription(db.session, follow_id=found.row.id))


def _follow_form(face: Face, *, email: str = "", errors: dict[str, str] | None = None, sent: bool = False) -> str:
    row, resident = face.row, current_resident()
    mine = Mine(person(), resident.email if resident else None, host_reach())
    page = FollowPage(
        reference=row.reference,
        kind=row.kind,
        title=row.title or first_sentence(row.body, 120),
        url=url_for("contributions.show", reference=row.reference),
        action=url_for("contributions.follow_by_mail", reference=row.reference),
        feed_url=url_for("contributions.feed_of_one", reference=row.reference),
        email=email,
        errors=errors or {},
        sent=sent,
        supported=is_supported(db.session, contribution_id=row.id, person=person()),
        supports=row.supports,
        signed_in=resident.email if resident else "",
        here=any(one.reference == row.reference for one in followed(db.session, mine)),
    )
    return render_template("contributions/follow.html", page=page)


def _found(token: str) -> Subscription:
    number = subscription_id(token)
    found = subscription(db.session, follow_id=number) if number is not None else None
    if found is None or not spoken_of(found.row.territory_id):
        raise NotFound("This link is not complete, or no longer valid.")
    return found


def _subscription_page(token: str, found: Subscription) -> Response:
    row = found.row
    page = SubscriptionPage(
        reference=row.reference or "",
        email=row.email or "",
        state=found.state,
        confirm_url=url_for("contributions.confirm", token=token),
        stop_url=url_for("contributions.stop", token=token),
        how_url=url_for("contributions.rhythm", token=token),
        title=subject_name(row, language()),
        url=subject_path(row),
        frequency=row.frequency,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
    )
    response = make_response(render_template("contributions/following.html", page=page))
    # The link is the key: no other site may learn it, no cache may keep it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response

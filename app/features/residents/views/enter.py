"""`/moi/entrer`: a link by mail, a button that uses it; the same answer for every address."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import Gone, NotFound, TooMany
from app.core.i18n import language
from app.core.security import limiter
from app.features.accounts.residents import SPENT, Wish, ask_to_sign_in, use_sign_in, wish
from app.features.accounts.visiting import (
    current_resident,
    forget_resident,
    remember_resident,
    site_id,
    wish_of,
)
from app.features.contributions.checks import email_errors
from app.features.residents.views import blueprint


@blueprint.get("/moi/entrer")
@public
def enter() -> str | BaseResponse:
    """The page that asks for an address."""
    if current_resident() is not None:
        return redirect(url_for("residents.space"))
    return _enter_page(sent="sent" in request.args)


@blueprint.post("/moi/entrer")
@public
@limiter.limit("30 per 15 minutes")
def ask() -> str | tuple[str, int] | BaseResponse:
    """Order the mail; the answer is the same, and as much work, whether the address is known or not."""
    email = request.form.get("email", "").strip()
    errors = email_errors("/email", email)
    if errors:
        return _enter_page(email=email[:254], error=_(errors[0].message)), 400
    try:
        ask_to_sign_in(db.session, email=email, language=language(), site=site_id())
    except TooMany as refusal:
        db.session.rollback()
        return _enter_page(email=email, error=_(refusal.detail)), refusal.status
    db.session.commit()
    return redirect(url_for("residents.enter", sent=1), 303)


@blueprint.get("/moi/entrer/<token>")
@public
def link(token: str) -> Response | BaseResponse:
    """The page of the link: opening it changes nothing, whoever opens it; its button signs in."""
    found = _found(token)
    if found.state == "used" and current_resident() is not None:
        # The mail opened again by whoever is in already.
        return redirect(url_for("residents.space"))
    return _link_page(found, token, 200 if found.state == "open" else 410)


@blueprint.post("/moi/entrer/<token>")
@public
@limiter.limit("30 per 15 minutes")
def use(token: str) -> Response | BaseResponse:
    """Sign in, once."""
    found = _found(token)
    try:
        secret = use_sign_in(db.session, wish_id=wish_of(token) or 0, site=site_id())
    except Gone:
        # The second press of the same button.
        if found.state == "used" and current_resident() is not None:
            return redirect(url_for("residents.space"), 303)
        return _link_page(_found(token), token, 410)
    db.session.commit()
    return signed_in(secret)


@blueprint.post("/moi/sortir")
@public
def leave() -> BaseResponse:
    """Sign out, here and on the server."""
    response = make_response(redirect(url_for("residents.enter"), 303))
    forget_resident(response)
    db.session.commit()
    flash(_("You are signed out."))
    return response


def signed_in(secret: str) -> Response:
    """To one's space, with the session."""
    response = make_response(redirect(url_for("residents.space"), 303))
    remember_resident(response, secret)
    response.headers["Cache-Control"] = "no-store"
    return response


def _enter_page(*, email: str = "", error: str = "", sent: bool = False) -> str:
    return render_template("residents/enter.html", email=email, error=error, sent=sent)


def _found(token: str) -> Wish:
    number = wish_of(token)
    if number is None:
        raise NotFound("This link is not complete, or no longer valid.")
    return wish(db.session, wish_id=number, site=site_id())


def _link_page(found: Wish, token: str, status: int) -> Response:
    page = render_template(
        "residents/link.html",
        email=found.email,
        spent=_(SPENT[found.state]) if found.state in SPENT else "",
        action=url_for("residents.use", token=token),
    )
    response = make_response(page, status)
    # The link is the key: no other site may learn it, no cache may keep it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response

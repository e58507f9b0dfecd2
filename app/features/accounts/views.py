"""Signing in and out, as pages."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.access import public
from app.core.db import db
from app.features.accounts.access import current_actor, desk_page, local_address, sign_in, sign_out
from app.features.accounts.login import signed_account

blueprint = Blueprint("accounts", __name__, template_folder="templates")


@blueprint.get("/connexion")
@public
def login() -> Response | str:
    """The page that asks for an address and a password; whoever is in goes on."""
    target = local_address(request.args.get("next"))
    if not current_actor().anonymous:
        return redirect(target or url_for(desk_page(current_actor().role)))
    return render_template("accounts/login.html", email="", next=target or "", error=None)


@blueprint.post("/connexion")
@public
def open_session() -> Response | tuple[str, int]:
    """Check the password; on failure the page comes back with the address still typed."""
    target = local_address(request.form.get("next"))
    email = request.form.get("email", "")
    account, refusal = signed_account(email=email, password=request.form.get("password", ""))
    if account is None:
        page = render_template("accounts/login.html", email=email, next=target or "", error=_(refusal.sentence))
        return page, refusal.status
    sign_in(account)
    db.session.commit()
    return redirect(target or url_for(desk_page(account.role)), code=303)


@blueprint.post("/deconnexion")
@public
def logout() -> Response:
    """End the session, here and on the server."""
    sign_out()
    db.session.commit()
    flash(_("You are signed out."))
    return redirect(url_for("accounts.login"), code=303)

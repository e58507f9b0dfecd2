"""`/moi/cles`: passkeys. Two requests each: the challenge, then what the device signed."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, jsonify, redirect, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.bodies import json_body
from app.core.db import db
from app.core.errors import Denied, Unauthenticated
from app.core.security import limiter
from app.features.accounts.passkeys import (
    REFUSED,
    Place,
    add_passkey,
    authentication_options,
    registration_options,
    use_passkey,
)
from app.features.accounts.residents import Visitor
from app.features.accounts.visiting import current_resident, remember_resident, site_id
from app.features.residents.views import blueprint
from app.features.territories.hosts import base_of
from app.web import site

CHALLENGE_S = 300


@blueprint.post("/moi/cles/nouvelle")
@public
@limiter.limit("20 per 15 minutes")
def new_key() -> Response:
    """What the browser needs to make a key."""
    options, challenge = registration_options(db.session, resident=_resident(), place=_place())
    return _asked(options, challenge)


@blueprint.post("/moi/cles")
@public
@limiter.limit("20 per 15 minutes")
def keep_key() -> tuple[Response, int]:
    """Keep the key that the browser made. 201, or 403 for an answer that does not hold."""
    add_passkey(db.session, resident=_resident(), answer=json_body(), challenge=_challenge(), place=_place())
    db.session.commit()
    flash(_("This device opens your space from now on."), "success")
    return jsonify({"next": url_for("residents.space")}), 201


@blueprint.post("/moi/cles/oublier")
@public
def forget_keys() -> BaseResponse:
    """No key opens this space any more; a link by mail still does."""
    db.session.execute(text("DELETE FROM passkey WHERE resident_id = :id"), {"id": _resident().id})
    db.session.commit()
    flash(_("No key opens your space any more. A link by e-mail still does."))
    return redirect(url_for("residents.space"), 303)


@blueprint.post("/moi/cles/defi")
@public
@limiter.limit("30 per 15 minutes")
def challenge_key() -> Response:
    """What the browser needs to use a key."""
    return _asked(*authentication_options(_place()))


@blueprint.post("/moi/cles/entrer")
@public
@limiter.limit("30 per 15 minutes")
def use_key() -> Response:
    """Sign in with a key. 200, or 403."""
    secret = use_passkey(db.session, answer=json_body(), challenge=_challenge(), place=_place(), site=site_id())
    db.session.commit()
    response = jsonify({"next": url_for("residents.space")})
    remember_resident(response, secret)
    response.headers["Cache-Control"] = "no-store"
    return response


def _resident() -> Visitor:
    resident = current_resident()
    if resident is None:
        raise Unauthenticated()
    return resident


def _place() -> Place:
    """The town's own host, or the installation's address; never what a request says of itself, but for a trial on one
    machine: it is a number, which has no keys, and the same machine may be called by its name.
    """
    base = base_of(site_id())
    here = urlsplit(base)
    if here.hostname == "127.0.0.1" and request.host == f"localhost:{here.port}":
        base = f"{here.scheme}://{request.host}"
    return Place(base, site().name)


def _asked(options: str, challenge: bytes) -> Response:
    session["challenge"] = [b64encode(challenge).decode(), int(time.time())]
    response = Response(options, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _challenge() -> bytes:
    """The challenge of this browser, taken: it is good once, and for five minutes."""
    kept: Any = session.pop("challenge", None)
    if not kept or time.time() - kept[1] > CHALLENGE_S:
        raise Denied(REFUSED)
    return b64decode(kept[0])

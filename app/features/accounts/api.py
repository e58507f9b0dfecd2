"""`/api/v1/session`: signing in for programs; the answer is a bearer token and the same session as a cookie."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from app.core.access import public, signed_in
from app.core.bodies import json_body
from app.core.db import db
from app.core.errors import TooManyAttempts, Unauthenticated
from app.core.openapi import documented
from app.features.accounts import api_reference, queries
from app.features.accounts.access import current_actor, sign_in, sign_out
from app.features.accounts.login import TOO_MANY, signed_account
from app.features.accounts.shapes import (
    AccountDocument,
    Credentials,
    OpenedSession,
    SessionDocument,
    read_credentials,
)

blueprint = Blueprint("session_api", __name__, url_prefix="/api/v1")


@blueprint.post("/session")
@public
@documented(api_reference.OPEN)
def open_session() -> ResponseReturnValue:
    """`{email, password}` → 201 `{token, token_type, expires_at, account}`; 401 wrong, 429 too often, 400 malformed."""
    given = _credentials()
    account, refusal = signed_account(email=given.email, password=given.password)
    if account is None:
        kind = TooManyAttempts if refusal is TOO_MANY else Unauthenticated
        raise kind(refusal.sentence)
    token = sign_in(account)
    face = _face(account.id)
    db.session.commit()
    document: OpenedSession = {
        "token": token.secret,
        "token_type": "Bearer",
        "expires_at": token.expires_at.isoformat(),
        "account": face,
    }
    answer = jsonify(document)
    answer.headers["Cache-Control"] = "no-store"
    return answer, 201


@blueprint.get("/session")
@signed_in
@documented(api_reference.SHOW)
def show_session() -> ResponseReturnValue:
    """Who is signed in."""
    account_id = current_actor().id
    assert account_id is not None
    document: SessionDocument = {"account": _face(account_id)}
    return jsonify(document)


@blueprint.delete("/session")
@signed_in
@documented(api_reference.CLOSE)
def close_session() -> ResponseReturnValue:
    """End this session or token."""
    sign_out()
    db.session.commit()
    return "", 204


def _credentials() -> Credentials:
    return read_credentials(json_body() if request.is_json else request.form.to_dict())


def _face(account_id: int) -> AccountDocument:
    line = queries.account_line(db.session, account_id=account_id)
    return {
        "email": line.email,
        "name": line.name,
        "role": line.role,
        "territory": line.territory,
        "services": list(line.services),
        "language": line.language,
    }

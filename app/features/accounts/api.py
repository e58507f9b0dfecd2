"""`/api/v1/session`: signing in for programs; the answer is a bearer token and the same session as a cookie."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from app.core.access import public, signed_in
from app.core.bodies import json_body
from app.core.db import db
from app.core.errors import FieldError, Invalid, TooMany, Unauthenticated, json_pointer
from app.features.accounts import queries
from app.features.accounts.access import current_actor, sign_in, sign_out
from app.features.accounts.login import TOO_MANY, signed_account

blueprint = Blueprint("session_api", __name__, url_prefix="/api/v1")


@blueprint.post("/session")
@public
def open_session() -> ResponseReturnValue:
    """`{email, password}` → 201 `{token, token_type, expires_at, account}`; 401 wrong, 429 too often, 400 malformed."""
    email, password = _credentials()
    account, refusal = signed_account(email=email, password=password)
    if account is None:
        kind = TooMany if refusal is TOO_MANY else Unauthenticated
        raise kind(refusal.sentence)
    token = sign_in(account)
    face = _face(account.id)
    db.session.commit()
    document = {"token": token.secret, "token_type": "Bearer", "expires_at": token.expires_at.isoformat()}
    answer = jsonify(document | {"account": face})
    answer.headers["Cache-Control"] = "no-store"
    return answer, 201


@blueprint.get("/session")
@signed_in
def show_session() -> ResponseReturnValue:
    """Who is signed in."""
    account_id = current_actor().id
    assert account_id is not None
    return jsonify(account=_face(account_id))


@blueprint.delete("/session")
@signed_in
def close_session() -> ResponseReturnValue:
    """End this session or token."""
    sign_out()
    db.session.commit()
    return "", 204


_FIELDS = ("email", "password")


def _credentials() -> tuple[str, str]:
    sent = json_body() if request.is_json else request.form.to_dict()
    if not isinstance(sent, dict):
        raise Invalid(errors=[FieldError("", "Send a JSON object.")])
    errors = [
        FieldError(f"/{name}", "This field is needed.")
        for name in _FIELDS
        if not isinstance(sent.get(name), str) or not sent[name]
    ]
    errors += [FieldError(json_pointer(name), "There is no such field.") for name in sent if name not in _FIELDS]
    if errors:
        raise Invalid(errors=errors)
    return sent["email"], sent["password"]


def _face(account_id: int) -> dict[str, Any]:
    line = queries.account_line(db.session, account_id=account_id)
    return {
        "email": line.email,
        "name": line.name,
        "role": line.role,
        "territory": line.territory,
        "services": list(line.services),
        "language": line.language,
    }

"""From an error to an answer: `application/problem+json` (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from flask import Flask, Response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from typing_extensions import TypedDict
from werkzeug.exceptions import HTTPException

from app.core import errors as e
from app.core.bodies import discard_body
from app.core.db import db
from app.core.logs import request_id
from app.core.shapes import shape

log = structlog.get_logger()

BY_STATUS: dict[int, type[e.Problem]] = {
    kind.status: kind
    for kind in (e.Denied, e.Unauthenticated, e.NotFound, e.Gone, e.Conflict, e.TooMany, e.Unavailable)
}


@shape
class ProblemError(TypedDict):
    """What is wrong with one field."""

    pointer: str
    """A JSON pointer (RFC 6901) to the field, such as `/contact/email`; empty for the whole."""
    message: str
    """A sentence for people, in the language asked for."""


@shape
class ProblemDocument(TypedDict):
    """A problem document (RFC 9457)."""

    type: str
    """Stable, for programs: `urn:auzolan:problem:invalid`."""
    title: str
    status: int
    detail: str
    errors: list[ProblemError]


def wants_json() -> bool:
    """Whether the caller is a program: the API's and the tiles' addresses, or one that asks for JSON only."""
    if request.path.startswith(("/api/", "/tiles/", "/open311/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html"


def as_document(problem: e.Problem) -> dict[str, Any]:
    """The problem document, in the reader's language."""
    document: ProblemDocument = {
        "type": f"urn:auzolan:problem:{problem.code}",
        "title": gettext(problem.title),
        "status": problem.status,
        "detail": gettext(problem.detail, **problem.params) if problem.detail else gettext(problem.title),
        "errors": [
            {"pointer": error.pointer, "message": gettext(error.message, **error.params)} for error in problem.errors
        ],
    }
    return {**document, **problem.extra}


def respond(problem: e.Problem, typed: Sequence[str] = ()) -> Response:
    """The answer for a problem; `typed` is what somebody wrote, given back."""
    document = as_document(problem)
    if problem.status in (413, 415):
        discard_body()
    if wants_json():
        response = Response(json.dumps(document), problem.status, mimetype="application/problem+json")
    else:
        # Whoever is told of a failure finds it in the logs by this number.
        trace = request_id() if problem.status >= 500 else ""
        page = render_template("errors/error.html", problem=document, typed=typed, trace=trace)
        response = Response(page, problem.status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    if problem.status in (429, 503):
        response.headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401 and wants_json():
        response.headers["WWW-Authenticate"] = 'Bearer realm="auzolan"'
    return response


def _typed() -> list[str]:
    """The sentences of a form that was not taken: not every browser still has them when one goes back."""
    try:
        said = [request.form.get(name, "") for name in ("title", "text", "words", "reason")]
    except HTTPException:
        # What came is no form that can be read: nothing in it was typed.
        return []
    # The code of a choice (`personal_data`) is nothing that somebody wrote.
    return [words for words in said if words.strip() and not re.fullmatch("[a-z]+(_[a-z]+)+", words)]


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    kind = BY_STATUS.get(error.code or 500, e.Problem)
    problem = kind(status=error.code, code=None if kind is not e.Problem else f"http-{error.code}")
    if error.code == 413:
        problem.code = "too-large"
        problem.title = "What you sent is too large. Photos may weigh 15 MB each."
        if request.is_json:
            problem.title = "This JSON is too large: 256 KB is the most. Photos travel in a form (multipart)."
    if error.code == 405:
        problem.title = "This address does not answer to that method."
    if error.code == 415:
        problem.title = "Send JSON or a form (multipart)."
    response = respond(problem, _typed() if isinstance(error, CSRFError) else ())
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response


def _database(error: Exception) -> Response:
    log.warning("database_unavailable", error=str(error).splitlines()[0])
    return _broken(e.Unavailable())


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected_error", path=request.path)
    problem = e.Problem(status=500, code="unexpected")
    problem.title = "Something went wrong on our side. It has been noted, and nothing you sent before is lost."
    return _broken(problem)


def _broken(problem: e.Problem) -> Response:
    """The answer after a failure of ours; the page may still read, so what failed is undone first."""
    with suppress(SQLAlchemyError):
        db.session.rollback()
    return respond(problem, _typed() if request.method == "POST" else ())


def _refuse_nul() -> None:
    """PostgreSQL cannot even look for a NUL: an address that holds one leads nowhere, whatever view it meets."""
    if "\x00" in request.path:
        raise e.NotFound()
    for name, value in request.args.items(multi=True):
        if "\x00" in name + value:
            pointer = e.json_pointer(name.replace("\x00", ""))
            raise e.invalid(pointer, "The text contains a NUL character, which cannot be kept.")


def init_app(app: Flask) -> None:
    """One handler per family of errors."""
    app.before_request(_refuse_nul)
    app.register_error_handler(e.Problem, respond)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(InterfaceError, _database)
    app.register_error_handler(PoolTimeout, _database)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)

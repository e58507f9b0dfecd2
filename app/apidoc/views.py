"""`/api/v1/openapi.json`, and `/donnees/api`: the same document, to read."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any, Final

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.apidoc.document import api_document
from app.apidoc.reading import chapters
from app.core.access import public
from app.core.openapi import Answer, Operation, documented

blueprint = Blueprint("apidoc", __name__, template_folder="templates")

DOCUMENT: Final = Operation(
    tag="Document",
    summary="This document",
    answers={
        200: Answer("OpenAPI 3.1.", dict[str, Any], headers={"ETag": "Of the document."}),
        304: Answer("It has not changed since `If-None-Match`."),
    },
)


@blueprint.get("/api/v1/openapi.json")
@public
@documented(DOCUMENT)
def document() -> Response:
    """The OpenAPI document; 304 when it has not changed."""
    body = json.dumps(api_document(current_app), ensure_ascii=False)
    response = Response(body, mimetype="application/json")
    response.set_etag(blake2b(body.encode(), digest_size=12).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=300"
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.get("/api")
@public
def door() -> ResponseReturnValue:
    """Who looks for the API finds its page."""
    return redirect(url_for("apidoc.page"))


@blueprint.get("/donnees/api")
@public
def page() -> str:
    """The document for people, without a script."""
    found = api_document(current_app)
    return render_template("apidoc/page.html", document=found, chapters=chapters(found))

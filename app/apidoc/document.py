"""The OpenAPI document of this installation: what the routes say of themselves, with words around it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from flask import Flask

from app.core.openapi import build
from app.features.accounts.api_reference import TAG as SESSION
from app.features.contributions.api_reference import MAP
from app.features.contributions.api_reference import TAG as CONTRIBUTIONS
from app.features.participation.api_reference import TAG as IDEAS
from app.features.territories.api_reference import TAG as PLACES
from app.features.tickets.api_reference import TAG as DESK

DESCRIPTION: Final = """\
Report, praise and propose on a map; the town answers in public.

Everything that needs no session is public, and any page of the web may read it. Sentences come in the language of
`?lang=` (`fr`, `en`, `eu`), else of `Accept-Language`, else in French. Positions are degrees, WGS84, longitude first
where they are a list. Times are ISO 8601 with an offset. A field that a body does not know is refused; an answer may
gain fields; a parameter that is empty was not given. `GET` addresses also answer to `HEAD`.

Whatever is refused comes as a problem document (RFC 9457, `application/problem+json`): `type` is for programs,
`errors` says which field and why."""

TAGS: Final = {
    CONTRIBUTIONS: "What people say: problems, praise, proposals.",
    IDEAS: "What people think of proposals: votes and arguments, in the processes that a town opens.",
    PLACES: "Territories, their categories, addresses.",
    MAP: "What is near, where it concentrates, and the tiles of the map.",
    SESSION: "Signing in, for who works for the town.",
    DESK: "Services, their queues, and tickets. Needs a session.",
    "Document": "This document.",
}


def api_document(app: Flask) -> dict[str, Any]:
    """The document, made once in each process: routes do not change while it lives."""
    kept: dict[str, Any] | None = app.extensions.get("auzolan.openapi")
    if kept is None:
        info = {
            "title": "Auzolan",
            "version": version("auzolan"),
            "description": DESCRIPTION,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        }
        server = str(app.extensions["settings"].web.base_url).rstrip("/")
        kept = app.extensions["auzolan.openapi"] = build(app, info=info, tags=TAGS, server=server)
    return kept

"""The public API told: its OpenAPI document for programs, and the same as a page for people."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the document and its page."""
    from app.apidoc.views import blueprint

    app.register_blueprint(blueprint)

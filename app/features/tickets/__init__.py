"""Work for the town: grouping, routing, tickets, queues, the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's addresses."""
    from app.features.tickets import api, api_near, views

    app.register_blueprint(api.blueprint)
    app.register_blueprint(api_near.blueprint)
    app.register_blueprint(views.blueprint)

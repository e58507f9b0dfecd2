"""What operators see of the machinery, and what they may do about it: queues, lag, processes, failures, retry."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the page."""
    from app.operations.views import blueprint

    app.register_blueprint(blueprint)

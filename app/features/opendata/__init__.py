"""What other programs read and send in the words of their standards: Open311."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's addresses."""
    from app.features.opendata import api

    app.register_blueprint(api.blueprint)

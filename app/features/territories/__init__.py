"""Where: territories, zones, services, categories, rules, town packs."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's addresses."""
    from app.features.territories import api

    app.register_blueprint(api.blueprint)

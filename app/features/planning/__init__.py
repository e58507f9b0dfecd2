"""Where things concentrate: hotspots, heatmaps, the observatory."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's pages and addresses."""
    from app.features.planning import api, views

    app.register_blueprint(api.blueprint)
    app.register_blueprint(views.blueprint)

"""Where things concentrate: hotspots, heatmaps, the observatory."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's addresses."""
    from app.features.planning import api

    app.register_blueprint(api.blueprint)

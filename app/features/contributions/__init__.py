"""What people said: contributions, photos, the public map."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's addresses."""
    from app.features.contributions import api, views_photos, views_tiles

    app.register_blueprint(api.blueprint)
    app.register_blueprint(views_photos.blueprint)
    app.register_blueprint(views_tiles.blueprint)

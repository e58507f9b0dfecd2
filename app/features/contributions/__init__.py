"""What people said: contributions, photos, the public map."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's pages and addresses."""
    from app.features.contributions import api, api_read, api_suggest, api_support, views
    from app.features.contributions.views import photos, tiles
    from app.features.contributions.views.share import town_picture_address

    for blueprint in (
        views.load(),
        api.blueprint,
        api_read.blueprint,
        api_support.blueprint,
        api_suggest.blueprint,
        photos.blueprint,
        tiles.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.jinja_env.globals["town_picture"] = town_picture_address

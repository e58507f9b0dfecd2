"""What may stay public: reports, a queue for moderators, hints, decisions and their log."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's pages, and say to intake what waits for a moderator."""
    from app.features.moderation import block_views, cover_views, edit_views, public_views, views
    from app.features.moderation.pace import SharedPace
    from app.features.moderation.waiting import what_waits

    # Intake knows no moderation: it asks whoever offers to say.
    app.extensions["auzolan.waits"] = what_waits
    app.extensions["auzolan.pace"] = SharedPace(
        redis_url=app.extensions["settings"].redis.url, secret=str(app.config["SECRET_KEY"]).encode()
    )
    for each in (views, block_views, cover_views, edit_views, public_views):
        app.register_blueprint(each.blueprint)

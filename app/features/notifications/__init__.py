"""What leaves the house: mails and pushes, each sent once, with its result kept."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's templates, and the page of the mails that stay on a trial's machine."""
    from app.features.notifications import views

    app.register_blueprint(views.blueprint)

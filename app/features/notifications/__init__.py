"""What leaves the house: mails and pushes, each sent once, with its result kept."""

from flask import Blueprint, Flask


def init_app(app: Flask) -> None:
    """Make the slice's templates known."""
    app.register_blueprint(Blueprint("notifications", __name__, template_folder="templates"))

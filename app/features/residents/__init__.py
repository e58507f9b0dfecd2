"""A resident's own space: what they said, follow and support, what they are told; taking it away, erasing it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's pages."""
    from app.features.residents import views

    app.register_blueprint(views.load())

"""A resident's own space: what they said, follow and support, what they are told; taking it away, erasing it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's pages."""
    from app.features.residents import views
    from app.features.residents.views.space import unread_news

    app.register_blueprint(views.load())
    app.jinja_env.globals["unread_news"] = unread_news

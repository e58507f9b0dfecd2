"""Ideas that people carry: votes, arguments, versions, ideas united, and what becomes of them."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's pages and addresses, and offer its section to the page of an idea."""
    from app.features.participation import api, api_ideas, views
    from app.features.participation.views.ideas import looks_like_another, similar_part
    from app.features.participation.views.section import following, idea_section

    app.register_blueprint(views.load())
    app.register_blueprint(api.blueprint)
    app.register_blueprint(api_ideas.blueprint)
    # The page of a contribution knows no participation: its template asks whether somebody offers a section.
    app.jinja_env.globals["idea_section"] = idea_section
    app.jinja_env.globals["similar_ideas"] = similar_part
    # Nor does the desk: it asks what else a decision holds for.
    app.jinja_env.globals["ideas_that_follow"] = following
    # The form knows no participation either: it asks whoever offers to say.
    app.extensions["auzolan.look_alike"] = looks_like_another

"""What may stay public: reports, a queue for moderators, hints, decisions and their log."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's pages, and say to intake what waits for a moderator."""
    from app.features.contributions.drafts import Draft
    from app.features.moderation import public_views, views
    from app.features.moderation.hints import should_wait
    from app.features.territories.catalogue import Town

    def waits(draft: Draft, home: Town) -> bool:
        said = [draft.title, draft.text, *(each for each in draft.answers.values() if isinstance(each, str))]
        return should_wait(home.settings, kind=draft.kind, texts=said)

    # Intake knows no moderation: it asks whoever offers to say.
    app.extensions["auzolan.waits"] = waits
    app.register_blueprint(views.blueprint)
    app.register_blueprint(public_views.blueprint)

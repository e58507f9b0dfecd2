"""The pages of ideas: votes, discussions, the list, the synthesis, the author's and the facilitator's."""

from flask import Blueprint

blueprint = Blueprint("participation", __name__, template_folder="../templates")


def load() -> Blueprint:
    """The blueprint with all its pages."""
    from app.features.participation.views import (  # noqa: F401 - each registers its pages
        authors,
        discussing,
        ideas,
        moderating,
        synthesis,
        uniting,
        voting,
    )

    return blueprint

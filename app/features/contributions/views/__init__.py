"""The public pages: the map and its list, the form and its receipt, a contribution's page, its photos."""

from flask import Blueprint

blueprint = Blueprint("contributions", __name__, template_folder="../templates")


def load() -> Blueprint:
    """The blueprint with all its pages."""
    from app.features.contributions.views import (  # noqa: F401 - each registers its pages
        areas,
        drafts,
        feeds,
        form,
        maps,
        own,
        participating,
        share,
        show,
    )

    return blueprint

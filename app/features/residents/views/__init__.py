"""`/moi`: the space, how to enter it, how to take everything away."""

from flask import Blueprint

blueprint = Blueprint("residents", __name__, template_folder="../templates")


def load() -> Blueprint:
    """The blueprint with all its pages."""
    from app.features.residents.views import devices, enter, keys, own_data, space  # noqa: F401 - each registers its pages

    return blueprint

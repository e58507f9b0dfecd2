"""`/moi`: the space, how to enter it, how to take everything away."""

from flask import Blueprint
from flask_babel import gettext as _

blueprint = Blueprint("residents", __name__, template_folder="../templates")


def hours() -> list[tuple[str, str]]:
    """The hours of a day as a menu, and none."""
    return [("", "—"), *((str(hour), _("%(hour)s:00", hour=hour)) for hour in range(24))]


def load() -> Blueprint:
    """The blueprint with all its pages."""
    from app.features.residents.views import enter, own_data, space  # noqa: F401 - each registers its pages

    return blueprint

"""`/mentions-legales`, `/vie-privee`, `/accessibilite`: what the law asks a public service to say, from its data.

A town completes them with three texts of its pack: `director` (who answers for what is published), `hosting` (who runs
the server) and `data_officer` (whom to ask about personal data).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from app.core.access import public
from app.core.errors import Invalid
from app.core.i18n import label
from app.features.territories.backgrounds import Background
from app.features.territories.packs.schema import Retention
from app.features.territories.retention import retention_of
from app.features.territories.sites import SiteTown, site_town

blueprint = Blueprint("legal", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class LegalPage:
    """Who answers, and how to reach them; a text that the town has not given is empty."""

    town: str
    address: str
    email: str
    phone: str
    basemap: Background
    director: str
    hosting: str
    data_officer: str
    retention: Retention | None
    """None while what stands there is no rule: then nothing is removed, and nothing is promised."""


@blueprint.get("/mentions-legales")
@public
def notice() -> str:
    """Who publishes, who hosts, under which licences."""
    return render_template("territories/notice.html", page=_page(site_town()))


@blueprint.get("/vie-privee")
@public
def privacy() -> str:
    """What is kept, why, how long, who sees it, what one may ask; and the cookies."""
    return render_template("territories/privacy.html", page=_page(site_town()))


@blueprint.get("/accessibilite")
@public
def accessibility() -> str:
    """The statement of accessibility."""
    return render_template("territories/accessibility.html", page=_page(site_town()))


def _page(here: SiteTown) -> LegalPage:
    hall, texts = here.town.town_hall, here.town.settings.get("texts", {})

    def said(key: str) -> str:
        labels: Any = texts.get(key)
        return label(labels) if labels else ""

    return LegalPage(
        town=str(hall.get("name") or here.town.name),
        address=str(hall.get("postal_address") or ""),
        email=str(hall.get("email") or ""),
        phone=str(hall.get("phone") or ""),
        basemap=here.basemap,
        director=said("director"),
        hosting=said("hosting"),
        data_officer=said("data_officer"),
        retention=_retention(here),
    )


def _retention(here: SiteTown) -> Retention | None:
    try:
        return retention_of(here.town.settings)
    except Invalid:
        return None

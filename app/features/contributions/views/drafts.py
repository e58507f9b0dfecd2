"""`/brouillons`: what this device keeps. The server knows none of it; the page is the same for everybody."""

from __future__ import annotations

from flask import render_template

from app.core.access import public
from app.features.contributions.views import blueprint


@blueprint.get("/brouillons")
@public
def drafts() -> str:
    """Drafts, what waits for the network, what was sent from this device."""
    return render_template("contributions/drafts.html")

"""`POST` and `DELETE /api/v1/contributions/{reference}/support`: *me too*, and no longer."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from app.core.access import public
from app.core.db import db
from app.core.openapi import documented
from app.core.security import csrf, limiter
from app.features.accounts.access import refuse_other_sites
from app.features.contributions import api_reference
from app.features.contributions.person import acting_person, remember
from app.features.contributions.shapes import SupportDocument
from app.features.contributions.supporting import Supported, support_contribution, withdraw_support
from app.features.territories.hosts import host_reach

blueprint = Blueprint("support_api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)


@blueprint.post("/contributions/<reference>/support")
@public
@documented(api_reference.SUPPORT)
@limiter.limit("60 per minute")
def support(reference: str) -> Response:
    """Count the person in, once."""
    refuse_other_sites()
    keys, secret = acting_person()
    return _answer(support_contribution(db.session, reference=reference, person=keys, within=host_reach()), secret)


@blueprint.delete("/contributions/<reference>/support")
@public
@documented(api_reference.WITHDRAW)
@limiter.limit("60 per minute")
def withdraw(reference: str) -> Response:
    """Take it back."""
    refuse_other_sites()
    return _answer(
        withdraw_support(db.session, reference=reference, person=acting_person()[0], within=host_reach()), None
    )


def _answer(found: Supported, secret: str | None) -> Response:
    db.session.commit()
    document: SupportDocument = {
        "reference": found.reference,
        "supports": found.supports,
        "supported": found.supported,
    }
    response = jsonify(document)
    remember(response, secret)
    return response

"""One's vote: a plain form."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import invalid
from app.core.security import limiter
from app.features.contributions.person import acting_person, remember
from app.features.contributions.supporting import cast_vote, withdraw_support
from app.features.participation.views import blueprint
from app.features.territories.hosts import host_reach


@blueprint.post("/c/<reference>/avis")
@public
@limiter.limit("60 per minute")
def vote(reference: str) -> BaseResponse:
    """Say what one thinks of it (`value`), or take it back (`withdraw`)."""
    keys, secret = acting_person()
    if "withdraw" in request.form:
        withdraw_support(db.session, reference=reference, person=keys, within=host_reach())
    else:
        value = _value(request.form.get("value", ""))
        cast_vote(db.session, reference=reference, value=value, person=keys, within=host_reach())
    db.session.commit()
    response = redirect(url_for("contributions.show", reference=reference.upper()) + "#vote", 303)
    remember(response, secret)
    return response


def _value(word: str) -> int:
    if word not in ("-2", "-1", "0", "1", "2"):
        raise invalid("/value", "Choose one of the answers.")
    return int(word)

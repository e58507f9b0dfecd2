"""`/moderation/photos/ID/couvrir`: a moderator paints over parts of one photo, or lifts a blur that was wrong."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Conflict, Invalid, Problem
from app.features.accounts.access import current_actor
from app.features.contributions.photos import blurs_faces
from app.features.moderation import policies, queries, services
from app.features.moderation.edit_views import queue_of_photo
from app.features.moderation.policies import MODERATORS
from app.features.territories.catalogue import current_town

blueprint = Blueprint("covering", __name__, template_folder="templates")
moderators = require_role(*MODERATORS)


@blueprint.get("/moderation/photos/<int:photo_id>/couvrir")
@moderators
def cover(photo_id: int) -> str:
    """The photo as the public sees it, and what is covered of it."""
    return _page(photo_id)


@blueprint.post("/moderation/photos/<int:photo_id>/couvrir")
@moderators
def save(photo_id: int) -> Response | tuple[str, int]:
    """One change, one transaction; what is refused comes back with what was typed."""
    form = request.form
    try:
        decided = services.cover_photo(
            db.session,
            current_actor(),
            photo_id=photo_id,
            parts=services.read_parts(form.get("parts", "")[:4000]),
            faces_left="faces_left" in form,
            reason=form.get("reason", ""),
            tell="tell" in form,
        )
        db.session.commit()
    except (Invalid, Conflict) as problem:
        db.session.rollback()
        return _page(photo_id, problem), problem.status
    flash(_("The photo is being made again; its former addresses are gone."), "success")
    return redirect(queue_of_photo(reference=decided.reference), 303)


def _page(photo_id: int, problem: Problem | None = None) -> str:
    actor = current_actor()
    photo = queries.moderated_photo(db.session, actor, photo_id=photo_id)
    errors = {error.field: _(error.message, **error.params) for error in problem.errors} if problem else {}
    if problem is not None and not errors:
        flash(_(problem.detail or problem.title, **problem.params), "error")
    return render_template(
        "moderation/cover.html",
        reference=photo.reference,
        number=photo.position + 1,
        picture=url_for("moderation.picture", photo_id=photo_id, size=1600) if photo.key else "",
        parts=services.write_parts(photo.covered),
        faces_left=photo.faces_left,
        blurs=photo.faces_left or blurs_faces(current_town(db.session, photo.territory_id)),
        typed=request.form,
        errors=errors,
        back_url=queue_of_photo(reference=photo.reference),
        journal_url=url_for("moderation.journal") if policies.may_read_journal(actor) else "",
    )

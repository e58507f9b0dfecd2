"""`/c/BAY-4817/suivi/TOKEN/…`: what the author does by the private link. Opening it changes nothing; its buttons do."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.security import csrf, limiter
from app.features.contributions.owning import (
    add_words,
    correct_words,
    set_silent,
    what_author_may,
    withdraw_contribution,
)
from app.features.contributions.pictures import private_picture
from app.features.contributions.views import blueprint
from app.features.contributions.views.show import own_face, own_page
from app.features.territories.catalogue import current_town


@blueprint.get("/c/<reference>/suivi/<token>/photos/<key>-<int:size>.jpg")
@public
def own_picture(reference: str, token: str, key: str, size: int) -> BaseResponse:
    """A picture of one's own contribution, while the public does not see it."""
    shown = {photo.key for photo in own_face(reference, token).photos}
    return private_picture(key if key in shown else None, size)


DONE = {
    "ajouter": _("Added, thank you. The service reads it."),
    "corriger": _("It is corrected."),
    "retirer": _("It is withdrawn: nobody else sees it any more."),
    "silence": _("We will not write to you about it any more."),
    "entendre": _("We write to you again about it."),
}


@blueprint.post("/c/<reference>/suivi/<token>/<any(ajouter, corriger, retirer, silence, entendre):act>")
@public
@limiter.limit("30 per 15 minutes")
def own_act(reference: str, token: str, act: str) -> BaseResponse:
    """One act of the author; what is refused comes back with what was typed."""
    face = own_face(reference, token)
    try:
        _act(face.row, act)
    except Invalid as invalid:
        errors = {error.field: gettext(error.message, **error.params) for error in invalid.errors}
        return own_page(face, token, typed=request.form, errors=errors)
    db.session.commit()
    flash(str(DONE[act]), "success")
    return redirect(url_for("contributions.follow", reference=face.row.reference, token=token), 303)


@blueprint.get("/c/<reference>/suivi/<token>/stop")
@public
def about_to_be_silent(reference: str, token: str) -> BaseResponse:
    """The link of a mail: the author's page, with its button; opening it changes nothing."""
    return own_page(own_face(reference, token), token)


@blueprint.post("/c/<reference>/suivi/<token>/stop")
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def be_silent(reference: str, token: str) -> BaseResponse:
    """The button that mail programs show (RFC 8058). The link is the key."""
    row = own_face(reference, token).row
    set_silent(db.session, contribution_id=row.id, ticket_id=row.ticket_id, silent=True)
    db.session.commit()
    return own_page(own_face(reference, token), token)


def _act(row: Any, act: str) -> None:
    form, reference = request.form, row.reference
    category = current_town(db.session, row.territory_id).categories_by_id[row.category_id]
    may = what_author_may(row, moderated=category.moderation == "before")
    if act in ("silence", "entendre"):
        set_silent(db.session, contribution_id=row.id, ticket_id=row.ticket_id, silent=act == "silence")
    elif act == "ajouter" and may.add:
        public = category.moderation != "before"
        add_words(db.session, reference=reference, words=form.get("words", ""), public=public)
    elif act == "corriger" and may.correct:
        correct_words(db.session, reference=reference, title=form.get("title", ""), words=form.get("text", ""))
    elif act == "retirer" and may.withdraw:
        withdraw_contribution(db.session, reference=reference)
    else:
        raise Conflict("This cannot be done any more.")

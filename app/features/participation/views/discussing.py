"""The discussion of an idea: read, answer, agree, take back; all with plain forms."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import FieldError, Invalid
from app.core.i18n import language
from app.core.security import limiter
from app.core.storage import open_storage
from app.features.accounts.access import current_actor
from app.features.contributions.forms import photo_files
from app.features.contributions.person import acting_person, person, remember
from app.features.contributions.photos import blurs_faces
from app.features.contributions.public import public_face
from app.features.contributions.uploads import check_uploads
from app.features.participation.models import PHOTOS_MAX
from app.features.participation.pages import DiscussionPage
from app.features.participation.policies import may_answer_for_town, may_comment
from app.features.participation.queries.threads import counts_by_stance, one_comment, page_of
from app.features.participation.queries.threads import discussion as discussed
from app.features.participation.services.commenting import (
    NewComment,
    post_comment,
    public_idea,
    take_comment_back,
)
from app.features.participation.services.commenting import agree as say_agree
from app.features.participation.views import blueprint
from app.features.participation.views.section import comment_view
from app.features.territories.catalogue import current_town
from app.features.territories.hosts import host_reach
from app.features.territories.processes import process


@blueprint.get("/c/<reference>/commentaires")
@public
def discussion(reference: str) -> Response:
    """Everything that is said under an idea, and the place to say something."""
    return _page(reference)


@blueprint.post("/c/<reference>/commentaires")
@public
@limiter.limit("20 per minute")
def post(reference: str) -> BaseResponse:
    """Say it; refused words come back in their field."""
    form, (keys, secret) = request.form, acting_person()
    storage = open_storage(current_app.extensions["settings"].storage.location)
    sending = form.get("sending", "")
    try:
        uploads = check_uploads(photo_files(request.files.items(multi=True)), most=PHOTOS_MAX)
    except Invalid as invalid:
        return _page(reference, invalid)
    comment = NewComment(
        photos=uploads.drafts,
        body=form.get("text", ""),
        stance=form.get("stance", "neutral"),
        parent_id=_number(form.get("answer", "")),
        email=form.get("email", "")[:300],
        for_town="for_town" in form,
        language=language(),
        sending=hashlib.sha256(f"{reference.upper()} {sending}".encode()).digest() if sending else None,
    )
    try:
        if uploads.errors:
            first = uploads.errors[0]
            raise Invalid(errors=[FieldError("/photos", first.message, first.params)])
        kept = post_comment(
            db.session,
            reference=reference,
            comment=comment,
            person=keys,
            actor=current_actor(),
            within=host_reach(),
            store=lambda: uploads.store(storage),
        )
    except Invalid as invalid:
        return _page(reference, invalid)
    db.session.commit()
    if kept.waits:
        flash(gettext("Thank you. A moderator reads it before the others do."), "success")
    response = redirect(
        url_for("participation.discussion", reference=reference.upper(), after=page_of(db.session, kept.id))
        + f"#c{kept.id}",
        303,
    )
    remember(response, secret)
    return response


@blueprint.post("/c/<reference>/commentaires/<int:comment_id>/accord")
@public
@limiter.limit("60 per minute")
def agree(reference: str, comment_id: int) -> BaseResponse:
    """Find an argument right (`want=1`), or no longer (`want=0`)."""
    keys, secret = acting_person()
    wanted = request.form.get("want", "1") != "0"
    say_agree(db.session, reference=reference, comment_id=comment_id, person=keys, agrees=wanted, within=host_reach())
    db.session.commit()
    page = "contributions.show" if request.form.get("then") == "idea" else "participation.discussion"
    response = redirect(url_for(page, reference=reference.upper()) + f"#c{comment_id}", 303)
    remember(response, secret)
    return response


@blueprint.post("/c/<reference>/commentaires/<int:comment_id>/retirer")
@public
@limiter.limit("60 per minute")
def remove_comment(reference: str, comment_id: int) -> BaseResponse:
    """Take one's own words back."""
    public_idea(db.session, reference, host_reach())
    take_comment_back(db.session, comment_id=comment_id, person=person())
    db.session.commit()
    flash(gettext("Your comment is withdrawn."), "success")
    return redirect(url_for("participation.discussion", reference=reference.upper()) + f"#c{comment_id}", 303)


def _page(reference: str, invalid: Invalid | None = None) -> Response:
    row = public_face(db.session, reference, within=host_reach()).row
    idea = public_idea(db.session, reference, host_reach())
    who, facts = person(), process(db.session, row.process_id)
    found = discussed(db.session, row.id, person=who, after=_number(request.args.get("after", "")) or 0)
    comments = [comment_view(said, row.reference) for said in found.comments]
    answered = one_comment(db.session, row.id, _number(request.values.get("answer", "")) or 0)
    values: Mapping[str, str] = request.form if invalid else {}
    page = DiscussionPage(
        reference=row.reference,
        title=row.title or row.body.strip().split("\n", 1)[0][:120],
        url=url_for("contributions.show", reference=row.reference),
        comments=comments,
        counts=counts_by_stance(db.session, row.id),
        action=url_for("participation.post", reference=row.reference),
        may_comment=may_comment(facts),
        may_answer_for_town=may_answer_for_town(
            current_actor(), service_id=idea.service_id, service_territory_id=idea.service_territory_id
        ),
        answering=comment_view(answered, row.reference) if answered else None,
        values=values,
        errors={e.field: gettext(e.message, **e.params) for e in invalid.errors} if invalid else {},
        following=url_for("participation.discussion", reference=row.reference, after=found.following)
        if found.following
        else "",
        max_photos=PHOTOS_MAX,
        blurs_faces=blurs_faces(current_town(db.session, row.territory_id)),
        sending=values.get("sending") or secrets.token_urlsafe(12),
    )
    return make_response(
        render_template("participation/discussion.html", page=page), invalid.status if invalid else 200
    )


def _number(word: str) -> int | None:
    return int(word) if word.isdecimal() and len(word) < 18 else None

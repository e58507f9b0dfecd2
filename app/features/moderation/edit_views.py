"""`/moderation/REFERENCE/modifier`: a moderator edits what somebody said; and hides one photo, or shows it again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Conflict, FieldError, Invalid, Problem
from app.features.accounts.access import current_actor
from app.features.contributions.drafts import BODY_MAX, TITLE_MAX
from app.features.moderation import policies, queries, services, wording
from app.features.moderation.pages import picture_views
from app.features.moderation.policies import MODERATORS
from app.features.moderation.queries import Editing
from app.features.moderation.services import Content

blueprint = Blueprint("editing", __name__, template_folder="templates")
moderators = require_role(*MODERATORS)
Answer = Response | str | tuple[str, int]


@blueprint.get("/moderation/<reference>/modifier")
@moderators
def edit(reference: str) -> str:
    """What was said, ready to be corrected, and what it was before."""
    return _page(_found(reference))


@blueprint.post("/moderation/<reference>/modifier")
@moderators
def save(reference: str) -> Answer:
    """One edit, one transaction; what is refused comes back with what was typed."""
    found, form = _found(reference), request.form
    try:
        services.edit(
            db.session,
            current_actor(),
            reference=reference,
            new=_content(found),
            reason=form.get("reason", ""),
            tell="tell" in form,
            seen=_seen(),
        )
        db.session.commit()
    except (Invalid, Conflict) as problem:
        db.session.rollback()
        return _page(_found(reference), problem), problem.status
    flash(_("%(reference)s is edited. What it was is kept.", reference=found.row.reference), "success")
    return redirect(url_for("editing.edit", reference=found.row.reference), 303)


@blueprint.post("/moderation/<reference>/versions/<int:number>")
@moderators
def take_back(reference: str, number: int) -> Answer:
    """A former version stands again."""
    try:
        decided = services.revert(
            db.session,
            current_actor(),
            reference=reference,
            number=number,
            reason=request.form.get("reason", ""),
            tell="tell" in request.form,
            seen=_seen(),
        )
        db.session.commit()
    except (Invalid, Conflict) as problem:
        db.session.rollback()
        return _page(_found(reference), problem, taken=number), problem.status
    flash(_("The former version stands again."), "success")
    return redirect(url_for("editing.edit", reference=decided.reference), 303)


@blueprint.post("/moderation/photos/<int:photo_id>/<any(masquer, montrer):act>")
@moderators
def decide_photo(photo_id: int, act: str) -> Response:
    """One photo disappears, or is shown again; the rest stays."""
    form, actor = request.form, current_actor()
    try:
        if act == "masquer":
            reason, words = form.get("reason", ""), form.get("words", "")
            decided = services.hide_photo(db.session, actor, photo_id=photo_id, reason=reason, words=words)
        else:
            decided = services.show_photo(db.session, actor, photo_id=photo_id)
        db.session.commit()
    except (Invalid, Conflict) as problem:
        db.session.rollback()
        said = problem.errors[0].message if problem.errors else problem.detail or problem.title
        flash(_(said), "error")
        return redirect(queue_of_photo(), 303)
    flash(f"{decided.reference} · {wording.DECISIONS[decided.event.type]}", "success")
    return redirect(queue_of_photo(reference=decided.reference, hidden=act == "masquer"), 303)


def queue_of_photo(*, reference: str | None = None, hidden: bool = False) -> str:
    """Where its moderator came from: the comments, or the contribution in the queue."""
    comment = request.args.get("comment", "")
    if comment.isdecimal():
        return url_for("participation.comments_queue", vue="hidden" if hidden else None, _anchor=f"m{comment}")
    return url_for("moderation.queue", ref=reference)


def _found(reference: str) -> Editing:
    return queries.editing(db.session, current_actor(), reference=reference)


def _seen() -> int:
    given = request.form.get("seen", "")
    return int(given) if given.isdecimal() and len(given) < 6 else -1


def _content(found: Editing) -> Content:
    """What the form says; a field that it lacks stays as it is."""
    form, row, errors = request.form, found.row, list[FieldError]()
    degrees = {}
    for name in ("lat", "lon"):
        try:
            # As it was shown, it is where it was.
            typed = form.get(name, "").strip().replace(",", ".").replace("−", "-")
            kept = getattr(row, name)
            degrees[name] = kept if typed in ("", f"{kept:.6f}") else float(typed)
        except ValueError:
            errors.append(FieldError(f"/{name}", "Write a number of degrees, for example 43.49350."))
    if errors:
        raise Invalid(errors=errors)
    ranks = {photo.id: form.get(f"order-{photo.id}", "") for photo in found.photos}
    order = sorted(found.photos, key=lambda photo: int(rank) if (rank := ranks[photo.id]).isdecimal() else 0)
    hidden = {
        photo.id: f"shown-{photo.id}" not in form if f"order-{photo.id}" in form else photo.hidden
        for photo in found.photos
    }
    return Content(
        title=form.get("title", row.title or ""),
        body=form.get("text", row.body),
        address=form.get("address", row.address or ""),
        lon=degrees["lon"],
        lat=degrees["lat"],
        photos=tuple((photo.id, hidden[photo.id]) for photo in order),
    )


def _page(found: Editing, problem: Problem | None = None, *, taken: int | None = None) -> str:
    actor, typed = current_actor(), request.form if taken is None else {}
    errors = {error.field: _(error.message, **error.params) for error in problem.errors} if problem else {}
    if problem is not None and not errors:
        flash(_(problem.detail or problem.title, **problem.params), "error")
    if taken is not None:
        errors = {f"reason-{taken}": each for each in errors.values()}
    return render_template(
        "moderation/edit.html",
        row=found.row,
        photos=picture_views(found.photos),
        versions=found.versions,
        typed=typed,
        errors=errors,
        title_max=TITLE_MAX,
        text_max=BODY_MAX,
        journal_url=url_for("moderation.journal") if policies.may_read_journal(actor) else "",
    )

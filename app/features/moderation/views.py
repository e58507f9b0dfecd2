"""The moderators' pages: `/moderation`, and the log of decisions `/moderation/journal`."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Conflict, Invalid, Problem
from app.features.accounts.access import current_actor
from app.features.contributions.checks import KINDS
from app.features.contributions.pictures import private_picture
from app.features.moderation import policies, queries, services, wording
from app.features.moderation.pages import journal_lines, moderation_entries
from app.features.moderation.policies import JOURNAL_READERS, MODERATORS
from app.features.moderation.queries import VIEWS, View
from app.features.moderation.reasons import DECISIONS, REASONS
from app.features.moderation.services import Decided

blueprint = Blueprint("moderation", __name__, template_folder="templates")
moderators = require_role(*MODERATORS)
Answer = Response | str | tuple[str, int]


@blueprint.get("/moderation")
@moderators
def queue() -> str:
    """What waits for a decision."""
    return _page()


@blueprint.post("/moderation/<reference>/<any(publier, masquer, retablir, laisser):act>")
@moderators
def decide(reference: str, act: str) -> Answer:
    """One decision, one transaction; what is refused comes back with what was typed."""
    actor, form = current_actor(), request.form
    reason, words = form.get("reason", ""), form.get("words", "")
    acts: dict[str, Callable[[], Decided]] = {
        "publier": lambda: services.publish(db.session, actor, reference=reference),
        "masquer": lambda: services.hide(db.session, actor, reference=reference, reason=reason, words=words),
        "retablir": lambda: services.restore(db.session, actor, reference=reference, words=words),
        "laisser": lambda: services.keep(db.session, actor, reference=reference, words=words),
    }
    try:
        decided = acts[act]()
        db.session.commit()
    except (Invalid, Conflict) as problem:
        db.session.rollback()
        return _page(reference.upper(), problem), problem.status
    flash(f"{decided.reference} · {wording.DECISIONS[decided.event.type]}", "success")
    view, kind = _asked()
    return redirect(url_for("moderation.queue", vue=None if view == "all" else view, kind=kind), 303)


@blueprint.get("/moderation/<reference>/<any(publier, masquer, retablir, laisser):_act>")
@moderators
def back(reference: str, _act: str) -> Answer:
    """A decision that came back with an error was reloaded: the queue."""
    return redirect(url_for("moderation.queue"))


@blueprint.get("/moderation/photos/<int:photo_id>.jpg", defaults={"size": 400})
@blueprint.get("/moderation/photos/<int:photo_id>-<int:size>.jpg")
@moderators
def picture(photo_id: int, size: int) -> Response:
    """A picture that waits for its moderator, or that one hid; nobody else is served it."""
    found = queries.moderated_photo(db.session, current_actor(), photo_id=photo_id, though_hidden=True)
    return private_picture(found.key, size)


@blueprint.get("/moderation/journal")
@require_role(*JOURNAL_READERS)
def journal() -> str:
    """Who decided what, when, about which contribution, and why. It can only grow."""
    given, decision = request.args.get("avant", ""), request.args.get("decision", "")
    before = int(given) if given.isdecimal() and len(given) < 19 else None
    lines = queries.journal(db.session, current_actor(), before=before, decision=decision)
    full = len(lines) == 100
    return render_template(
        "moderation/journal.html",
        lines=journal_lines(lines),
        decision=decision,
        decisions=[("", _("All decisions")), *((code, wording.DECISIONS[code]) for code in DECISIONS)],
        older=url_for("moderation.journal", avant=lines[-1].id, decision=decision or None) if full else "",
        first_page=before is None,
    )


def _asked() -> tuple[View, str | None]:
    view = request.args.get("vue", "all")
    kind = request.args.get("kind")
    return next((each for each in VIEWS if each == view), "all"), kind if kind in KINDS else None


def _page(reference: str = "", problem: Problem | None = None) -> str:
    actor = current_actor()
    view, kind = _asked()
    one = request.args.get("ref", "")[:40]
    found = queries.moderation_queue(db.session, actor, view=view, kind=None if one else kind, reference=one)
    if problem is not None and all(item.row.reference != reference for item in found.items):
        # What was found by its number stands in no queue: what was refused comes back with its card all the same.
        one = reference
        found = queries.moderation_queue(db.session, actor, view=view, kind=None, reference=one)
    errors = {error.field: _(error.message, **error.params) for error in problem.errors} if problem else {}
    if problem is not None and not errors:
        flash(_(problem.detail or problem.title, **problem.params), "error")
    return render_template(
        "moderation/queue.html",
        entries=moderation_entries(found.items),
        counts=found.counts,
        view=view,
        kind=kind or "",
        views=[(code, wording.VIEWS[code]) for code in VIEWS],
        reasons=[(code, wording.REASONS[code]) for code in REASONS],
        refused=reference,
        one=one,
        errors=errors,
        typed=request.form,
        journal_url=url_for("moderation.journal") if policies.may_read_journal(actor) else "",
        address=lambda **change: url_for("moderation.queue", **{"vue": view, "kind": kind} | change),
    )

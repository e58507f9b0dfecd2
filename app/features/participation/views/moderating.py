"""`/moderation/commentaires`: what moderators decide about comments."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Invalid
from app.features.accounts.access import current_actor
from app.features.moderation import wording
from app.features.moderation.pages import picture_views
from app.features.moderation.policies import MODERATORS
from app.features.moderation.queries import PhotoLine
from app.features.moderation.reasons import HIDDEN, KEPT, PUBLISHED, REASONS, RESTORED
from app.features.participation.pages import ModeratedComment
from app.features.participation.queries.moderated import comments_to_decide
from app.features.participation.services.moderating import decide_comment
from app.features.participation.views import blueprint

ACTS = {"masquer": HIDDEN, "retablir": RESTORED, "publier": PUBLISHED, "laisser": KEPT}


@blueprint.get("/moderation/commentaires")
@require_role(*MODERATORS)
def comments_queue() -> str:
    """What waits or was reported; `?vue=hidden` what is hidden."""
    hidden = request.args.get("vue") == "hidden"
    rows = comments_to_decide(db.session, current_actor(), hidden=hidden)
    return render_template(
        "participation/moderation.html",
        comments=[_moderated(row) for row in rows],
        hidden=hidden,
        reasons=[(code, wording.REASONS[code]) for code in REASONS],
    )


@blueprint.post("/moderation/commentaires/<int:comment_id>/<any(publier, masquer, retablir, laisser):act>")
@require_role(*MODERATORS)
def decide_about_comment(comment_id: int, act: str) -> BaseResponse:
    """One decision."""
    form = request.form
    try:
        reference = decide_comment(
            db.session,
            current_actor(),
            comment_id=comment_id,
            decision=ACTS[act],
            reason=form.get("reason", ""),
            words=form.get("words", ""),
        )
        db.session.commit()
    except Invalid as invalid:
        db.session.rollback()
        flash(gettext(invalid.errors[0].message, **invalid.errors[0].params), "error")
        return redirect(url_for("participation.comments_queue", _anchor=f"m{comment_id}"), 303)
    flash(f"{reference} · {wording.DECISIONS[ACTS[act]]}", "success")
    return redirect(url_for("participation.comments_queue"), 303)


def _moderated(row: Any) -> ModeratedComment:
    def at(act: str) -> str:
        return url_for("participation.decide_about_comment", comment_id=row.id, act=act)

    reports = [
        f"{wording.REASONS.get(one['reason'], one['reason'])}{' : ' if one['words'] else ''}{one['words']}"
        for one in row.reports or ()
    ]
    return ModeratedComment(
        id=row.id,
        text=row.body,
        language=row.language,
        when=row.created_at,
        reference=row.reference,
        title=row.title,
        url=url_for("contributions.show", reference=row.reference),
        reports=reports,
        pictures=picture_views([PhotoLine(**photo) for photo in row.photos or ()], comment_id=row.id),
        publish_url=at("publier") if row.state == "pending" else "",
        hide_url=at("masquer") if row.state in ("public", "pending") else "",
        restore_url=at("retablir") if row.state == "hidden" else "",
        keep_url=at("laisser") if row.case_id and row.state != "pending" else "",
    )

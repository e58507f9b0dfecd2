"""What anybody may do: report a contribution; and what its author may: read why it is hidden, and answer."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.security import limiter
from app.features.contributions.public import public_face
from app.features.contributions.services import follow_hash
from app.features.contributions.urls import author_of, comment_of
from app.features.moderation import services, wording
from app.features.moderation.queries import Verdict, verdict
from app.features.moderation.reasons import REPORT_REASONS
from app.features.territories.hosts import host_reach

blueprint = Blueprint("moderation_public", __name__, template_folder="templates")


@blueprint.get("/c/<reference>/abus")
@public
def report(reference: str) -> Response:
    """The form; it needs no account and no script."""
    return _report_page(reference)


@blueprint.post("/c/<reference>/abus")
@limiter.limit("20 per hour")
@public
def send_report(reference: str) -> BaseResponse:
    """One person's report: said again, it is thanked again and counted once."""
    form = request.form
    try:
        services.report_abuse(
            db.session,
            reference=reference,
            reporter=_reporter(),
            reason=form.get("reason", ""),
            words=form.get("words", ""),
            comment_id=_comment(),
            within=host_reach(),
        )
    except Invalid as invalid:
        return _report_page(reference, invalid)
    db.session.commit()
    flash(_("Thank you. A moderator will look at it."), "success")
    return redirect(url_for("contributions.show", reference=reference.upper()), 303)


def _comment() -> int | None:
    """The comment under the contribution that is meant, when one is."""
    asked = request.values.get("comment", "")
    return int(asked) if asked.isdecimal() and len(asked) < 18 else None


@blueprint.get("/c/<reference>/suivi/<token>/moderation")
@public
def decision(reference: str, token: str) -> Response:
    """Why it is hidden, for its author; opening it changes nothing."""
    return _decision_page(reference, _own_verdict(reference, token))


@blueprint.post("/c/<reference>/suivi/<token>/moderation")
@limiter.limit("20 per hour")
@public
def answer(reference: str, token: str) -> BaseResponse:
    """The author answers, once for each decision."""
    found = _own_verdict(reference, token)
    try:
        _answer(found)
    except Invalid as invalid:
        return _decision_page(reference, found, invalid)
    return redirect(url_for("moderation_public.decision", reference=reference.upper(), token=token), 303)


@blueprint.get("/c/<reference>/commentaires/decision/<token>")
@public
def comment_decision(reference: str, token: str) -> Response:
    """Why a comment, or a photo of it, is hidden, for its author; opening it changes nothing."""
    found, _comment_id = _own_comment_verdict(reference, token)
    return _decision_page(reference, found, comment=True)


@blueprint.post("/c/<reference>/commentaires/decision/<token>")
@limiter.limit("20 per hour")
@public
def answer_about_comment(reference: str, token: str) -> BaseResponse:
    """Its author answers, once for each decision."""
    found, comment_id = _own_comment_verdict(reference, token)
    try:
        _answer(found, comment_id)
    except Invalid as invalid:
        return _decision_page(reference, found, invalid, comment=True)
    return redirect(url_for("moderation_public.comment_decision", reference=reference.upper(), token=token), 303)


def _answer(found: Verdict, comment_id: int | None = None) -> None:
    services.answer_decision(
        db.session,
        contribution_id=found.contribution_id,
        event_id=found.event_id,
        words=request.form.get("words", ""),
        comment_id=comment_id,
    )
    db.session.commit()
    flash(_("Your answer has been sent. A moderator will read it."), "success")


def _reporter() -> str:
    """The same browser is one person; the cookie is that of the form's token."""
    if "reporter" not in session:
        session["reporter"] = secrets.token_urlsafe(16)
    return str(session["reporter"])


def _report_page(reference: str, invalid: Invalid | None = None) -> Response:
    row = public_face(db.session, reference, within=host_reach()).row
    page = render_template(
        "moderation/report.html",
        reference=row.reference,
        title=row.title or row.body.strip().split("\n", 1)[0][:120],
        reasons=[(code, wording.REASONS[code]) for code in REPORT_REASONS],
        typed=request.form,
        errors=_errors(invalid),
        comment=_comment(),
    )
    return make_response(page, invalid.status if invalid else 200)


def _own_verdict(reference: str, token: str) -> Verdict:
    row = db.session.execute(
        text(
            "SELECT id, territory_id, follow_hash, EXISTS (SELECT FROM contribution_contact "
            "WHERE contribution_id = contribution.id) AS reached FROM contribution WHERE reference = :r"
        ),
        {"r": reference.upper()},
    ).one_or_none()
    owns = row is not None and (
        # Whoever erased themselves has neither an address nor a link any more.
        (author_of(token) == row.id and (row.reached or row.follow_hash is not None))
        or (row.follow_hash is not None and bytes(row.follow_hash) == follow_hash(token))
    )
    here = host_reach()
    if row is None or not owns or (here is not None and row.territory_id not in here):
        raise NotFound("This private link is not complete, or no longer valid.")
    found = verdict(db.session, contribution_id=row.id)
    if found is None:
        raise NotFound("No decision hides this contribution now.")
    return found


def _own_comment_verdict(reference: str, token: str) -> tuple[Verdict, int]:
    comment_id, here = comment_of(token), host_reach()
    # Whoever erased themselves, or wished to hear no more, has said goodbye to the link too.
    row = db.session.execute(
        text(
            "SELECT c.id, c.territory_id FROM comment m JOIN contribution c ON c.id = m.contribution_id "
            "WHERE m.id = :comment AND c.reference = :r AND c.visibility = 'public'"
        ),
        {"comment": comment_id, "r": reference.upper()},
    ).one_or_none()
    if comment_id is None or row is None or (here is not None and row.territory_id not in here):
        raise NotFound("This private link is not complete, or no longer valid.")
    found = verdict(db.session, contribution_id=row.id, comment_id=comment_id)
    if found is None:
        raise NotFound("No decision hides this contribution now.")
    return found, comment_id


def _decision_page(
    reference: str, found: Verdict, invalid: Invalid | None = None, *, comment: bool = False
) -> Response:
    page = render_template(
        "moderation/decision.html",
        reference=reference.upper(),
        verdict=found,
        comment=comment,
        why=wording.TOLD.get(found.reason, wording.TOLD["other"]),
        typed=request.form,
        errors=_errors(invalid),
    )
    response = make_response(page, invalid.status if invalid else 200)
    # The link is the key: no other site may learn it, no shared cache may keep it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _errors(invalid: Invalid | None) -> dict[str, str]:
    return {error.field: _(error.message, **error.params) for error in invalid.errors} if invalid else {}

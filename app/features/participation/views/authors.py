"""What an author does with their idea, by its private link; and what everybody reads of it: its versions."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.security import csrf, limiter
from app.features.contributions.person import acting_person, remember
from app.features.contributions.public import public_face
from app.features.contributions.services import follow_hash
from app.features.contributions.urls import comment_of
from app.features.participation.pages import AmendPage, MutePage, VersionsPage, VersionView
from app.features.participation.queries.lives import versions_of
from app.features.participation.services.amending import amend_idea, may_amend, own_idea
from app.features.participation.services.commenting import mute_answers, public_idea
from app.features.participation.services.uniting import answer_invitation as say_whether
from app.features.participation.services.uniting import give_way
from app.features.participation.views import blueprint
from app.features.territories.hosts import host_reach


@blueprint.get("/c/<reference>/versions")
@public
def versions(reference: str) -> str:
    """How the idea reads, and how it read before."""
    row = public_face(db.session, reference, within=host_reach()).row
    page = VersionsPage(
        reference=row.reference,
        title=row.title or row.body.strip().split("\n", 1)[0][:120],
        url=url_for("contributions.show", reference=row.reference),
        versions=[
            VersionView(one.number, one.title or "", one.body, one.until, one.why)
            for one in versions_of(db.session, row)
        ],
    )
    return render_template("participation/versions.html", page=page)


@blueprint.get("/c/<reference>/suivi/<token>/modifier")
@public
def amend(reference: str, token: str) -> Response:
    """The author's form."""
    return _amend_page(reference, token)


@blueprint.post("/c/<reference>/suivi/<token>/modifier")
@public
@limiter.limit("20 per hour")
def save_amendment(reference: str, token: str) -> BaseResponse:
    """Keep the new words; the former ones stay readable."""
    form = request.form
    try:
        amend_idea(
            db.session,
            reference=reference,
            follow_hash=follow_hash(token),
            title=form.get("title", ""),
            body=form.get("text", ""),
            why=form.get("why", ""),
            within=host_reach(),
        )
    except Invalid as invalid:
        return _amend_page(reference, token, invalid)
    db.session.commit()
    flash(gettext("Your idea is amended. What it said before stays readable."), "success")
    return redirect(url_for("contributions.follow", reference=reference.upper(), token=token), 303)


@blueprint.post("/c/<reference>/suivi/<token>/ceder")
@public
@limiter.limit("20 per hour")
def yield_to(reference: str, token: str) -> BaseResponse:
    """Withdraw it in favour of another."""
    try:
        give_way(
            db.session,
            reference=reference,
            follow_hash=follow_hash(token),
            into=request.form.get("into", ""),
            why=request.form.get("why", ""),
            within=host_reach(),
        )
    except Invalid as invalid:
        return _amend_page(reference, token, invalid)
    db.session.commit()
    flash(gettext("Your idea gives way to the other one. Those who carried it are asked."), "success")
    return redirect(url_for("contributions.follow", reference=reference.upper(), token=token), 303)


@blueprint.post("/c/<reference>/invitation")
@public
@limiter.limit("60 per minute")
def answer_invitation(reference: str) -> BaseResponse:
    """Whoever carried a part says whether they carry the whole."""
    keys, secret = acting_person()
    carries = request.form.get("answer") == "yes"
    say_whether(db.session, reference=reference, person=keys, carries=carries, within=host_reach())
    db.session.commit()
    response = redirect(url_for("contributions.show", reference=reference.upper()), 303)
    remember(response, secret)
    return response


@blueprint.get("/c/<reference>/commentaires/muet/<token>")
@public
def mute(reference: str, token: str) -> Response:
    """Opening it changes nothing, whoever opens it; its button does."""
    return _mute_page(reference, token, muted=False)


@blueprint.post("/c/<reference>/commentaires/muet/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def confirm_mute(reference: str, token: str) -> Response:
    """No more mails about these answers: the button, and the one of mail programs (RFC 8058). The link is the key."""
    mute_answers(db.session, comment_id=_comment(token))
    db.session.commit()
    return _mute_page(reference, token, muted=True)


def _comment(token: str) -> int:
    found = comment_of(token)
    if found is None:
        raise NotFound("This link is not complete, or no longer valid.")
    return found


def _mute_page(reference: str, token: str, *, muted: bool) -> Response:
    _comment(token)
    public_idea(db.session, reference, host_reach())
    action = url_for("participation.confirm_mute", reference=reference.upper(), token=token)
    page = MutePage(reference.upper(), action, muted)
    return _private(make_response(render_template("participation/mute.html", page=page)))


def _amend_page(reference: str, token: str, invalid: Invalid | None = None) -> Response:
    row = own_idea(db.session, reference, follow_hash(token), host_reach())
    at = {"reference": row.reference, "token": token}
    page = AmendPage(
        reference=row.reference,
        back_url=url_for("contributions.follow", **at),
        action=url_for("participation.save_amendment", **at),
        yield_action=url_for("participation.yield_to", **at),
        values={"title": row.title or "", "text": row.body} | (request.form.to_dict() if invalid else {}),
        errors={e.field: gettext(e.message, **e.params) for e in invalid.errors} if invalid else {},
        may_amend=may_amend(db.session, row),
    )
    status = invalid.status if invalid else 200
    return _private(make_response(render_template("participation/amend.html", page=page), status))


def _private(response: Response) -> Response:
    # The link is the key: no other site may learn it, no cache may keep it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response

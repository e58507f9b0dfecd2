"""The facilitator's page: merge, group, undo, with the log of who did it, when and why."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Invalid
from app.features.accounts.access import current_actor
from app.features.accounts.policies import ADMINISTRATOR, DISPATCHER
from app.features.participation import wording
from app.features.participation.pages import Related, UnionLine, UnitePage
from app.features.participation.queries.lives import unions
from app.features.participation.services.uniting import group_ideas, merge_ideas, undo_union
from app.features.participation.views import blueprint
from app.features.participation.views.section import related
from app.features.territories.hosts import host_reach

FACILITATORS = (DISPATCHER, ADMINISTRATOR)
_NAMED = text(
    "SELECT reference, coalesce(title, left(body, 90)) AS title FROM contribution "
    "WHERE reference = ANY(CAST(:references AS text[])) AND visibility = 'public' AND kind = 'proposal' ORDER BY id"
)


@blueprint.get("/bureau/idees/reunir")
@require_role(*FACILITATORS)
def unite() -> Response:
    """The form, with the ideas that the address names (`ideas`), and the log."""
    return _page()


@blueprint.post("/bureau/idees/reunir")
@require_role(*FACILITATORS)
def save_union() -> BaseResponse:
    """Merge (`how=merge`) or group (`how=group`)."""
    form, actor = request.form, current_actor()
    named: dict[str, Any] = {"references": _references(form.get("ideas", "")), "why": form.get("why", "")}
    try:
        if form.get("how") == "group":
            group_ideas(db.session, actor, title=form.get("title", ""), within=host_reach(), **named)
        else:
            merge_ideas(
                db.session,
                actor,
                into=form.get("into", ""),
                title=form.get("title", ""),
                body=form.get("text", ""),
                within=host_reach(),
                **named,
            )
    except Invalid as invalid:
        return _page(invalid)
    db.session.commit()
    flash(gettext("Done. Those who carried them are asked; nothing was moved."), "success")
    return redirect(url_for("participation.unite"), 303)


@blueprint.post("/bureau/idees/reunir/<int:union_id>/defaire")
@require_role(*FACILITATORS)
def undo(union_id: int) -> BaseResponse:
    """Undo one, with a reason."""
    undo_union(db.session, current_actor(), union_id=union_id, why=request.form.get("why", ""))
    db.session.commit()
    flash(gettext("Undone: each idea stands alone again."), "success")
    return redirect(url_for("participation.unite"), 303)


def _page(invalid: Invalid | None = None) -> Response:
    actor = current_actor()
    asked = _references(request.values.get("ideas", ""))
    parts = [one for row in db.session.execute(_NAMED, {"references": asked}) if (one := related(row))]
    log = unions(db.session, territories=sorted(actor.territory_ids), everywhere=actor.everywhere)
    page = UnitePage(
        action=url_for("participation.save_union"),
        values=request.form.to_dict() if invalid else {"ideas": ", ".join(asked), "how": "merge"},
        errors={e.field: gettext(e.message, **e.params) for e in invalid.errors} if invalid else {},
        parts=parts,
        log=[_line(row) for row in log],
    )
    return make_response(render_template("participation/unite.html", page=page), invalid.status if invalid else 200)


def _line(row: Any) -> UnionLine:
    return UnionLine(
        id=row.id,
        kind=str(wording.UNIONS[row.kind]),
        title=row.title,
        parts=[_named(part["reference"], part["title"]) for part in row.parts or ()],
        result=_named(row.result_reference, row.result_title) if row.result_reference else None,
        who=row.who,
        when=row.at,
        why=row.why,
        undone_when=row.undone_at,
        undone_who=row.undone_who,
        undone_why=row.undone_why,
        undo_url="" if row.undone_at else url_for("participation.undo", union_id=row.id),
        invited=row.invited,
        answered=row.answered,
    )


def _named(reference: str, title: str) -> Related:
    return Related(reference, title, url_for("contributions.show", reference=reference))


def _references(typed: str) -> list[str]:
    """Numbers as people type them, parted by anything."""
    return list(dict.fromkeys(re.findall(r"[A-Z]{2,5}-\d{1,9}", typed.upper())))[:30]

"""`/moderation/blocage`: the town's block list."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.features.accounts.access import current_actor
from app.features.accounts.policies import ADMINISTRATOR, MANAGER, oversees_territory
from app.features.moderation import policies, queries, services, wording
from app.features.moderation.pages import block_lines
from app.features.moderation.policies import BLOCK_READERS
from app.features.territories.blocking import BLOCK_KINDS

blueprint = Blueprint("blocking", __name__, template_folder="templates")
writers = require_role(MANAGER, ADMINISTRATOR)


@blueprint.get("/moderation/blocage")
@require_role(*BLOCK_READERS)
def listed() -> str:
    """Who is on the list, why, since when, by whom; and who was."""
    return _page()


@blueprint.post("/moderation/blocage")
@writers
def add() -> Response | tuple[str, int]:
    """One more entry; what is refused comes back with what was typed."""
    form = request.form
    try:
        entry = services.block(
            db.session,
            current_actor(),
            territory_id=_town().id,
            kind=form.get("kind", ""),
            value=form.get("value", ""),
            reason=form.get("reason", ""),
            until=form.get("until", ""),
        )
    except Invalid as invalid:
        db.session.rollback()
        return _page(invalid), invalid.status
    db.session.commit()
    flash(_("%(value)s is on the list.", value=entry.value), "success")
    return redirect(_address(), 303)


@blueprint.post("/moderation/blocage/<int:entry_id>/lever")
@writers
def remove(entry_id: int) -> Response:
    """Take one off."""
    services.unblock(db.session, current_actor(), entry_id=entry_id)
    db.session.commit()
    flash(_("It is off the list. What was held stays in the queue until somebody decides."), "success")
    return redirect(_address(), 303)


def _town() -> queries.BlockTown:
    """The town that is asked for, among those of the actor; their first one else."""
    towns, asked = queries.block_towns(db.session, current_actor()), request.values.get("territory", "")
    if not towns:
        raise NotFound("No territory has this name.")
    found = next((town for town in towns if town.slug == asked), None) if asked else towns[0]
    if found is None:
        raise NotFound("No territory has this name.")
    return found


def _address() -> str:
    return url_for("blocking.listed", territory=request.values.get("territory") or None)


def _page(invalid: Invalid | None = None) -> str:
    actor, town = current_actor(), _town()
    entries = queries.block_list(db.session, territory_id=town.id)
    errors = {error.field: _(error.message, **error.params) for error in invalid.errors} if invalid else {}
    return render_template(
        "moderation/blocking.html",
        current=block_lines([entry for entry in entries if entry.counts]),
        former=block_lines([entry for entry in entries if not entry.counts]),
        town=town,
        towns=[(each.slug, each.name) for each in queries.block_towns(db.session, actor)],
        kinds=[(code, wording.BLOCK_KINDS[code]) for code in BLOCK_KINDS],
        queue_url=url_for("moderation.queue", vue="waiting") if oversees_territory(actor) else "",
        may_write=policies.may_block(actor, town.id),
        typed=request.form,
        errors=errors,
        journal_url=url_for("moderation.journal") if policies.may_read_journal(actor) else "",
    )

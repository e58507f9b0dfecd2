"""`/exploitation`: the machinery on one page, for administrators."""

from __future__ import annotations

import structlog
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from redis import Redis
from werkzeug.wrappers import Response

from app.core.access import require_role
from app.core.db import db
from app.core.i18n import label, say
from app.features.accounts.access import current_actor
from app.features.territories.failing import failing_rules
from app.operations import words
from app.operations.state import machinery, retry

log = structlog.get_logger("operations")

blueprint = Blueprint("operations", __name__, template_folder="templates")


@blueprint.get("/exploitation")
@require_role("administrator")
def index() -> str:
    """Queues, lag, processes, failures, throughput; the rules that fail in the towns of who asks."""
    actor = current_actor()
    towns = None if actor.everywhere else actor.territory_ids
    redis = Redis.from_url(current_app.extensions["settings"].redis.url, socket_timeout=2, socket_connect_timeout=2)
    try:
        state = machinery(db.session, redis, territory_ids=towns)
    finally:
        redis.close()
    rules = failing_rules(db.session, territory_ids=towns)
    return render_template("operations/index.html", state=state, words=words, rules=rules, say=say, label=label)


@blueprint.post("/exploitation/retry")
@require_role("administrator")
def retry_jobs() -> Response:
    """Try one job again, or all that were given up."""
    given = request.form.get("id", "")
    count = retry(db.session, outbox_id=int(given) if given.isdigit() else None)
    db.session.commit()
    log.info("jobs_retried", outbox_id=given or "all", count=count)
    if count:
        flash(ngettext("%(num)d job is tried again.", "%(num)d jobs are tried again.", count))
    else:
        flash(_("There was nothing to try again: it is done already."))
    return redirect(url_for("operations.index"), code=303)

"""The desk: `/bureau`, a queue and one open ticket. Each action is a plain form with a version and a CSRF token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.access import require_role
from app.core.db import db
from app.core.errors import Conflict, Denied, Invalid, NotFound, Problem, invalid
from app.core.i18n import label, say
from app.features.accounts.access import current_actor
from app.features.accounts.policies import DESK_ROLES
from app.features.contributions.pictures import private_picture
from app.features.territories.sites import shown_basemap
from app.features.tickets import queries, services
from app.features.tickets.forms import typed_place
from app.features.tickets.services import Done
from app.features.tickets.showing import desk_page, looking, ticket_view
from app.features.tickets.wording import routing_words
from app.features.tickets.workflow import Change

blueprint = Blueprint("tickets", __name__, template_folder="templates")
desk_only = require_role(*DESK_ROLES)
ACTIONS = "parole, attribution, transfert, categorie, lieu, doublon, parent, detachement, separation"
Answer = Response | str | tuple[str, int]


@blueprint.get("/bureau")
@desk_only
def queue() -> Answer:
    """A queue."""
    actor = current_actor()
    look = looking(actor, request.args)
    if look.query and (found := _exact(look.query)):
        return redirect(look.address(url_for("tickets.ticket", reference=found), q=""), code=303)
    # A ticket chosen from here comes into this page, with its small map.
    shown_basemap()
    return render_template("tickets/desk.html", page=desk_page(actor, look))


@blueprint.get("/bureau/<reference>")
@desk_only
def ticket(reference: str) -> Answer:
    """A ticket, beside the queue it came from."""
    if reference != reference.upper():
        return redirect(_same_view(reference, reference.upper()))
    try:
        return _page(reference)
    except NotFound:
        # Whoever has the number of a contribution has that of its ticket, though it joined another's.
        joined = _exact(reference)
        if joined is None or joined == reference:
            raise
        return redirect(_same_view(reference, joined))


@blueprint.get("/bureau/<reference>/photos/<key>-<int:size>.jpg")
@desk_only
def picture(reference: str, key: str, size: int) -> Response:
    """A picture that the public does not see, for who works on its ticket."""
    detail = queries.ticket_detail(db.session, current_actor(), reference=reference)
    return private_picture(key if any(photo.key == key for photo in detail.photos) else None, size)


@blueprint.get("/bureau/<reference>/pourquoi")
@desk_only
def why(reference: str) -> Answer:
    """What each rule says of this ticket."""
    found = queries.why_here(db.session, current_actor(), reference=reference)
    return render_template(
        "tickets/why.html",
        why=found,
        kept=routing_words(found.detail.row.routing),
        service=label(found.service),
        reason=say(found.reason),
        rules=[
            {
                "slug": rule.rule_id,
                "name": rule.name if isinstance(rule.name, str) else label(rule.name),
                "outcome": rule.outcome,
                "said": say(rule.message),
                "steps": [(step.held, say(step.message)) for step in rule.steps],
            }
            for rule in found.rules
        ],
    )


@blueprint.get(f"/bureau/<reference>/<any({ACTIONS}):_action>")
@desk_only
def back_to_ticket(reference: str, _action: str) -> Answer:
    """A form that came back with an error was reloaded, or read in another language: the ticket itself."""
    return redirect(f"{url_for('tickets.ticket', reference=reference)}?{request.query_string.decode()}".rstrip("?"))


@blueprint.post("/bureau/<reference>/parole")
@desk_only
def speak(reference: str) -> Answer:
    """An answer, a note or a change of state, according to the button pressed and who is to read it."""
    form = request.form
    public, text = form.get("public", "yes") != "no", form.get("text", "")

    def act(version: int) -> Done:
        actor, state = current_actor(), form.get("state", "")
        if not state:
            return services.answer(db.session, actor, reference=reference, text=text, version=version, public=public)
        if not public and text.strip():
            # The words stay between colleagues; the state changes without them.
            services.answer(db.session, actor, reference=reference, text=text, version=version, public=False)
            version += 1
        change = Change(
            text=text if public else "",
            reason=form.get("reason") or None,
            planned_on=_day(form.get("planned_on", "")),
            waiting_for=form.get("waiting_for") or None,
        )
        return services.change_state(
            db.session, actor, reference=reference, state=state, version=version, change=change
        )

    said = _("It is public now.") if public and text.strip() else _("It is recorded.")
    return _do(reference, act, said=said)


@blueprint.post("/bureau/<reference>/attribution")
@desk_only
def assign(reference: str) -> Answer:
    """Take it, give it back, or give it to a colleague (`assignee`: an id, `nobody`, or nothing for oneself)."""
    actor, asked = current_actor(), request.form.get("assignee", "")
    to = actor.id if not asked else int(asked) if asked.isdecimal() else None
    said = _("It is yours.") if to == actor.id else _("It is recorded.")
    return _do(
        reference,
        lambda version: services.assign(db.session, actor, reference=reference, assignee_id=to, version=version),
        said=said,
    )


@blueprint.post("/bureau/<reference>/transfert")
@desk_only
def move(reference: str) -> Answer:
    """Give it to another service."""
    form = request.form

    def act(version: int) -> Done:
        return services.move_to_service(
            db.session,
            current_actor(),
            reference=reference,
            service=form.get("service", ""),
            text=form.get("why", ""),
            version=version,
        )

    return _do(reference, act, said=_("%(reference)s has moved to the other service.", reference=reference))


@blueprint.post("/bureau/<reference>/categorie")
@desk_only
def correct_category(reference: str) -> Answer:
    """Correct the category; the rules are asked again, once."""

    def act(version: int) -> Done:
        category = request.form.get("category", "")
        return services.change_category(
            db.session, current_actor(), reference=reference, category=category, version=version
        )

    return _do(reference, act, said=_("The category is corrected, and the rules were asked again."))


@blueprint.post("/bureau/<reference>/lieu")
@desk_only
def correct_place(reference: str) -> Answer:
    """Correct the place, by coordinates (the map fills them) or by an address that the town's index knows."""
    address = request.form.get("address", "")

    def act(version: int) -> Done:
        lon, lat = typed_place(request.form)
        return services.change_place(
            db.session, current_actor(), reference=reference, lon=lon, lat=lat, address=address, version=version
        )

    return _do(reference, act, said=_("The place is corrected, and the rules were asked again."))


@blueprint.post("/bureau/<reference>/doublon")
@desk_only
def mark_duplicate(reference: str) -> Answer:
    """Close it as the duplicate of another."""

    def act(version: int) -> Done:
        of = request.form.get("of", "")
        return services.mark_duplicate(db.session, current_actor(), reference=reference, of=of, version=version)

    return _do(reference, act, said=_("It is joined to the other one. You can undo this."))


@blueprint.post("/bureau/<reference>/parent")
@desk_only
def attach(reference: str) -> Answer:
    """Put it under a parent, or another one under it."""
    parent, child = request.form.get("parent"), request.form.get("child")

    def act(version: int) -> Done:
        return services.attach(
            db.session, current_actor(), reference=reference, parent=parent, child=child, version=version
        )

    return _do(reference, act, said=_("They are gathered. You can undo this."))


@blueprint.post("/bureau/<reference>/detachement")
@desk_only
def detach(reference: str) -> Answer:
    """Undo that: leave the parent, or let a child go."""
    child = request.form.get("child")

    def act(version: int) -> Done:
        return services.detach(db.session, current_actor(), reference=reference, child=child, version=version)

    return _do(reference, act, said=_("They are no longer gathered."))


@blueprint.post("/bureau/<reference>/separation")
@desk_only
def split(reference: str) -> Answer:
    """Take one contribution out of the group."""
    leaving = request.form.get("contribution", "")

    def act(version: int) -> Done:
        return services.split_contribution(
            db.session, current_actor(), reference=reference, contribution=leaving, version=version
        )[0]

    return _do(reference, act, said=_("%(reference)s now has a ticket of its own.", reference=leaving))


def _do(reference: str, act: Callable[[int], Done], *, said: str) -> Answer:
    """One action, one transaction; what is refused comes back with what was typed."""
    try:
        act(_version())
        db.session.commit()
    except (Invalid, Conflict, NotFound, Denied) as problem:
        db.session.rollback()
        return _page(reference, problem=problem)
    flash(said, "success")
    actor = current_actor()
    look = looking(actor, request.args)
    try:
        queries.ticket_detail(db.session, actor, reference=reference)
    except NotFound:
        return redirect(look.address(url_for("tickets.queue")), code=303)
    return redirect(look.address(url_for("tickets.ticket", reference=reference)), code=303)


def _page(reference: str, *, problem: Problem | None = None) -> Answer:
    actor = current_actor()
    look = looking(actor, request.args)
    detail = queries.ticket_detail(db.session, actor, reference=reference)
    errors = {}
    if problem is not None:
        errors = {error.field or "text": _(error.message, **error.params) for error in problem.errors}
        if isinstance(problem, Conflict):
            errors = {"text": _("A colleague changed this ticket meanwhile. Look at it again: your text is kept.")}
        elif not errors:
            # Another ticket named in the form: this one is there, or the page itself would not be.
            errors = {"text": _(problem.detail or problem.title, **problem.params)}
    view = ticket_view(actor, detail, look, typed=request.form if problem else {}, errors=errors)
    page = render_template("tickets/desk.html", page=desk_page(actor, look, view))
    return (page, problem.status) if problem else page


def _same_view(reference: str, other: str) -> str:
    return request.full_path.rstrip("?").replace(reference, other, 1)


def _version() -> int:
    given = request.form.get("version", "")
    if not given.isdecimal():
        abort(400)
    return int(given)


def _day(given: str) -> date | None:
    if not given.strip():
        return None
    try:
        return date.fromisoformat(given.strip())
    except ValueError:
        raise invalid("/planned_on", "Write a date as 2026-11-27.") from None


def _exact(query: str) -> str | None:
    """The reference of a ticket this actor may see, if that is what was typed."""
    return queries.ticket_numbered(db.session, current_actor(), query)

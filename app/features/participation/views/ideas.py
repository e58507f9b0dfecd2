"""`/idees`: the ideas of a town, in an order that favours nobody; and those that look like what one is writing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app.core.access import public
from app.core.db import db
from app.core.i18n import label
from app.features.contributions.drafts import Draft
from app.features.contributions.form_pages import Nearby
from app.features.contributions.pages import Choice
from app.features.contributions.person import person
from app.features.contributions.scope import scope_of
from app.features.contributions.views.maps import asked_pin, list_item, list_items
from app.features.participation.pages import IdeasPage
from app.features.participation.queries.ideas import (
    ORDERS,
    PUBLIC_KEYS,
    IdeaFilters,
    Order,
    ideas,
    similar_ideas,
)
from app.features.participation.queries.lives import titles_of_groups
from app.features.participation.views import blueprint
from app.features.territories.catalogue import Town, current_towns
from app.features.territories.processes import ProcessFacts, process_named, processes_of
from app.features.territories.sites import site_town
from app.web.words import IDEA_STATES

ORDER_WORDS: Mapping[str, Any] = {
    "fair": _("By chance"),
    "newest": _("Newest first"),
    "supported": _("Most supported"),
    "discussed": _("Most discussed"),
}


@blueprint.get("/idees")
@public
def index() -> Response:
    """The ideas under these filters, thirty a page."""
    here, seed = site_town(), asked_seed()
    territories = scope_of(db.session, here.town.slug).territory_ids
    known = processes_of(db.session, territories)
    chosen = chosen_filters(known)
    facts = process_named(known, chosen["process"])
    filters = idea_filters(here.town, territories, facts, chosen, seed=seed)
    found = ideas(db.session, filters, cursor=request.args.get("cursor", ""))
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    page = IdeasPage(
        items=list_items(found.rows),
        total=found.total,
        process=label(facts.label) if facts else gettext("The ideas"),
        lead=label(facts.description) if facts else "",
        processes=[Choice(one.key, label(one.label)) for one in known],
        categories=idea_categories(here.town),
        zones=zone_choices(here.town),
        states=[Choice(state, str(IDEA_STATES[key])) for state, key in PUBLIC_KEYS.items()],
        orders=[Choice(order, str(ORDER_WORDS[order])) for order in ORDERS],
        chosen=chosen,
        hidden=facts.hides if facts else False,
        closes_at=facts.closes_at if facts else None,
        standing=facts.standing if facts else "open",
        following=url_for("participation.index", **kept, seed=word_of(seed), cursor=found.cursor)
        if found.cursor
        else "",
        first=url_for("participation.index", **kept, seed=word_of(seed)) if "cursor" in request.args else "",
        follow_url=_follow_url(facts, known),
        synthesis_url=url_for("participation.synthesis", process=chosen["process"] or None),
        propose_url=url_for("contributions.new", kind="proposal"),
        groups=titles_of_groups(db.session, [row.reference for row in found.rows]),
    )
    response = make_response(render_template("participation/ideas.html", page=page))
    # Each visitor has their own order: no shared cache may give one's to another.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/idees/proches")
@public
def similar() -> Response:
    """Open ideas near a pin that look like these words, as lines for the form; empty when there are none."""
    return make_response(render_template("participation/_similar.html", similar=similar_to(request.args)))


def _follow_url(facts: ProcessFacts | None, known: Sequence[ProcessFacts]) -> str:
    """Where one asks to hear of the new ideas of the process shown, or of the only one."""
    one = facts or (known[0] if len(known) == 1 else None)
    return url_for("contributions.follow_area", process=one.key) if one and one.standing != "closed" else ""


def similar_to(asked: Mapping[str, Any]) -> list[Nearby]:
    """The same as data, for `lon`, `lat`, `title` and `text`; nothing while there is no place or are no words."""
    pin = asked_pin(asked)
    if pin is None:
        return []
    territories = scope_of(db.session, site_town().town.slug).territory_ids
    words = str(asked.get("title") or asked.get("text") or "")
    rows = similar_ideas(db.session, territories=territories, lon=pin[0], lat=pin[1], words=words.replace("\x00", ""))
    towns = current_towns(db.session, (row.territory_id for row in rows))
    return [
        Nearby(
            list_item(row, towns[row.territory_id], row.distance_m),
            support_url=url_for("contributions.support", reference=row.reference),
        )
        for row in rows
    ]


def similar_part(asked: Mapping[str, Any], error: str = "") -> Markup:
    """The part of an idea's form that shows those which look like it."""
    return Markup(  # noqa: S704 - a template of ours
        render_template(
            "participation/_similar_part.html",
            similar=similar_to(asked),
            error=error,
            url=url_for("participation.similar"),
        )
    )


def looks_like_another(draft: Draft) -> bool:
    """Whether an open idea near it says nearly the same."""
    said = {"lon": draft.lon, "lat": draft.lat, "title": draft.title, "text": draft.text}
    return bool(similar_to(said))


def chosen_filters(known: Sequence[ProcessFacts]) -> dict[str, str]:
    """What the address asks for; whatever is unknown is forgotten, a shared link never breaks."""
    asked = {name: request.args.get(name, "").strip()[:80] for name in ("process", "category", "zone", "state")}
    facts = process_named(known, asked["process"])
    asked["process"] = facts.key if facts else ""
    if asked["state"] not in PUBLIC_KEYS:
        asked["state"] = ""
    order = request.args.get("order", "")
    return asked | {"order": order if order in ORDERS and order != "fair" else ""}


def idea_filters(
    town: Town, territories: Sequence[int], facts: ProcessFacts | None, chosen: Mapping[str, str], *, seed: int = 0
) -> IdeaFilters:
    """The words of the address as ids."""
    wanted = None
    if chosen.get("category"):
        wanted = [one.id for one in town.categories_by_id.values() if chosen["category"] in one.path]
    return IdeaFilters(
        territories=territories,
        process_id=facts.id if facts else None,
        categories=wanted,
        zone=chosen.get("zone", ""),
        state=chosen.get("state", ""),
        order=cast("Order", chosen.get("order") or "fair"),
        seed=seed,
    )


def asked_seed() -> int:
    """The order of chance of this visit: the address's, else the person's own, else a new one."""
    word = request.args.get("seed", "")
    if re.fullmatch(r"[0-9a-f]{16}", word):
        return int.from_bytes(bytes.fromhex(word), "big", signed=True)
    known = person()
    return int.from_bytes(known[-1][:8] if known else secrets.token_bytes(8), "big", signed=True)


def word_of(seed: int) -> str:
    """A seed as the addresses of the following pages carry it."""
    return seed.to_bytes(8, "big", signed=True).hex()


def idea_categories(town: Town) -> list[Choice]:
    """The themes: the categories that take ideas."""
    return [
        Choice(one.slug, label(one.label), icon=one.icon)
        for one in town.categories_by_id.values()
        if one.leaf and one.active and "proposal" in one.kinds
    ]


def zone_choices(town: Town) -> list[Choice]:
    """The zones of the town by name."""
    return sorted((Choice(slug, name) for _kind, slug, name in town.zone_keys.values()), key=lambda one: one.label)

"""`/flux.atom`: the list, under any of its filters, as a feed; `/c/BAY-4817/flux.atom`: the story of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext

from app.core.access import public
from app.core.db import db
from app.core.i18n import cookieless, label, language
from app.features.contributions import feeds, wording
from app.features.contributions.feeds import Entry, atom, details
from app.features.contributions.pages import Filters
from app.features.contributions.public import public_face
from app.features.contributions.urls import absolute, public_url
from app.features.contributions.views import blueprint
from app.features.contributions.views.maps import asked_bounds, first_sentence, listed
from app.features.territories.catalogue import current_town, current_towns
from app.features.territories.hosts import host_reach
from app.features.territories.sites import SiteTown, site_town
from app.web import words


@blueprint.get("/flux.atom")
@public
@cookieless
def feed() -> Response:
    """The newest public contributions that the filters of the address let through."""
    # A feed tells what is new, whatever the order of the list beside which it was found.
    here, filters = site_town(), replace(Filters.read(request.args), sort="newest")
    rows = listed(here, filters, 0).rows
    more = details(db.session, [row.id for row in rows])
    towns = current_towns(db.session, (row.territory_id for row in rows))
    entries = []
    for row in rows:
        town, found = towns[row.territory_id], more.get(row.id)
        if found is None:
            continue
        category = town.categories_by_id[row.category_id]
        state = wording.state_word(row.state, placed=row.ticket_id is not None, kind=row.kind)
        said = words.state_words(row.kind)[state]
        entries.append(
            Entry(
                id=public_url(row.reference),
                title=first_sentence(row.title),
                text=words.named(words.KINDS[row.kind].one, f"{label(category.label)}. {said}.\n\n{found.body}"),
                link=public_url(row.reference),
                updated=found.updated_at,
                published=row.created_at,
                terms=[
                    (row.kind, str(words.KINDS[row.kind].one)),
                    (category.slug, label(category.label)),
                    (state, str(said)),
                ],
                place=(found.lon, found.lat),
            )
        )
    kept: dict[str, Any] = filters.params() | ({"bbox": request.args["bbox"]} if asked_bounds() else {})
    return _answer(
        title=_title(here, filters),
        author=here.town.name,
        address=absolute(url_for("contributions.feed", **kept, lang=language())),
        page=absolute(url_for("contributions.list_page", **kept)),
        entries=entries,
    )


def _title(here: SiteTown, filters: Filters) -> str:
    """The town, then what its filter lets through: of two feeds in a reader, one sees which is which."""
    category = here.town.categories.get(filters.category)
    zone = next((name for _, slug, name in here.town.zone_keys.values() if slug == filters.zone), "")
    told = [
        *(str(words.KINDS[kind].many) for kind in words.KINDS if kind in filters.kinds and len(filters.kinds) < 3),
        label(category.label) if category else "",
        str(words.STATES[filters.state]) if filters.state in words.STATES else "",
        zone,
        filters.query,
    ]
    return " · ".join([gettext("Contributions: %(place)s", place=here.place), *filter(None, told)])


@blueprint.get("/c/<reference>/flux.atom")
@public
@cookieless
def feed_of_one(reference: str) -> Response:
    """What became of one contribution, the newest first."""
    face = public_face(db.session, reference, within=host_reach())
    row, town = face.row, current_town(db.session, face.row.territory_id)
    page = public_url(row.reference)
    entries = [
        Entry(
            id=f"{page}#event-{event.id}",
            title=step.text,
            text=step.note or (row.body if event.type == "received" else step.text),
            link=page,
            updated=event.at,
            published=event.at,
            place=(row.lon, row.lat),
        )
        for event in reversed(face.history)
        if (step := wording.step_of(event, town, row.kind)) is not None
    ]
    return _answer(
        title=words.named(row.reference, first_sentence(row.title or row.body)),
        author=town.name,
        address=absolute(url_for("contributions.feed_of_one", reference=row.reference, lang=language())),
        page=page,
        entries=entries,
    )


def _answer(*, title: str, author: str, address: str, page: str, entries: list[Entry]) -> Response:
    made = atom(title=title, author=author, address=address, page=page, language=language(), entries=entries)
    response = Response(made, content_type=f"{feeds.MEDIA}; charset=utf-8")
    response.add_etag()
    # What is hidden must leave every reader's feed at its next look.
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response

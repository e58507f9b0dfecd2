"""`/c/BAY-4817`: what became of it, for everybody; and for its author by the private link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.i18n import label
from app.features.contributions import wording
from app.features.contributions.nearby import neighbours
from app.features.contributions.owning import author_reach, what_author_may
from app.features.contributions.pages import Fact, MiniMap, OwnActs, PhotoView, ShowPage
from app.features.contributions.person import person
from app.features.contributions.public import Face, public_face
from app.features.contributions.services import follow_hash
from app.features.contributions.supporting import CLOSED, is_supported, is_united, may_support
from app.features.contributions.urls import author_of, photo_url
from app.features.contributions.views import blueprint
from app.features.contributions.views.maps import first_sentence, list_item
from app.features.contributions.views.share import picture_address
from app.features.territories.catalogue import CategoryFacts, Town, current_town
from app.features.territories.hosts import host_reach
from app.features.territories.processes import process
from app.features.territories.sites import shown_basemap, site_town
from app.web import words


@blueprint.get("/c/<reference>")
@public
def show(reference: str) -> str | BaseResponse:
    """The public page of a contribution."""
    if reference != reference.upper():
        return redirect(url_for("contributions.show", reference=reference.upper()), 301)
    return render_template(
        "contributions/show.html", page=_page(public_face(db.session, reference, within=host_reach()))
    )


@blueprint.get("/c/<reference>/suivi/<token>")
@public
def follow(reference: str, token: str) -> Response:
    """The author's own page; opening it changes nothing, whoever opens it."""
    return own_page(own_face(reference, token), token)


@blueprint.get("/recherche")
@public
def find() -> BaseResponse:
    """A number typed in the search box leads to its page; words lead to the list."""
    asked = request.args.get("q", "").strip()
    if asked and "-" in asked and len(asked) < 20 and asked.replace("-", "").isalnum() and asked[-1].isdecimal():
        return redirect(url_for("contributions.show", reference=asked.upper()), 303)
    return redirect(url_for("contributions.list_page", q=asked or None), 303)


def own_face(reference: str, token: str) -> Face:
    """What the author sees, by the link of the receipt or by the signed one of a mail or of their space."""
    return public_face(
        db.session, reference, follow_hash=follow_hash(token), own_id=author_of(token), within=host_reach()
    )


def own_page(face: Face, token: str, *, typed: Mapping[str, str] = {}, errors: Mapping[str, str] = {}) -> Response:
    """The author's page, with what was typed and refused."""
    town = current_town(db.session, face.row.territory_id)
    may = what_author_may(face.row, moderated=town.categories_by_id[face.row.category_id].moderation == "before")
    reach = author_reach(db.session, contribution_id=face.row.id)

    def at(act: str) -> str:
        return url_for("contributions.own_act", reference=face.row.reference, token=token, act=act)

    def own_picture(key: str, size: int) -> str:
        return url_for("contributions.own_picture", reference=face.row.reference, token=token, key=key, size=size)

    own = OwnActs(
        add_url=at("ajouter") if may.add else "",
        correct_url=at("corriger") if may.correct else "",
        withdraw_url=at("retirer") if may.withdraw else "",
        silence_url=at("silence") if reach == "reached" else "",
        hear_url=at("entendre") if reach == "silent" else "",
        title=typed.get("title", face.row.title or ""),
        text=typed.get("text", face.row.body),
        words=typed.get("words", ""),
        errors=errors,
        withdrawn=face.row.visibility == "withdrawn",
    )
    page = replace(
        _page(face, own=True, picture=photo_url if face.row.visibility == "public" else own_picture), acts=own
    )
    response = make_response(render_template("contributions/show.html", page=page), 400 if errors else 200)
    # The link is the key: no other site may learn it, no shared cache may keep it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _page(face: Face, *, own: bool = False, picture: Callable[[str, int], str] = photo_url) -> ShowPage:
    row = face.row
    town = current_town(db.session, row.territory_id)
    category = town.categories_by_id[row.category_id]
    here = site_town()
    joined = None
    may = row.visibility == "public" and may_support(kind=row.kind, state=row.state)
    # Who said it has said it; an idea is voted on by whoever had it, too.
    may = may and (row.kind == "proposal" or not own)
    argue = False
    if row.kind == "proposal":
        # Any other way of voting has its own place in the page (`participation`).
        facts = process(db.session, row.process_id)
        argue = facts.open
        may = may and facts.mode == "support" and facts.open and not is_united(db.session, row.id)
    if face.joined_to:
        joined = (face.joined_to, url_for("contributions.show", reference=face.joined_to))
    title = row.title or first_sentence(row.body, 120)
    return ShowPage(
        reference=row.reference,
        kind=row.kind,
        category_label=label(category.label),
        icon=category.icon,
        title=title,
        text="" if row.body.strip() == title else row.body,
        state=wording.state_word(row.state, placed=row.ticket_id is not None, kind=row.kind),
        context=_context(face, town),
        address=row.address or "",
        created_at=row.created_at,
        answers=wording.answers(face.history, label(row.service_name) if row.service_name else town.name),
        steps=wording.steps(face.history, town=town, closed=row.state in CLOSED, kind=row.kind),
        photos=[
            PhotoView(
                url_1600=picture(photo.key, 1600),
                url_400=picture(photo.key, 400),
                alt=gettext("Photo %(number)s of %(total)s", number=number, total=len(face.photos)),
                width=photo.width,
                height=photo.height,
            )
            for number, photo in enumerate(face.photos, 1)
        ],
        facts=_facts(face, town, category),
        supports=row.supports,
        follows=row.follows,
        support_url=url_for("contributions.support", reference=row.reference) if may else "",
        may_argue=argue,
        support_api=url_for("support_api.support", reference=row.reference),
        supported=is_supported(db.session, contribution_id=row.id, person=person()),
        follow_url=url_for("contributions.ask_follow", reference=row.reference) if row.visibility == "public" else "",
        picture_url=picture_address(row.reference) if row.visibility == "public" and not own else "",
        feed_url=url_for("contributions.feed_of_one", reference=row.reference) if row.visibility == "public" else "",
        map=MiniMap((row.lon, row.lat), row.kind, shown_basemap(), here.bounds),
        joined_to=joined,
        own=own,
        photos_pending=0 if row.visibility == "withdrawn" else face.photos_pending,
        text_removed_after=row.text_removed_after,
        waiting=row.visibility == "pending",
        hidden=row.visibility == "hidden",
        edited=own and row.visibility != "hidden" and any(event.type == "edited" for event in face.history),
        close_by=[
            list_item(other, town, other.distance_m)
            for other in (neighbours(db.session, contribution_id=row.id) if row.visibility == "public" else ())
        ],
    )


def _context(face: Face, town: Town) -> str:
    """The short sentence beside the state."""
    row = face.row
    if row.due_at is None or row.ticket_state in CLOSED:
        return ""
    day = row.due_at.astimezone(town.timezone)
    said = current_app.jinja_env.filters["day"](day)
    return str(gettext("Answer expected by %(day)s", day=said))


def _facts(face: Face, town: Town, category: CategoryFacts) -> list[Fact]:
    row = face.row
    facts = [Fact(gettext("Category"), label(category.label))]
    if row.service_name:
        facts.append(Fact(gettext("Service"), label(row.service_name)))
    zones = [town.zone_keys[zone_id][2] for zone_id in row.zone_ids if zone_id in town.zone_keys]
    facts.append(Fact(gettext("Place"), ", ".join([*zones, town.name])))
    facts.append(Fact(gettext("Said"), str(words.CHANNELS.get(row.channel, row.channel))))
    if row.together and row.together > 1:
        together = ngettext("%(num)d report together", "%(num)d reports together", row.together)
        facts.append(Fact(gettext("Same problem"), together))
    return facts

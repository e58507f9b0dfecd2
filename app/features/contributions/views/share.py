"""`/c/BAY-4817/partage.jpg` and `/partage-fr.jpg`: the pictures that shared links show."""

from __future__ import annotations

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import LANGUAGES, cookieless, language
from app.core.storage import NotStored, open_storage
from app.features.contributions.share_pictures import Shared, ask_picture, shared_contribution, shared_town
from app.features.contributions.urls import absolute
from app.features.contributions.views import blueprint
from app.features.territories.hosts import host_reach
from app.features.territories.sites import site_town

STANDING = "icons/share.jpg"
"""Nobody's town: shown until a worker has drawn the town's own."""


@blueprint.get("/c/<reference>/partage.jpg")
@public
@cookieless
def shared_picture(reference: str) -> BaseResponse:
    """The picture of a contribution, else its town's; 404 before it is public, 410 when it is no longer shown."""
    shared = shared_contribution(db.session, reference, within=host_reach())
    return _file(shared) or redirect(url_for("contributions.town_picture", code=language()), 302)


@blueprint.get("/partage-<code>.jpg")
@public
@cookieless
def town_picture(code: str) -> BaseResponse:
    """The picture of the town, in one language."""
    if code not in LANGUAGES:
        raise NotFound()
    shared = shared_town(db.session, territory_id=site_town().town.id, language=code)
    return _file(shared) or redirect(current_app.extensions["auzolan.assets"].url(STANDING), 302)


def picture_address(reference: str) -> str:
    """Where the picture of a contribution's link is, absolute; asks a worker for it when it is not as it should be."""
    shared = shared_contribution(db.session, reference, within=host_reach())
    _ask(shared)
    return absolute(url_for("contributions.shared_picture", reference=reference, v=shared.digest[:12]))


def town_picture_address() -> str:
    """The same for the pages of the town."""
    return absolute(url_for("contributions.town_picture", code=language()))


def _file(shared: Shared) -> Response | None:
    _ask(shared)
    if not shared.key:
        return None
    try:
        data = open_storage(current_app.extensions["settings"].storage.location).get(shared.key)
    except NotStored:
        return None
    response = Response(data, mimetype="image/jpeg")
    # Soon asked again: what a moderator hides dies everywhere.
    response.headers["Cache-Control"] = "public, max-age=300"
    response.set_etag(shared.digest[:32])
    response.make_conditional(request)
    return response


def _ask(shared: Shared) -> None:
    if not shared.key:
        ask_picture(db.session, shared.subject)
        db.session.commit()

"""Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2): problems as service requests, for programs that speak it."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, request

from app.core.access import public
from app.core.db import at_once, db
from app.core.errors import NotFound, invalid
from app.core.i18n import cookieless, language
from app.core.logs import request_id
from app.core.security import csrf, limiter
from app.features.contributions.filters import MapFilters
from app.features.contributions.services import submit_contribution
from app.features.contributions.urls import absolute
from app.features.opendata.faces import (
    definition_document,
    discovery_document,
    receipt_document,
    request_document,
    service_document,
)
from app.features.opendata.queries import find_jurisdiction, public_requests, resolve_services, services_of
from app.features.opendata.schemas import field_name, needed_service, read_question, read_request
from app.features.opendata.wire import answer
from app.features.territories.catalogue import Town
from app.features.territories.hosts import host_reach, host_site
from app.features.territories.sites import site_town

PREFIX = "/open311/v2"
blueprint = Blueprint("open311", __name__, url_prefix=PREFIX)
csrf.exempt(blueprint)


@blueprint.get("/discovery.<any(json, xml):wire>")
@public
@cookieless
def discovery(wire: str) -> Response:
    """Where the service is and in which forms it answers."""
    return answer(discovery_document(site_town().town, absolute(PREFIX)), root="discovery", wire=wire)


@blueprint.get("/services.<any(json, xml):wire>")
@public
@cookieless
def services(wire: str) -> Response:
    """The categories that take problems."""
    town = _jurisdiction()
    return answer([service_document(each, town) for each in services_of(town)], root="services", wire=wire)


@blueprint.get("/services/<code>.<any(json, xml):wire>")
@public
@cookieless
def definition(code: str, wire: str) -> Response:
    """What one of them asks beside the text."""
    for category in services_of(_jurisdiction()):
        if category.slug == code:
            return answer(definition_document(category), root="service_definition", wire=wire)
    raise NotFound("No service has this code.")


@blueprint.get("/requests.<any(json, xml):wire>")
@public
@cookieless
def index(wire: str) -> Response:
    """The public problems, newest first: 90 days and 1,000 of them at most."""
    # The standard lets a list be written with commas, or its name again.
    given = {name: ",".join(values) for name, values in request.args.lists()}
    asked = read_question(given, _jurisdiction(), datetime.now(UTC))
    rows = public_requests(db.session, asked.filters, until=asked.until, references=asked.references)
    return answer([request_document(row) for row in rows], root="service_requests", wire=wire)


@blueprint.get("/requests/<reference>.<any(json, xml):wire>")
@public
@cookieless
def show(reference: str, wire: str) -> Response:
    """One of them, in a list as the standard has it; what is not public does not exist."""
    asked = read_question({"service_request_id": reference}, _jurisdiction(), datetime.now(UTC))
    rows = public_requests(db.session, asked.filters, references=asked.references or ())
    if len(rows) != 1:
        raise NotFound("No contribution has this number.")
    return answer([request_document(rows[0])], root="service_requests", wire=wire)


@blueprint.post("/requests.<any(json, xml):wire>")
@public
@cookieless
@limiter.limit("60 per minute")
def create(wire: str) -> Response:
    """Keep a problem as any other is kept, and answer with its number. It is nobody's who is signed in here."""
    if request.files:
        raise invalid("/media", "Photos are not taken here: send the request without them.")
    town, within = _jurisdiction(), host_reach()
    code = needed_service(request.form.get("service_code", "").strip())
    resolve_services(db.session, MapFilters(territory=town.slug, categories=(code,)))
    kept = submit_contribution(
        at_once(db.session),
        draft=read_request(request.form, town=town, language=language()).as_draft(),
        within=within,
        request_id=request_id(),
        waits=current_app.extensions.get("auzolan.waits"),
    )
    document = [receipt_document(kept.reference, kept.receipt)]
    return answer(document, root="service_requests", wire=wire, status=201)


@blueprint.after_app_request
def say_it_as_the_standard_does(response: Response) -> Response:
    """Whatever was refused under our prefix, by whom ever, is a list of codes with descriptions."""
    if not request.path.startswith(f"{PREFIX}/") or response.mimetype != "application/problem+json":
        return response
    problem = response.get_json()
    named = [(field_name(error["pointer"]), error["message"]) for error in problem["errors"]]
    told = [f"{name}: {message}" if name else message for name, message in named] or [problem["detail"]]
    document = [{"code": problem["status"], "description": words} for words in told]
    wire = "xml" if request.path.endswith(".xml") else "json"
    refused = answer(document, root="errors", wire=wire)
    response.data, response.headers["Content-Type"] = refused.data, refused.headers["Content-Type"]
    return response


def _jurisdiction() -> Town:
    slug = request.values.get("jurisdiction_id", "").strip()
    if "\x00" in slug:
        raise NotFound("No territory has this name.")
    return find_jurisdiction(db.session, slug, home=host_site(), within=host_reach())

"""`/contribuer`: choose a kind, say it, get a number. Works without JavaScript; nothing typed is ever lost."""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import segno
from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import FieldError, Invalid, Unavailable, Unprocessable, invalid
from app.core.i18n import label, language
from app.core.logs import request_id
from app.core.security import csrf, limiter
from app.core.storage import open_storage
from app.features.contributions.drafts import BODY_MAX, PHOTOS_MAX, Draft, PhotoDraft
from app.features.contributions.form_pages import (
    CategoryChoice,
    KindPage,
    NewPage,
    Question,
    ReceiptPage,
    ServiceContact,
    Stop,
)
from app.features.contributions.forms import page_field, photo_files, read_page_form
from app.features.contributions.pages import Choice
from app.features.contributions.person import acting_author, remember
from app.features.contributions.photos import blurs_faces
from app.features.contributions.public import public_face
from app.features.contributions.queries import common_categories
from app.features.contributions.schemas import ContributionIn, read_contribution
from app.features.contributions.services import Promise, Submitted, find_promise, follow_hash, submit_contribution
from app.features.contributions.uploads import check_uploads
from app.features.contributions.urls import follow_url
from app.features.contributions.views import blueprint
from app.features.contributions.views.maps import already_there
from app.features.territories.catalogue import CategoryFacts, Town, current_town
from app.features.territories.deciding import decide, due_date, facts_of
from app.features.territories.geocoders import site_address
from app.features.territories.hosts import host_reach
from app.features.territories.sites import shown_basemap, site_town

KINDS = ("problem", "praise", "proposal")
_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
NO_PLACE = "Place the pin on the map, or write where it is."
SENT_BEFORE = (
    "This form was received already, with other words. "
    "If this is something else, send it again: it will be another contribution."
)
TOO_OLD = "This page stayed open too long, or the browser kept no cookie. What you wrote is still here: send it again."

NEEDED = {"/category": "Choose what it is about.", "/text": "Write a sentence, so that somebody can act."}
"""What our own page says of a field left empty, with or without scripts."""

KEPT_FOR_S = 24 * 3600
"""Seconds during which photos of a form that was refused may be sent again without their files."""

QUESTION_TYPES = {"choice": "choice", "multi": "several", "yes_no": "yesno", "number": "number", "text": "text"}


@blueprint.get("/contribuer")
@public
def new_kind() -> str:
    """Report, praise or propose?"""
    here = site_town()
    passed: dict[str, Any] = {name: request.args[name] for name in ("lon", "lat", "address") if name in request.args}
    urls = {kind: url_for("contributions.new", kind=kind, **passed) for kind in KINDS}
    phone = str(here.town.town_hall.get("phone") or "")
    return render_template("contributions/new_kind.html", page=KindPage(urls=urls, urgent_phone=phone))


@blueprint.get("/contribuer/<any(problem,praise,proposal):kind>")
@public
def new(kind: str) -> str:
    """The form, with what the address already knows (place, category)."""
    values = {name: value for name, value in request.args.items() if name in ("lon", "lat", "address", "category")}
    return _form(kind, values, {})


@blueprint.post("/contribuer/<any(problem,praise,proposal):kind>")
@public
@limiter.limit("30 per minute")
@csrf.exempt  # type: ignore[untyped-decorator]  # asked for in `_submit`, so that a refusal keeps what was typed
def create(kind: str) -> str | tuple[str, int] | BaseResponse:
    """Keep it and go to the receipt; or the same form, with a sentence beside each field to mend."""
    kept = _kept_photos()
    author, secret = acting_author()
    try:
        submitted = _submit(kind, kept, author)
    except Invalid as invalid:
        category = request.form.get("category", "")
        errors = {
            page_field(error.pointer, category): gettext(_in_words(error), **error.params)
            for error in reversed(invalid.errors)
        }
        kept = getattr(invalid, "photos", kept)
        known = any(error.message == SENT_BEFORE for error in invalid.errors)
        return _form(kind, _typed(), errors, kept, key="" if known else request.form.get("key", "")), 400
    except Unavailable as unavailable:
        errors = {"photos": gettext(unavailable.detail)}
        return _form(kind, _typed(), errors, kept, key=request.form.get("key", "")), 503
    response = redirect(url_for("contributions.receipt", reference=submitted.reference, token=submitted.token), 303)
    remember(response, secret)
    return response


def _typed() -> dict[str, Any]:
    """What was typed, by field: a list where a question was given several answers."""
    several = {name: given for name, given in request.form.lists() if name.startswith("answers.") and len(given) > 1}
    return request.form.to_dict() | several


def _submit(kind: str, kept: tuple[PhotoDraft, ...], author: bytes) -> Submitted:
    promise = _promise()
    try:
        replayed, before = find_promise(db.session, promise) if promise else None, []
    except Unprocessable:
        # Sent, gone back to, changed and sent again: what was written comes back, under a key of its own.
        replayed, before = None, [FieldError("/send", SENT_BEFORE)]
    if replayed is not None:
        return replayed
    storage = open_storage(current_app.extensions["settings"].storage.location)
    uploads = check_uploads(photo_files(request.files.items(multi=True)), kept=len(kept))
    photos = kept + uploads.drafts
    try:
        data = read_page_form(request.form) | {"kind": kind, "channel": "web", "language": language()}
        draft = _read(data).as_draft(photos)
        if uploads.errors or before:
            raise Invalid()
        _from_our_page()
        _look_alike(draft)
        submitted = submit_contribution(
            db.session,
            draft=draft,
            within=host_reach(),
            promise=promise,
            request_id=request_id(),
            store=lambda: uploads.store(storage),
            waits=current_app.extensions.get("auzolan.waits"),
            author=author,
        )
    except Invalid as invalid:
        # The files themselves cannot be put back into a form: the originals of those that passed can.
        uploads.store(storage)
        refused = Invalid(errors=[*before, *uploads.errors, *invalid.errors])
        refused.photos = photos  # type: ignore[attr-defined]
        raise refused from None
    db.session.commit()
    return submitted


def _in_words(error: FieldError) -> str:
    return NEEDED.get(error.pointer, error.message) if error.message == "This field is needed." else error.message


def _from_our_page() -> None:
    """Refuse, beside the button, a form that another site made, or whose session was lost since it was shown."""
    try:
        csrf.protect()
    except CSRFError:
        raise invalid("/send", TOO_OLD) from None


def _look_alike(draft: Draft) -> None:
    """Before an idea is published, its author sees once those that look like it; scripts show them while one writes."""
    finds: Callable[[Draft], bool] | None = current_app.extensions.get("auzolan.look_alike")
    if draft.kind == "proposal" and request.form.get("similar") == "ask" and finds is not None and finds(draft):
        raise invalid("/similar", "Ideas that look like yours are already there: support one, or send yours again.")


def _read(data: dict[str, Any]) -> ContributionIn:
    """What was typed, its place found; where there is none, that is said with all else that is not there."""
    nowhere = _place(data)
    try:
        return read_contribution(data)
    except Invalid as found:
        others = [error for error in found.errors if not (nowhere and error.pointer in ("/lon", "/lat"))]
        raise Invalid(errors=[*nowhere, *others]) from None


def _place(data: dict[str, Any]) -> list[FieldError]:
    """Without a pin, an address that our own index knows is a place; a pin that a person placed is never moved. What is
    wrong where neither is known.
    """
    if data.get("lon") and data.get("lat"):
        return []
    address = str(data.get("address", ""))
    found = site_address(address)
    if found is None:
        message = "Place the pin on the map, or write an address that we can find." if address else NO_PLACE
        return [FieldError("/lat", message)]
    data |= {"lon": found.lon, "lat": found.lat}
    return []


def _promise() -> Promise | None:
    key = request.form.get("key", "")
    if not _KEY.fullmatch(key):
        return None
    fields = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    return Promise(f"form:{key}", hashlib.sha256(json.dumps(fields).encode()).digest())


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="kept-photos")


def _kept_photos() -> tuple[PhotoDraft, ...]:
    try:
        rows = _serializer().loads(request.form.get("kept_photos", ""), max_age=KEPT_FOR_S)
    except BadSignature:
        return ()
    return tuple(
        PhotoDraft(**{**row, "taken_at": datetime.fromisoformat(row["taken_at"]) if row["taken_at"] else None})
        for row in rows
    )


def _sign(photos: tuple[PhotoDraft, ...]) -> str:
    rows = [asdict(photo) | {"taken_at": photo.taken_at.isoformat() if photo.taken_at else None} for photo in photos]
    signed = _serializer().dumps(rows)
    return signed.decode() if isinstance(signed, bytes) else signed


def _form(
    kind: str, values: dict[str, Any], errors: dict[str, str], kept: tuple[PhotoDraft, ...] = (), key: str = ""
) -> str:
    here = site_town()
    if kept:
        values = values | {"kept_photos": _sign(kept), "kept_count": len(kept)}
    page = NewPage(
        kind=kind,
        action=url_for("contributions.create", kind=kind),
        # A refused form was not kept: its key is still free, and a second sending is still the same one.
        key=key or secrets.token_urlsafe(18),
        categories=_categories(here.town, kind),
        often=_often(here.town, kind),
        town=here.town.name,
        center=here.center,
        bounds=here.bounds,
        basemap=shown_basemap(),
        geocode_url=url_for("geocode_api.geocode"),
        nearby=already_there(values | {"kind": kind}),
        nearby_url=url_for("contributions.nearby"),
        values=values,
        errors=errors,
        max_text=BODY_MAX,
        max_photos=PHOTOS_MAX,
        blurs_faces=blurs_faces(here.town),
    )
    return render_template("contributions/new.html", page=page)


def _chosen_from(town: Town, kind: str) -> list[CategoryFacts]:
    categories = town.categories_by_id.values()
    return [category for category in categories if category.leaf and category.active and kind in category.kinds]


def _often(town: Town, kind: str) -> list[str]:
    known = {category.id: category.slug for category in _chosen_from(town, kind)}
    return [known[number] for number in common_categories(db.session, town.slug, kind=kind, among=tuple(known))]


def _categories(town: Town, kind: str) -> list[CategoryChoice]:
    return [
        CategoryChoice(
            slug=category.slug,
            label=label(category.label),
            icon=category.icon,
            group=_group(town, category),
            questions=[_question(question) for question in category.questions],
            contact_required=category.contact == "required",
            help=label(category.description),
            photo=category.photo,
        )
        for category in _chosen_from(town, kind)
    ]


def _group(town: Town, category: CategoryFacts) -> str:
    above = town.categories.get(category.parent or "")
    return label(above.label) if above else ""


def _question(question: Any) -> Question:
    return Question(
        key=question["slug"],
        label=label(question["label"]),
        type=QUESTION_TYPES[question["type"]],  # type: ignore[arg-type]
        choices=[Choice(option["slug"], label(option["label"])) for option in question.get("options") or ()],
        required=bool(question.get("required")),
        hint=label(question.get("help")),
        stop=_stop(question.get("emergency")),
    )


def _stop(emergency: Any) -> Stop | None:
    if not emergency:
        return None
    answers = [str(answer) for answer in emergency.get("answers", ())]
    return Stop(answers, str(emergency.get("phone", "112")), label(emergency.get("text")))


@blueprint.get("/c/<reference>/recu/<token>")
@public
def receipt(reference: str, token: str) -> str:
    """The *accusé de réception*: the number, who has it, until when, and the private link."""
    face = public_face(db.session, reference, follow_hash=follow_hash(token), within=host_reach())
    row = face.row
    town = current_town(db.session, row.territory_id)
    category = town.categories_by_id[row.category_id]
    told = _told(row, town, category)
    page = ReceiptPage(
        reference=row.reference,
        kind=row.kind,
        url=url_for("contributions.show", reference=row.reference),
        follow_url=follow_url(row.reference, token),
        received_at=row.created_at,
        category_label=label(category.label),
        service=told[0],
        address=row.address or "",
        due=told[1],
        routed=row.ticket_id is not None,
        qr_svg=_qr(follow_url(row.reference, token)),
        another_url=url_for("contributions.new_kind", lat=row.lat, lon=row.lon, address=row.address or None),
    )
    return render_template("contributions/receipt.html", page=page)


def _told(row: Any, town: Town, category: CategoryFacts) -> tuple[ServiceContact, date | None]:
    """The service and the date: the ticket's once it has one, else those that the town's rules announce."""
    facts = facts_of(
        town,
        kind=row.kind,
        category=category,
        at=row.created_at,
        zone_ids=row.zone_ids,
        answers=row.answers,
        channel=row.channel,
        text=row.body,
    )
    service = town.service_keys.get(row.service_slug or "") or decide(town, facts).service
    due = row.due_at or due_date(town, category, kind=row.kind, at=row.created_at)
    contact = ServiceContact(
        name=label(service.name),
        address=service.postal_address or "",
        email=service.email or "",
        phone=service.phone or "",
        hours=service.hours or "",
    )
    return contact, due.astimezone(town.timezone).date() if due else None


def _qr(address: str) -> str:
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=2, xmldecl=False, svgns=True, omitsize=True)
    return out.getvalue().decode()

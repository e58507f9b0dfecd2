"""`/suivre`: to hear of what is new in a theme, a quarter, a process, or around a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import FieldError, Invalid, invalid
from app.core.i18n import label, language
from app.core.security import limiter
from app.features.accounts.visiting import current_resident
from app.features.contributions.filters import MapFilters
from app.features.contributions.following import RADII_M, Subject, ask_to_follow, follow_here
from app.features.contributions.pages import AreaPage, Choice
from app.features.contributions.person import acting_person, remember
from app.features.contributions.scope import resolve
from app.features.contributions.views import blueprint
from app.features.contributions.views.maps import category_choices
from app.features.notifications.timing import Quiet
from app.features.territories.geocoders import site_address
from app.features.territories.hosts import spoken_of
from app.features.territories.places import locate
from app.features.territories.processes import ProcessFacts, process_named, processes_of
from app.features.territories.quarters import KINDS as QUARTERS
from app.features.territories.sites import site_town
from app.web.formats import metres

_ZONES = text(
    """
    SELECT id, slug, name FROM zone WHERE territory_id = ANY(CAST(:territories AS int[])) AND kind = ANY(:kinds)
    ORDER BY name LIMIT 500
    """
)


def asks_nobody() -> bool:
    """Whether a form that follows writes to no address: whoever is signed in, or follows with this browser."""
    return bool(request.form.get("here")) or current_resident() is not None


@blueprint.get("/suivre")
@public
def follow_area() -> str:
    """The form, with what the address already says (category, zone, lon and lat)."""
    names = ("what", "category", "zone", "process", "lon", "lat", "address", "radius")
    values: dict[str, Any] = {name: request.args[name][:200] for name in names if name in request.args}
    return _page(values, {}, sent="sent" in request.args)


@blueprint.post("/suivre")
@public
@limiter.limit("5 per 15 minutes", exempt_when=asks_nobody)
def send_follow_area() -> tuple[str, int] | str | BaseResponse:
    """As for a contribution: at once for whoever is signed in, by a mail that asks for everybody else."""
    try:
        subject = _subject()
    except Invalid as invalid:
        return _page(request.form.to_dict(), _errors(invalid)), 400
    return follow_subject(
        subject,
        again=lambda errors: _page(request.form.to_dict(), errors),
        sent=url_for("contributions.follow_area", sent=1),
    )


def follow_subject(
    subject: Subject, *, again: Callable[[dict[str, str]], str], sent: str
) -> tuple[str, int] | BaseResponse:
    """Follow what a form asks: signed in, at once and by e-mail; with `here`, in this browser's own list; else by a
    mail that asks. `again` draws the form with its errors, `sent` is where the mail is announced.
    """
    form, resident = request.form, current_resident()
    how: dict[str, Any] = {"subject": subject, "language": language(), "frequency": form.get("frequency", "now")}
    secret = None
    try:
        if form.get("here"):
            keys, secret = acting_person()
            follow_here(db.session, person=keys[0], **how)
        elif resident is not None:
            follow_here(db.session, email=resident.email, **how)
        else:
            ask_to_follow(db.session, email=form.get("email", ""), **how)
    except Invalid as invalid:
        return again(_errors(invalid)), 400
    db.session.commit()
    if resident is None and not form.get("here"):
        return redirect(sent, 303)
    flash(gettext("You follow it. What becomes of it is told in your space."), "success")
    response = redirect(url_for("residents.space") + "#followed", 303)
    remember(response, secret)
    return response


def asked_quiet(form: Any) -> Quiet | None:
    """The hours of quiet of a form, or None. Raises `Invalid` for one without the other: who asks for silence and is
    told that it is kept must have it.
    """
    hours = [form.get(name, "") for name in ("quiet_from", "quiet_to")]
    if not any(hours):
        return None
    if not all(hour.isascii() and hour.isdigit() and len(hour) < 3 and int(hour) < 24 for hour in hours):
        raise invalid("/quiet_to", "Choose both hours of silence, or neither.")
    begin, end = map(int, hours)
    if begin == end:
        raise invalid("/quiet_to", "Choose two different hours of silence.")
    return begin, end


def _subject() -> Subject:
    here, form = site_town(), request.form
    what = form.get("what", "")
    if what == "category":
        category = here.town.categories.get(form.get("category", ""))
        if category is None:
            raise Invalid(errors=[FieldError("/category", "Choose a theme.")])
        return Subject(category_id=category.id, territory_id=here.town.id)
    if what == "zone":
        zone = next((row.id for row in _zones() if row.slug == form.get("zone")), None)
        if zone is None:
            raise Invalid(errors=[FieldError("/zone", "Choose a quarter.")])
        return Subject(zone_id=zone)
    if what == "process":
        process = process_named(_processes(), form.get("process", ""))
        if process is None:
            raise Invalid(errors=[FieldError("/process", "Choose a process.")])
        return Subject(process_id=process.id, territory_id=process.territory_id)
    if what == "place":
        lon, lat = _place()
        radius = form.get("radius", "")
        return Subject(place=(lon, lat, int(radius) if radius.isdecimal() and len(radius) < 6 else 0),
                       territory_id=here.town.id)  # fmt: skip
    raise Invalid(errors=[FieldError("/what", "Choose what you wish to follow.")])


def _place() -> tuple[float, float]:
    """The coordinates of the form, else those of its address; inside what this host speaks of."""
    form = request.form
    try:
        lon, lat = (float(form.get(name, "").replace(",", ".")) for name in ("lon", "lat"))
    except ValueError:
        found = site_address(form.get("address", ""))
        if found is None:
            raise Invalid(
                errors=[FieldError("/address", "Write an address that we can find, or allow your position.")]
            ) from None
        lon, lat = found.lon, found.lat
    inside = locate(db.session, lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None
    if inside is None or not spoken_of(inside.territory_id):
        raise Invalid(errors=[FieldError("/address", "This place is outside the territory.")])
    return round(lon, 5), round(lat, 5)


def _territories() -> list[int]:
    return list(resolve(db.session, MapFilters(territory=site_town().town.slug)).scope.territory_ids)


def _processes() -> list[ProcessFacts]:
    """Those in which something may still happen."""
    return [one for one in processes_of(db.session, _territories()) if one.standing != "closed"]


def _zones() -> list[Any]:
    territories = _territories()
    return list(db.session.execute(_ZONES, {"territories": territories, "kinds": list(QUARTERS)}))


def _errors(invalid: Invalid) -> dict[str, str]:
    return {error.field: gettext(error.message, **error.params) for error in invalid.errors}


def _page(values: dict[str, Any], errors: dict[str, str], *, sent: bool = False) -> str:
    resident = current_resident()
    if not values.get("what"):
        given = [name for name in ("category", "zone", "process") if values.get(name)]
        values = values | {"what": given[0] if given else "place"}
    page = AreaPage(
        categories=category_choices(site_town().town),
        zones=[Choice(row.slug, row.name) for row in _zones()],
        processes=[Choice(one.key, label(one.label)) for one in _processes()],
        radii=RADII_M,
        values=values,
        errors=errors,
        sent=sent,
        signed_in=resident.email if resident else "",
    )
    return render_template("contributions/follow_area.html", page=page, radii=_radii, options=_options)


def _radii(distances: Sequence[int]) -> list[tuple[int, str]]:
    return [(distance, metres(distance, language=language())) for distance in distances]


def _options(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    named = ((one.value, f"{one.group} · {one.label}" if one.group else one.label) for one in choices)
    return [("", "—"), *named]

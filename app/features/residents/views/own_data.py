"""`/moi/donnees` and `/moi/effacer`: taking everything away, and erasing oneself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFound
from app.core.mail import forget_mails
from app.core.security import limiter
from app.core.storage import NotStored, Storage, open_storage
from app.features.accounts.visiting import current_resident, forget_resident
from app.features.contributions.person import forget_browser
from app.features.residents.erasing import erase_resident, what_erasing_does
from app.features.residents.exporting import ask_export as order_export
from app.features.residents.pages import Erasure
from app.features.residents.views import blueprint
from app.features.residents.views.space import myself

_EXPORTS = text("SELECT id, asked_at, done_at FROM export WHERE resident_id = :id ORDER BY id DESC")
_KEY = text("SELECT key FROM export WHERE id = :id AND resident_id = :resident AND done_at IS NOT NULL")


@dataclass(frozen=True, slots=True)
class ExportLine:
    """A file asked for; `url` is "" until it is ready."""

    when: datetime
    url: str


@blueprint.get("/moi/donnees")
@public
def own_data() -> str | BaseResponse:
    """The files of one's data."""
    resident = current_resident()
    if resident is None:
        return redirect(url_for("residents.enter"))
    exports = [
        ExportLine(row.asked_at, url_for("residents.fetch_export", number=row.id) if row.done_at else "")
        for row in db.session.execute(_EXPORTS, {"id": resident.id})
    ]
    return render_template("residents/own_data.html", exports=exports)


@blueprint.post("/moi/donnees")
@public
@limiter.limit("5 per hour")
def ask_export() -> BaseResponse:
    """Order a file."""
    resident = current_resident()
    if resident is None:
        return redirect(url_for("residents.enter"), 303)
    order_export(db.session, resident_id=resident.id)
    db.session.commit()
    return redirect(url_for("residents.own_data"), 303)


@blueprint.get("/moi/donnees/<int:number>.zip")
@public
def fetch_export(number: int) -> Response:
    """The file, for nobody else."""
    resident = current_resident()
    key = db.session.scalar(_KEY, {"id": number, "resident": resident.id}) if resident else None
    try:
        data = _storage().get(key) if key else b""
    except NotStored:
        data = b""
    if not data:
        raise NotFound()
    response = Response(data, mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="auzolan.zip"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/moi/effacer")
@public
def about_to_erase() -> str | BaseResponse:
    """Exactly what would happen."""
    if current_resident() is None:
        return redirect(url_for("residents.enter"))
    return _erase_page()


@blueprint.post("/moi/effacer")
@public
def erase() -> str | tuple[str, int] | BaseResponse:
    """Erase oneself: one transaction, then the files."""
    resident = current_resident()
    if resident is None:
        return redirect(url_for("residents.enter"), 303)
    if not request.form.get("sure"):
        return _erase_page(unsure=True), 400
    left = erase_resident(db.session, resident=resident, mine=myself())
    db.session.commit()
    for key in left.keys:
        _storage().delete(key)
    for address in left.addresses:
        forget_mails(address, folder=current_app.extensions["settings"].storage.mail_folder)
    flash(_("Your space is erased. Nothing leads from what stays to you."), "success")
    response = make_response(redirect(url_for("residents.enter"), 303))
    forget_resident(response)
    forget_browser(response)
    # The drafts of this browser, where it is asked over HTTPS.
    response.headers["Clear-Site-Data"] = '"storage"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _erase_page(*, unsure: bool = False) -> str:
    page = Erasure(**what_erasing_does(db.session, myself()))
    return render_template("residents/erase.html", page=page, unsure=unsure)


def _storage() -> Storage:
    return open_storage(current_app.extensions["settings"].storage.location)

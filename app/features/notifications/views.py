"""`/dev/mail`: what would have left, on a trial town that has no mail server. Never on a town that people reach."""

from __future__ import annotations

import email
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, current_app, render_template, request

from app.core.access import public
from app.core.errors import NotFound
from app.settings import Settings

blueprint = Blueprint("notifications", __name__, template_folder="templates")
MOST = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of the folder: `name` is its file's."""

    name: str
    to: str
    subject: str
    when: datetime
    body: str
    stop: str = ""


@blueprint.get("/dev/mail")
@public
def local_mail() -> str:
    """The mails of this machine, the newest first; 404 wherever mails leave, or people come from elsewhere."""
    files = sorted(_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return render_template("notifications/local_mail.html", letters=[_letter(path) for path in files[:MOST]])


def _folder() -> Path:
    settings: Settings = current_app.extensions["settings"]
    here = _is_loopback(urlsplit(settings.web.base_url).hostname) and _is_loopback(request.remote_addr)
    if settings.mail.smtp_url.get_secret_value() or not here:
        raise NotFound()
    return settings.storage.mail_folder


def _letter(path: Path) -> Letter:
    told = email.message_from_bytes(path.read_bytes(), policy=default)
    body = told.get_body(("plain",))
    return Letter(
        name=path.stem,
        to=str(told["To"]),
        subject=str(told["Subject"]),
        when=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        body=body.get_content() if body else "",
        stop=str(told["List-Unsubscribe"] or "").strip("<>"),
    )


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"

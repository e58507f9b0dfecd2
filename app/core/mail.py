"""Mails: through SMTP when a server is set, else into a folder of this machine where one can read them."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, default
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 15

_POLICY = SMTP.clone(max_line_length=990)
"""A header that holds an address stays on one line: not every mail program joins those that were folded."""


@dataclass(frozen=True)
class Mail:
    """A mail in plain text, and in HTML if it is given. `key` is unique: it becomes the Message-ID, and the name of the
    file. `headers` are added to the usual ones."""

    to: str
    subject: str
    body: str
    key: str
    language: str = "fr"
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def send(mail: Mail, *, smtp_url: str, sender: str, folder: Path) -> None:
    """Send it. `smtp_url` is `smtp://user:password@host:587` (STARTTLS) or `smtps://…`; empty writes to `folder`.

    Raises `OSError` or `smtplib.SMTPException`: the job tries again later.
    """
    message = _message(mail, sender)
    if not smtp_url:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = re.sub(r"[^A-Za-z0-9.-]", "-", mail.key)
        (folder / f"{name}.eml").write_bytes(message.as_bytes())
        return
    url = urlsplit(smtp_url)
    kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    with kind(url.hostname or "", url.port or (465 if url.scheme == "smtps" else 587), timeout=TIMEOUT_S) as server:
        if url.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls()
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def forget_mails(address: str, *, folder: Path) -> None:
    """Delete what was written to this address in the folder of a house that has no mail server."""
    wanted = address.strip().lower()
    for path in folder.glob("*.eml"):
        with path.open("rb") as file:
            to = BytesHeaderParser(policy=default).parse(file)["To"]
        if str(to).strip().lower() == wanted:
            path.unlink(missing_ok=True)


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{mail.key}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.body)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    # Last: whatever sets the content forgets what was said of it before.
    message["Content-Language"] = mail.language
    return message

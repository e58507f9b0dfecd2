"""A letter of the house: the same words as text, and as HTML for those who read it so."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template
from flask_babel import gettext

from app.core.mail import Mail

Link = tuple[str, str]
"""What it says, and where it leads."""


def letter(
    *,
    to: str,
    language: str,
    subject: str,
    paragraphs: Sequence[str],
    links: Sequence[Link] = (),
    key: str,
    stop: str = "",
) -> Mail:
    """Compose it in the language being spoken. `stop` is the address that ends such mails at once (RFC 8058)."""
    said = [str(part) for part in paragraphs if part]
    addresses = [gettext("%(name)s: %(url)s", name=name, url=url) for name, url in links]
    html = render_template("notifications/mail.html", subject=subject, paragraphs=said, links=links, language=language)
    ends = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return Mail(
        to=to,
        subject=str(subject),
        body="\n\n".join([*said, *addresses]) + "\n",
        html=html,
        key=key,
        language=language,
        headers=ends if stop else {},
    )

"""What a resident is written: the link that opens their space, and that their data are ready."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import force_locale, gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.mail import Mail
from app.features.accounts.residents import LINK_MIN
from app.features.accounts.visiting import link_token
from app.features.notifications.letters import letter
from app.features.territories.hosts import base_of

_WISH = text(
    """
    SELECT id, territory_id, email, language FROM sign_in
    WHERE id = :id AND used_at IS NULL AND asked_at > now() - make_interval(mins => :minutes)
    """
)
_EXPORT = text(
    """
    SELECT e.id, r.email, r.language, r.territory_id FROM export e JOIN resident r ON r.id = e.resident_id
    WHERE e.id = :id AND e.done_at IS NOT NULL
    """
)


def mails_of_sign_in(session: Session, wish_id: int) -> Iterator[Mail]:
    """The link, as long as it is good."""
    for row in session.execute(_WISH, {"id": wish_id, "minutes": LINK_MIN}):
        with force_locale(row.language):
            yield letter(
                to=row.email,
                language=row.language,
                subject=gettext("Your link to sign in"),
                paragraphs=[
                    gettext("Hello,"),
                    gettext("This link opens your space. It is good for an hour, and once."),
                    gettext("If you did not ask for it, do nothing: nobody enters without this link."),
                ],
                links=[(gettext("Sign in"), f"{base_of(row.territory_id)}/moi/entrer/{link_token(row.id)}")],
                key=f"sign-in-{row.id}",
            )


def mails_of_export(session: Session, export_id: int) -> Iterator[Mail]:
    """Word that the file is ready; it is fetched by whoever is signed in, never by the link alone."""
    for row in session.execute(_EXPORT, {"id": export_id}):
        with force_locale(row.language):
            yield letter(
                to=row.email,
                language=row.language,
                subject=gettext("Your data are ready"),
                paragraphs=[
                    gettext("Hello,"),
                    gettext("Everything that you gave is in one file. It waits for you in your space for a week."),
                ],
                links=[(gettext("Fetch my data"), f"{base_of(row.territory_id)}/moi/donnees")],
                key=f"export-{row.id}",
            )

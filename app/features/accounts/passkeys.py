"""Passkeys of residents (WebAuthn level 3): a key that never leaves the device. The caller commits.

A challenge is signed for five minutes and good once, because it is kept in the browser's session and taken from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Denied
from app.features.accounts.residents import Visitor, open_session

MOST = 10
"""Passkeys of one resident."""
REFUSED = "This key could not be read. Try again, or ask for a link by e-mail."

_KNOWN = text("SELECT credential_id FROM passkey WHERE resident_id = :id")
_ADD = text(
    """
    INSERT INTO passkey (resident_id, credential_id, public_key, sign_count)
    SELECT :id, :credential, :key, :count WHERE (SELECT count(*) FROM passkey WHERE resident_id = :id) < :most
    ON CONFLICT (credential_id) DO NOTHING
    """
)
_HOLDER = text(
    """
    SELECT p.id, p.resident_id, p.public_key, p.sign_count FROM passkey p JOIN resident r ON r.id = p.resident_id
    WHERE p.credential_id = :credential AND coalesce(r.territory_id, 0) = coalesce(CAST(:site AS int), 0)
    FOR UPDATE OF p
    """
)
_USED = text("UPDATE passkey SET sign_count = :count, used_at = now() WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is asked for: `origin` as browsers say it (`https://town.example`); its host is the key's realm."""

    origin: str
    name: str

    @property
    def realm(self) -> str:
        return urlsplit(self.origin).hostname or ""


def registration_options(session: Session, *, resident: Visitor, place: Place) -> tuple[str, bytes]:
    """What the browser needs to make a key (JSON), and the challenge to keep."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = [bytes(one) for one in session.scalars(_KNOWN, {"id": resident.id})]
    options = generate_registration_options(
        rp_id=place.realm,
        rp_name=place.name,
        # Random, so that a key tells nobody who it is for.
        user_id=resident.person,
        user_name=resident.email,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json(options), options.challenge


def add_passkey(session: Session, *, resident: Visitor, answer: Any, challenge: bytes, place: Place) -> None:
    """Keep the public half of a new key. Raises `Denied` for an answer that does not hold."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.realm,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise Denied(REFUSED) from error
    values = {"id": resident.id, "credential": made.credential_id, "key": made.credential_public_key}
    session.execute(_ADD, values | {"count": made.sign_count, "most": MOST})


def authentication_options(place: Place) -> tuple[str, bytes]:
    """What the browser needs to use a key (JSON), and the challenge to keep; the same for everybody."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(rp_id=place.realm, user_verification=UserVerificationRequirement.REQUIRED)
    return options_to_json(options), options.challenge


def use_passkey(session: Session, *, answer: Any, challenge: bytes, place: Place, site: int | None) -> str:
    """Sign in with a key; returns the secret of the new session. Raises `Denied` for a key that is not known here, an
    answer that does not hold, or a copied key (its counter goes back).
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        credential = base64url_to_bytes(answer["rawId"])
        row = session.execute(_HOLDER, {"credential": credential, "site": site}).one_or_none()
        if row is None:
            raise Denied(REFUSED)
        used = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.realm,
            expected_origin=place.origin,
            credential_public_key=bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise Denied(REFUSED) from error
    session.execute(_USED, {"id": row.id, "count": used.new_sign_count})
    return open_session(session, resident_id=row.resident_id)

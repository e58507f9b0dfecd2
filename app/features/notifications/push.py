"""Web push (RFC 8030, 8291, 8292): the house's own key, and one message to one browser.

What leaves is encrypted for the browser; its maker's server, which carries it, reads nothing.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.settings import PushSettings

TIMEOUT_S = 10
KEPT_S = 3 * 24 * 3600
"""Seconds for which a message waits for a browser that is away."""


class SubscriptionEnded(Exception):
    """The browser's maker no longer knows this subscription: it must be forgotten."""


def allowed(endpoint: str, settings: PushSettings) -> bool:
    """Whether an address given by a browser is one of a known push service: we write to no other address."""
    url = urlsplit(endpoint)
    known = [name.strip() for name in settings.services.split(",") if name.strip()]
    if url.netloc in known and ":" in url.netloc:
        return True
    host = url.hostname or ""
    return (
        url.scheme == "https"
        and url.port in (None, 443)
        and any(host == name.lstrip("*.") or (name.startswith("*.") and host.endswith(name[1:])) for name in known)
    )


def public_key(settings: PushSettings, data: Path) -> str:
    """The key that a browser asks for: an uncompressed P-256 point, base64url without padding."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = _key(settings, data).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def push(subscription: Mapping[str, str], message: Mapping[str, Any], *, settings: PushSettings, data: Path) -> None:
    """Send `message` as JSON to `subscription` (endpoint, p256dh, auth).

    Raises `SubscriptionEnded`, or what `requests` raises: the job tries again later.
    """
    # Large, and of use to a worker only.
    import requests
    from py_vapid import Vapid02
    from pywebpush import WebPushException, webpush

    if not allowed(subscription["endpoint"], settings):
        raise SubscriptionEnded(subscription["endpoint"])
    with requests.Session() as session:
        session.max_redirects = 0
        try:
            webpush(
                {
                    "endpoint": subscription["endpoint"],
                    "keys": {"p256dh": subscription["p256dh"], "auth": subscription["auth"]},
                },
                json.dumps(message, ensure_ascii=False),
                vapid_private_key=Vapid02(private_key=_key(settings, data)),
                vapid_claims={"sub": settings.contact},
                ttl=KEPT_S,
                timeout=TIMEOUT_S,
                requests_session=session,
            )
        except WebPushException as refused:
            if refused.response is not None and refused.response.status_code in (404, 410):
                raise SubscriptionEnded(subscription["endpoint"]) from None
            raise


def _key(settings: PushSettings, data: Path) -> Any:
    """The private key: the settings', else the one made once in the data folder."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    given = settings.key.get_secret_value()
    if given:
        return load_pem_private_key(given.encode(), None)
    path = data / "push-key.pem"
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        data.mkdir(parents=True, exist_ok=True)
        own = path.with_suffix(f".{os.getpid()}")
        own.touch(mode=0o600)
        own.write_bytes(pem)
        try:
            # Of two processes that make one at the same instant, the first is right for both.
            os.link(own, path)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return load_pem_private_key(path.read_bytes(), None)

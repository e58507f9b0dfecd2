"""What every answer carries: a strict Content-Security-Policy with a nonce, safe headers, CSRF, rate limits."""

from __future__ import annotations

import ipaddress
import secrets
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect

from app.core.access import access_of
from app.settings import WebSettings

csrf = CSRFProtect()
# Counted in each process's memory on purpose: the intake path calls nothing outside PostgreSQL.
limiter = Limiter(get_remote_address, storage_uri="memory://", default_limits=["1200 per minute"])


def csp_nonce() -> str:
    """This answer's nonce, for the few inline blocks a page needs."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def content_security_policy(nonce: str) -> str:
    """Everything from ourselves; the hosts of the town's basemap where a page shows a map, and for nothing else."""
    extra = " ".join(g.get("csp_basemap", ()))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            f"img-src 'self' data: blob: {extra}".rstrip(),
            "font-src 'self'",
            f"connect-src 'self' {extra}".rstrip(),
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            f"frame-ancestors {g.get('frame_ancestors', chr(39) + 'self' + chr(39))}",
        )
    )


def _open_to_pages() -> bool:
    """Whether any page of the web may read this answer: what the API and the tiles tell everybody."""
    if request.method not in ("GET", "HEAD") or not request.path.startswith(("/api/v1/", "/tiles/", "/open311/")):
        return False
    rule = access_of(current_app.view_functions.get(request.endpoint or ""))
    return rule is not None and rule.kind == "public"


_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _harden(response: Response) -> Response:
    headers = response.headers
    wanted = dict(_ALWAYS)
    if response.mimetype == "text/html":
        wanted["Content-Security-Policy"] = content_security_policy(csp_nonce())
    if current_app.config["SESSION_COOKIE_SECURE"]:
        wanted["Strict-Transport-Security"] = "max-age=31536000"
    said = {name.lower() for name, _ in headers}
    for name, value in wanted.items():
        if name.lower() not in said:
            headers.add(name, value)
    if _open_to_pages():
        # Without credentials: a browser neither sends our cookie nor shows what was made for somebody.
        headers["Access-Control-Allow-Origin"] = "*"
    return response


def is_limited() -> bool:
    """Whether anybody looks at how often this request's source comes."""
    return not current_app.extensions["auzolan.unlimited"]()


@lru_cache(maxsize=1_000)
def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def init_app(app: Flask, settings: WebSettings) -> None:
    """Headers, CSRF and limits. On a demo that lives on the loopback, the machine itself is not limited."""
    csrf.init_app(app)
    limiter.init_app(app)
    limiter.enabled = settings.rate_limits
    demo = _is_loopback(urlsplit(settings.base_url).hostname)

    @limiter.request_filter
    def _own_machine() -> bool:
        return demo and _is_loopback(request.remote_addr)

    app.extensions["auzolan.unlimited"] = lambda: not limiter.enabled or _own_machine()

    app.after_request(_harden)
    app.jinja_env.globals["csp_nonce"] = csp_nonce

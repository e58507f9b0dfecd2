"""Who may call a route: each view says so, and one that says nothing is refused.

The mark is only a word on the function; `app.features.accounts.access` reads it before each request, and a test walks
the URL map, so that a forgotten rule is a closed door and a red build rather than an open page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "__access__"


@dataclass(frozen=True, slots=True)
class Access:
    """The rule of one route. `roles` is empty unless `kind` is `roles`."""

    kind: Literal["public", "signed_in", "roles"]
    roles: frozenset[str] = frozenset()


def public(view: View) -> View:
    """Anybody may call it."""
    return _marked(view, Access("public"))


def signed_in(view: View) -> View:
    """Anybody with a living session or token may call it; what they may touch is the policies' business."""
    return _marked(view, Access("signed_in"))


def require_role(*roles: str) -> Callable[[View], View]:
    """Only those roles may call it."""
    if not roles:
        raise ValueError("name at least one role")
    rule = Access("roles", frozenset(roles))

    def mark(view: View) -> View:
        return _marked(view, rule)

    return mark


def access_of(view: Callable[..., Any] | None) -> Access | None:
    """The rule a view declares, or None."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Access) else None


def _marked(view: View, rule: Access) -> View:
    setattr(view, _MARK, rule)
    return view

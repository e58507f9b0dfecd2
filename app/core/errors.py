"""The errors of the house: a small tree, each with a status, a title and sentences beside the right field.

Messages are English msgids with parameters; they are translated when they are shown, in the language of who reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field. `pointer` is a JSON pointer (`/lat`); "" means the whole."""

    pointer: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def field(self) -> str:
        """The field's name in a form."""
        return self.pointer.lstrip("/").split("/", 1)[0]


def json_pointer(*steps: str | int) -> str:
    """The steps to a value as a JSON pointer (RFC 6901): `json_pointer("answers", "a/b")` is `/answers/a~1b`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


class Problem(Exception):
    """Something was refused, in words. `code` is stable for machines, the rest is for people."""

    status = 400
    code = "bad-request"
    title = "This request cannot be answered."
    retry_after_s = 30
    """Seconds after which to come back, of what says 429 or 503."""

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        params: Mapping[str, Any] | None = None,
        code: str | None = None,
        status: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.params = dict(params or {})
        self.errors = tuple(errors)
        self.code = code or self.code
        self.status = status or self.status
        self.extra = dict(extra or {})
        """Members added to the problem document, such as the fresh state after a conflict."""


class Invalid(Problem):
    """What was sent does not pass; `errors` says which field and why."""

    status = 400
    code = "invalid"
    title = "Some fields need your attention."


class Denied(Problem):
    """Known, and not allowed."""

    status = 403
    code = "denied"
    title = "You may not do this."


class Unauthenticated(Problem):
    """Not signed in."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first."


class NotFound(Problem):
    """Nothing here, or nothing that this person may see."""

    status = 404
    code = "not-found"
    title = "There is nothing at this address."


class Gone(Problem):
    """It was here, and is no longer shown."""

    status = 410
    code = "gone"
    title = "This contribution is no longer shown."


class Conflict(Problem):
    """Somebody else was faster; `extra` carries the fresh state."""

    status = 409
    code = "conflict"
    title = "It has changed since you opened it."


class Unprocessable(Problem):
    """Well formed, and contradictory."""

    status = 422
    code = "unprocessable"
    title = "This request contradicts an earlier one."


class TooMany(Problem):
    """Too often; try again later."""

    status = 429
    code = "too-many"
    title = "Too many requests. Wait a moment, then try again."


class TooManyAttempts(TooMany):
    """Too many tries at a door: it opens again a quarter of an hour later."""

    retry_after_s = 15 * 60


class Unavailable(Problem):
    """The house cannot answer now; nothing is lost."""

    status = 503
    code = "unavailable"
    title = "The service is resting for a moment. Try again in a minute."


def invalid(pointer: str, message: str, **params: Any) -> Invalid:
    """One field, one sentence."""
    return Invalid(errors=[FieldError(pointer, message, params)])

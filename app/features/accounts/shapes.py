"""What the API takes and answers about sessions: the types of its documents, which are also its schemas."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from typing_extensions import TypedDict

from app.core.errors import FieldError, Invalid
from app.core.shapes import Moment, Strict, field_errors, shape
from app.features.accounts.models import ROLES

Role = Annotated[str, Field(json_schema_extra={"enum": list(ROLES)})]


class Credentials(Strict):
    """Who wants to sign in."""

    email: str = Field(min_length=1)
    password: str = Field(min_length=1)


_WORDS = {
    "missing": "This field is needed.",
    "string_too_short": "This field is needed.",
    "string_type": "Write text here.",
    "extra_forbidden": "There is no such field.",
}


def read_credentials(sent: Any) -> Credentials:
    """What was sent as credentials. Raises Invalid with every complaint."""
    if not isinstance(sent, dict):
        raise Invalid(errors=[FieldError("", "Send a JSON object.")])
    try:
        return Credentials.model_validate(sent)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error, _WORDS)) from None


@shape
class AccountDocument(TypedDict):
    """Somebody who works for the town."""

    email: str
    name: str
    role: Role
    territory: str | None
    """Null: every territory, or none."""
    services: list[str]
    """Slugs of the services in which they work."""
    language: str


class SessionDocument(TypedDict):
    """Who is signed in."""

    account: AccountDocument


@shape
class OpenedSession(TypedDict):
    """A session; the cookie that comes with it and the token are the same one."""

    token: str
    """Shown once: goes in `Authorization: Bearer …`."""
    token_type: Literal["Bearer"]
    expires_at: Moment
    account: AccountDocument

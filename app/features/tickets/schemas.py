"""What the API accepts as an event of a ticket, read by type; what is wrong is said with a pointer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.core.errors import FieldError, Invalid
from app.core.shapes import Strict, field_errors
from app.features.contributions.reasons import DECLINE_REASONS
from app.features.tickets.models import STATES
from app.features.tickets.workflow import WAITING_FOR

Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40)]
Slug = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


# The workflow refuses the others, with better words than a schema's; who reads the document is told all the same.
_ONE_OF_STATES = WithJsonSchema({"type": "string", "enum": list(STATES)})
_ONE_OF_WAITED = WithJsonSchema({"enum": [*WAITING_FOR, None]})
_ONE_OF_REASONS = WithJsonSchema({"anyOf": [{"enum": list(DECLINE_REASONS)}, {"type": "null"}]})


class _Event(Strict):
    model_config = ConfigDict(frozen=True)

    version: int = Field(ge=1, le=2**31 - 1, strict=True)
    """The one that the caller read."""
    text: str = ""


class StateEvent(_Event):
    """`state`; `planned_on` goes with `planned`, `waiting_for` (`author`, `third_party`) with `waiting`, `reason` (a
    code) with `declined`, `duplicate_of` with `duplicate`."""

    type: Literal["state"] = "state"
    state: Annotated[str, _ONE_OF_STATES]
    planned_on: date | None = None
    waiting_for: Annotated[str | None, _ONE_OF_WAITED] = None
    reason: Annotated[str | None, _ONE_OF_REASONS] = None
    duplicate_of: Reference | None = None


class AnswerEvent(_Event):
    """A public answer without a change of state."""

    type: Literal["answer"]


class NoteEvent(_Event):
    """A word between colleagues."""

    type: Literal["note"]


class AssignEvent(_Event):
    """`assignee`: `me`, an account's e-mail address, or null for nobody."""

    type: Literal["assign"]
    assignee: str | None


class MoveEvent(_Event):
    """`service`: the slug of another service."""

    type: Literal["move"]
    service: Slug


class CategoryEvent(_Event):
    """`category`: the slug of another category."""

    type: Literal["category"]
    category: Slug


class PlaceEvent(_Event):
    """`lon`, `lat` in degrees, WGS84; `address` in words, if it changes."""

    type: Literal["place"]
    lon: float = Field(allow_inf_nan=False, strict=True)
    lat: float = Field(allow_inf_nan=False, strict=True)
    address: str | None = None


class DuplicateEvent(_Event):
    """`duplicate_of`: the reference of the ticket that stays."""

    type: Literal["duplicate"]
    duplicate_of: Reference


class UnduplicateEvent(_Event):
    """Undo `duplicate`."""

    type: Literal["unduplicate"]


class SplitEvent(_Event):
    """`contribution`: the reference of the one that leaves the group."""

    type: Literal["split"]
    contribution: Reference


class AttachEvent(_Event):
    """`parent`: the ticket that gathers this one; or `child`: the one that this ticket gathers."""

    type: Literal["attach"]
    parent: Reference | None = None
    child: Reference | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.parent is None) is (self.child is None):
            raise PydanticCustomError("one_of_parent_child", "parent or child")
        return self


class DetachEvent(_Event):
    """Undo `attach`: this ticket leaves its parent, or lets `child` go."""

    type: Literal["detach"]
    child: Reference | None = None


AnyEvent = (
    StateEvent
    | AnswerEvent
    | NoteEvent
    | AssignEvent
    | MoveEvent
    | CategoryEvent
    | PlaceEvent
    | DuplicateEvent
    | UnduplicateEvent
    | SplitEvent
    | AttachEvent
    | DetachEvent
)

SentEvent = Annotated[AnyEvent, Field(discriminator="type")]
"""An event as it is sent; without `type` it is a change of state."""

_READ: TypeAdapter[AnyEvent] = TypeAdapter(SentEvent)

_SENTENCES = {
    "missing": "This field is needed.",
    "extra_forbidden": "This field is not known here.",
    "union_tag_invalid": "This type of event is not known.",
    "date_from_datetime_parsing": "Write a date as 2026-11-27.",
    "date_parsing": "Write a date as 2026-11-27.",
    "finite_number": "This is not a number.",
    "float_parsing": "This is not a number.",
    "float_type": "This is not a number.",
    "int_type": "This is not a whole number.",
    "one_of_parent_child": "Name either a parent or a child.",
}


_WHERE = {"union_tag_invalid": "/type", "one_of_parent_child": "/parent"}
"""What is wrong with the whole, and the field beside which it is said."""


def read_event(sent: Any) -> AnyEvent:
    """The event that a JSON body describes; without `type` it is a change of state. Raises Invalid."""
    if not isinstance(sent, dict):
        raise Invalid(errors=[FieldError("", "Send a JSON object.")])
    try:
        return _READ.validate_python({"type": "state", **sent})
    except ValidationError as error:
        first = error.errors()[0]["type"]
        if first in _WHERE:
            raise Invalid(errors=[FieldError(_WHERE[first], _SENTENCES[first])]) from None
        # The first step of a path is the type that was read, not a field.
        raise Invalid(errors=field_errors(error, _SENTENCES, skip=1)) from None

"""What the API accepts as an event of a ticket, read by type; what is wrong is said with a pointer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from app.core.errors import FieldError, Invalid, json_pointer

Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40)]
Slug = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1, le=2**31 - 1, strict=True)
    text: str = ""


class StateEvent(_Event):
    """`state`; `planned_on` goes with `planned`, `waiting_for` (`author`, `third_party`) with `waiting`, `reason` (a
    code) with `declined`, `duplicate_of` with `duplicate`."""

    type: Literal["state"] = "state"
    state: str
    planned_on: date | None = None
    waiting_for: str | None = None
    reason: str | None = None
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
    """`lon`, `lat` in degrees, WGS84."""

    type: Literal["place"]
    lon: float = Field(allow_inf_nan=False)
    lat: float = Field(allow_inf_nan=False)


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

_READ: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="type")])

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


def read_event(sent: Any) -> AnyEvent:
    """The event that a JSON body describes; without `type` it is a change of state. Raises Invalid."""
    if not isinstance(sent, dict):
        raise Invalid(errors=[FieldError("", "Send a JSON object.")])
    try:
        return _READ.validate_python({"type": "state", **sent})
    except ValidationError as error:
        raise Invalid(errors=[_field_error(one) for one in error.errors()]) from None


def _field_error(one: Any) -> FieldError:
    if one["type"] == "union_tag_invalid":
        return FieldError("/type", _SENTENCES["union_tag_invalid"])
    if one["type"] == "one_of_parent_child":
        return FieldError("/parent", _SENTENCES[one["type"]])
    # The first step of the path is the type that was read, not a field.
    return FieldError(json_pointer(*one["loc"][1:]), _SENTENCES.get(one["type"], "This value is not accepted."))

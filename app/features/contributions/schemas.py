"""What the API takes: strict shapes, and their errors as pointers with sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.errors import FieldError, Invalid, json_pointer
from app.features.contributions.drafts import ContactDraft, Draft, PhotoDraft

Finite = Field(allow_inf_nan=False)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class ContactIn(_Strict):
    """How the author wishes to be reached; everything is optional unless the category needs it."""

    name: str | None = Field(default=None, max_length=400)
    email: str | None = Field(default=None, max_length=400)
    phone: str | None = Field(default=None, max_length=60)
    silent: bool = False


class ContributionIn(_Strict):
    """One thing one person says about one place. Degrees in WGS84, metres for the accuracy."""

    kind: Literal["problem", "praise", "proposal"]
    category: str = Field(min_length=1, max_length=120)
    text: str
    lon: float = Finite
    lat: float = Finite
    title: str | None = None
    accuracy: float | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    address: str | None = Field(default=None, max_length=300)
    answers: dict[str, Any] = Field(default_factory=dict)
    contact: ContactIn = Field(default_factory=ContactIn)
    channel: Literal["web", "api", "phone", "desk", "paper", "workshop", "chat"] = "api"
    language: Literal["fr", "en", "eu"] = "fr"
    territory: str | None = Field(default=None, max_length=120)

    def as_draft(self, photos: tuple[PhotoDraft, ...] = ()) -> Draft:
        """The same, without the wire."""
        return Draft(
            kind=self.kind,
            category=self.category,
            text=self.text,
            lon=self.lon,
            lat=self.lat,
            title=self.title,
            accuracy_m=self.accuracy,
            address=self.address,
            answers=self.answers,
            contact=ContactDraft(
                (self.contact.name or "").strip() or None,
                (self.contact.email or "").strip() or None,
                (self.contact.phone or "").strip() or None,
                self.contact.silent,
            ),
            channel=self.channel,
            language=self.language,
            territory=self.territory,
            photos=photos,
        )


# Pydantic's error types, in our words; anything else says what was expected in general.
_WORDS: Mapping[str, str] = {
    "missing": "This field is needed.",
    "extra_forbidden": "There is no such field.",
    "string_type": "Write text here.",
    "string_too_short": "This field is needed.",
    "string_too_long": "At most %(max_length)s characters.",
    "finite_number": "This must be a finite number.",
    "float_parsing": "Write a number.",
    "float_type": "Write a number.",
    "bool_parsing": "Answer true or false.",
    "bool_type": "Answer true or false.",
    "dict_type": "Send an object here.",
    "model_type": "Send an object here.",
    "model_attributes_type": "Send an object here.",
    "literal_error": "Choose one of: %(expected)s.",
    "greater_than_equal": "At least %(ge)s.",
    "less_than_equal": "At most %(le)s.",
    "string_unicode": "This text is not valid Unicode.",
}


_QUOTED = re.compile(r"'([^']*)'")


def field_errors(error: ValidationError) -> list[FieldError]:
    """Pydantic's complaints as pointers and sentences."""
    found = []
    for item in error.errors(include_url=False, include_input=False):
        params = dict(item.get("ctx") or {})
        if item["type"] == "literal_error":
            # Pydantic writes "'a', 'b' or 'c'", in English.
            params["expected"] = ", ".join(_QUOTED.findall(params["expected"]))
        message = _WORDS.get(item["type"], "This value does not fit.")
        found.append(FieldError(json_pointer(*item["loc"]), message, params))
    return found


def read_contribution(data: Any) -> ContributionIn:
    """Parse what was sent. Raises `Invalid` with every complaint."""
    if not isinstance(data, dict):
        raise Invalid(errors=[FieldError("", "Send an object with the fields of a contribution.")])
    try:
        return ContributionIn.model_validate(data)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error)) from None

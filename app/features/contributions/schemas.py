"""What the API takes: strict shapes, and their errors as pointers with sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, WithJsonSchema

from app.core import shapes
from app.core.errors import FieldError, Invalid
from app.core.shapes import AS_JSON, JSON_BOOLEAN, JSON_NUMBER, Strict
from app.features.contributions.drafts import BODY_MAX, PHOTOS_MAX, TITLE_MAX, ContactDraft, Draft, PhotoDraft

# What the town checks, with better words than a schema's, is told to who reads the document all the same.
_TEXT = WithJsonSchema({"type": "string", "minLength": 1, "maxLength": BODY_MAX})
_TITLE = WithJsonSchema({"anyOf": [{"type": "string", "maxLength": TITLE_MAX}, {"type": "null"}]})
_LONGITUDE = WithJsonSchema({"type": "number", "minimum": -180, "maximum": 180})
_LATITUDE = WithJsonSchema({"type": "number", "minimum": -90, "maximum": 90})
FILE = WithJsonSchema({"type": "string", "format": "binary"})
"""A part of a form that is a file."""


class ContactIn(Strict):
    """How the author wishes to be reached; everything is optional unless the category needs it."""

    name: str | None = Field(default=None, max_length=400)
    email: str | None = Field(default=None, max_length=400)
    phone: str | None = Field(default=None, max_length=60)
    silent: Annotated[bool, JSON_BOOLEAN] = False


class ContributionIn(Strict):
    """One thing one person says about one place."""

    kind: Literal["problem", "praise", "proposal"]
    category: str = Field(min_length=1, max_length=120)
    """Slug of a category of the town, for this kind: a leaf, active (`GET /api/v1/categories`)."""
    text: Annotated[str, _TEXT]
    """What there is to say. Measured once cleaned: a line end counts for one character."""
    lon: Annotated[float, Field(allow_inf_nan=False), JSON_NUMBER, _LONGITUDE]
    """Longitude, degrees (WGS84)."""
    lat: Annotated[float, Field(allow_inf_nan=False), JSON_NUMBER, _LATITUDE]
    """Latitude, degrees (WGS84)."""
    title: Annotated[str | None, _TITLE] = None
    accuracy: Annotated[float | None, JSON_NUMBER] = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    """How precise the position is, metres."""
    address: str | None = Field(default=None, max_length=300)
    """The address as the author wrote it. It never moves the point."""
    answers: dict[str, Any] = Field(default_factory=dict)
    """Answers to the category's questions, by the question's slug: a slug of its options, a list of them, a text, a
    number, or `yes` and `no`."""
    contact: ContactIn = Field(default_factory=ContactIn)
    channel: Literal["web", "api", "phone", "desk", "paper", "workshop", "chat"] = "api"
    """How it came. `phone` and `desk` (at the counter) are for who is signed in at the desk and writes it down."""
    language: Literal["fr", "en", "eu"] = "fr"
    """The language in which the author writes, and reads the receipt."""
    territory: str | None = Field(default=None, max_length=120)
    """Slug of the territory that is meant, when the point must lie in it; else the place decides."""

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


class ContributionFields(ContributionIn):
    """The same as a form. `contact` and `answers` are JSON objects, or come field by field as `contact.email`,
    `answers.SLUG`; a field left empty was not given."""

    model_config = ConfigDict(
        json_schema_extra={"patternProperties": {r"^(answers|contact)\..+$": {"type": "string"}}},
    )


class ContributionForm(ContributionFields):
    """The form with photos."""

    photos: list[Annotated[bytes, FILE]] = Field(default_factory=list, max_length=PHOTOS_MAX)
    """JPEG, PNG, WebP or HEIC, each in a part of its own, at most 15 MB and 50 megapixels each. What is published are
    copies without metadata."""


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
    return [
        # Pydantic writes "'a', 'b' or 'c'", in English.
        replace(one, params={**one.params, "expected": ", ".join(_QUOTED.findall(str(one.params["expected"])))})
        if "expected" in one.params
        else one
        for one in shapes.field_errors(error, _WORDS)
    ]


def read_contribution(data: Any, *, is_json: bool = False) -> ContributionIn:
    """Parse what was sent, in JSON (then a number between quotes is refused) or in a form. Raises `Invalid` with every
    complaint.
    """
    if not isinstance(data, dict):
        raise Invalid(errors=[FieldError("", "Send an object with the fields of a contribution.")])
    try:
        return ContributionIn.model_validate(data, context=AS_JSON if is_json else None)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error)) from None

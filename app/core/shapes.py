"""What answers are made of, typed: these types are what the views return, and what the API's document says.

An answer is a `TypedDict`: mypy compares each dict literal with it, pydantic writes its JSON schema, and at run time
it is the plain dict that was there before. A docstring under a field is its description for the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
    ValidationInfo,
    with_config,
)
from pydantic_core import CoreSchema, PydanticCustomError

# On Python 3.11, pydantic reads only this one.
from typing_extensions import TypedDict

from app.core.errors import FieldError, json_pointer

shape = with_config(ConfigDict(use_attribute_docstrings=True))
"""Above a `TypedDict`: the docstrings under its fields are their descriptions."""

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 with an offset."""
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Kind = Annotated[str, Field(json_schema_extra={"enum": ["problem", "praise", "proposal"]})]
Degrees = float
Labels = Annotated[
    Mapping[str, str], Field(description="A text by language (`fr`, `en`, `eu`); a language may be absent.")
]


class StoredAs:
    """`Annotated[Mapping[str, Any], StoredAs(Model)]`: plain data that a model wrote; its schema is the model's."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self.model)


AS_JSON = {"as": "json"}
"""The context in which a JSON body is validated: there "4" is no number. A form has nothing but text."""


def _number(value: Any, info: ValidationInfo) -> Any:
    if info.context == AS_JSON and isinstance(value, str | bool):
        raise PydanticCustomError("float_type", "Write a number.")
    return value


def _boolean(value: Any, info: ValidationInfo) -> Any:
    if info.context == AS_JSON and not isinstance(value, bool):
        raise PydanticCustomError("bool_type", "Answer true or false.")
    return value


JSON_NUMBER, JSON_BOOLEAN = BeforeValidator(_number), BeforeValidator(_boolean)


class Strict(BaseModel):
    """A body, or a part of one: a field that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Point(TypedDict):
    """A GeoJSON point, WGS84: longitude, latitude."""

    type: Literal["Point"]
    coordinates: Annotated[list[float], Field(min_length=2, max_length=2)]


class Area(TypedDict):
    """A GeoJSON geometry, WGS84."""

    type: Literal["Point", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"]
    coordinates: list[Any]


class Named(TypedDict):
    """A territory or a service: its slug, and its name in the language asked for."""

    slug: str
    name: str


class Labelled(TypedDict):
    """A category: its slug, and its label in the language asked for."""

    slug: str
    label: str


def field_errors(error: ValidationError, words: Mapping[str, str], *, skip: int = 0) -> list[FieldError]:
    """Pydantic's complaints as pointers and sentences, by its types of error; `skip` steps of a path are no fields."""
    found = []
    for item in error.errors(include_url=False, include_input=False):
        params = dict(item.get("ctx") or {})
        message = words.get(item["type"], "This value does not fit.")
        found.append(FieldError(json_pointer(*item["loc"][skip:]), message, params))
    return found


def one_of(*words: str) -> Any:
    """The type of a text that is one of these words."""
    return Annotated[str, Field(json_schema_extra={"enum": list(words)})]

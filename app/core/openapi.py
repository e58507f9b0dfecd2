"""The document of the public API (OpenAPI 3.1), made from the routes and from the types that they read and return.

A view says what it is with `@documented(Operation(...))`, beside its rule of access; addresses, methods, path
parameters and security come from the URL map and that rule, schemas from the pydantic models that validate a body and
the `TypedDict`s that an answer is made of. A test compares the document with the URL map and with real answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from flask import Flask
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from werkzeug.routing import IntegerConverter, Rule

from app.core.access import access_of
from app.core.i18n import LANGUAGES
from app.core.problems import ProblemDocument

View = TypeVar("View", bound=Callable[..., Any])

PROBLEM_MEDIA = "application/problem+json"
JSON_MEDIA = "application/json"
GEOJSON_MEDIA = "application/geo+json"

_MARK = "__operation__"
_REF = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query string, or a header. `shape` is a type that pydantic can describe.

    `many`: several values may come, repeated or separated by commas, and `shape` is the type of one.
    """

    name: str
    shape: Any
    description: str
    required: bool = False
    many: bool = False
    example: Any = None
    place: Literal["query", "header"] = "query"


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: a type for each media type; `examples` by name, of the first media type."""

    shapes: Mapping[str, Any]
    examples: Mapping[str, Any]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back. `shape` None: nothing, or bytes of `media`. `headers` by name, with what they say."""

    description: str
    shape: Any = None
    media: str = JSON_MEDIA
    example: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `path` describes its variables; `problems` adds to those that every route has."""

    tag: str
    summary: str
    answers: Mapping[int, Answer]
    description: str = ""
    path: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    """Variable to its description and an example."""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    problems: Mapping[int, str] = field(default_factory=dict)
    problem_shapes: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A documented route as the URL map has it; `address` in OpenAPI's notation."""

    address: str
    method: str
    endpoint: str
    operation: Operation
    security: list[dict[str, list[str]]]
    variables: Mapping[str, Any]
    """Path variable to its schema."""


def documented(operation: Operation) -> Callable[[View], View]:
    """Say what the view is; it is answered as before."""

    def mark(view: View) -> View:
        setattr(view, _MARK, operation)
        return view

    return mark


def operation_of(view: Callable[..., Any] | None) -> Operation | None:
    """What the view says it is, or None."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Operation) else None


def routes(app: Flask) -> Iterator[Route]:
    """Every documented route, by address, then method."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        operation, access = operation_of(view), access_of(view)
        if operation is None or access is None:
            continue
        security: list[dict[str, list[str]]] = [] if access.kind == "public" else [{"bearer": []}, {"session": []}]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append(Route(address_of(rule), method.lower(), rule.endpoint, operation, security, _variables(rule)))
    yield from sorted(found, key=lambda route: (route.address, route.method))


def address_of(rule: Rule) -> str:
    """`/tickets/<reference>` as `/tickets/{reference}`."""
    return _VARIABLE.sub(r"{\1}", rule.rule)


def _variables(rule: Rule) -> dict[str, Any]:
    whole = {"type": "integer", "minimum": 0}
    return {
        name: whole if isinstance(converter, IntegerConverter) else {"type": "string", "minLength": 1}
        for name, converter in rule._converters.items()
    }


class _Schemas(GenerateJsonSchema):
    """Without the titles that repeat the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _Components:
    """The types that were asked for, described all at once so that each is written once, under one name."""

    def __init__(self, wanted: Mapping[tuple[str, JsonSchemaMode], Any]) -> None:
        inputs = [(name, mode, TypeAdapter(shape)) for (name, mode), shape in wanted.items()]
        made, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REF, schema_generator=_Schemas)
        self.schemas: dict[str, Any] = dict(sorted(definitions.get("$defs", {}).items()))
        self._made = made

    def of(self, name: str, mode: JsonSchemaMode) -> dict[str, Any]:
        return dict(self._made[(name, mode)])


def build(app: Flask, *, info: Mapping[str, Any], tags: Mapping[str, str], server: str) -> dict[str, Any]:
    """The whole document. `tags` is each tag's description, in the order of the document."""
    found = list(routes(app))
    components = _Components(dict(_wanted(found)))
    paths: dict[str, Any] = {}
    for route in found:
        paths.setdefault(route.address, {})[route.method] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": dict(info),
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": text} for name, text in tags.items()],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "parameters": {
                "lang": {
                    "name": "lang",
                    "in": "query",
                    "required": False,
                    "description": f"The language of sentences and labels: {', '.join(LANGUAGES)}. Without it, or with "
                    "another one, `Accept-Language` decides.",
                    "schema": {"type": "string"},
                    "example": LANGUAGES[0],
                }
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that `POST /api/v1/session` answers.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": app.config["SESSION_COOKIE_NAME"],
                    "description": "The cookie that `POST /api/v1/session` sets; it speaks for this site only.",
                },
            },
        },
    }


def _wanted(found: list[Route]) -> Iterator[tuple[tuple[str, JsonSchemaMode], Any]]:
    """Every type of the document, by the name under which it is found again."""
    yield ("problem", "serialization"), ProblemDocument
    for route in found:
        operation = route.operation
        for parameter in operation.parameters:
            yield (_key(route, parameter.name), "validation"), parameter.shape
        for media, shape in (operation.body.shapes if operation.body else {}).items():
            yield (_key(route, media), "validation"), shape
        for status, answer in operation.answers.items():
            if answer.shape is not None:
                yield (_key(route, status), "serialization"), answer.shape
        for status, shape in operation.problem_shapes.items():
            yield (_key(route, status), "serialization"), shape


def _key(route: Route, part: str | int) -> str:
    return f"{route.method} {route.address} {part}"


def _operation(route: Route, components: _Components) -> dict[str, Any]:
    operation = route.operation
    described: dict[str, Any] = {
        "operationId": route.endpoint.replace(".", "_"),
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    if operation.description:
        described["description"] = operation.description
    described["security"] = route.security
    described["parameters"] = [
        *_path(route),
        *(_parameter(route, parameter, components) for parameter in operation.parameters),
        {"$ref": "#/components/parameters/lang"},
    ]
    if operation.body:
        described["requestBody"] = _body(route, operation.body, components)
    answers = {
        **{status: _answer(route, status, answer, components) for status, answer in operation.answers.items()},
        **{status: _problem(route, status, words, components) for status, words in _problems(route).items()},
    }
    described["responses"] = {str(status): answers[status] for status in sorted(answers)}
    return described


def _path(route: Route) -> Iterator[dict[str, Any]]:
    for name, schema in route.variables.items():
        description, example = route.operation.path[name]
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": description,
            "schema": schema,
            "example": example,
        }


def _parameter(route: Route, parameter: Parameter, components: _Components) -> dict[str, Any]:
    schema = components.of(_key(route, parameter.name), "validation")
    described = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": {"type": "array", "items": schema} if parameter.many else schema,
    }
    if parameter.many:
        described |= {"style": "form", "explode": False}
    if parameter.example is not None:
        described["example"] = parameter.example
    return described


def _body(route: Route, body: Body, components: _Components) -> dict[str, Any]:
    content: dict[str, Any] = {
        media: {"schema": components.of(_key(route, media), "validation")} for media in body.shapes
    }
    first = next(iter(content.values()))
    first["examples"] = {name: {"value": value} for name, value in body.examples.items()}
    return {"required": True, "description": body.description, "content": content}


def _answer(route: Route, status: int, answer: Answer, components: _Components) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()
        }
    if answer.shape is not None:
        content = {"schema": components.of(_key(route, status), "serialization")}
        if answer.example is not None:
            content["example"] = answer.example
        described["content"] = {answer.media: content}
    elif answer.media != JSON_MEDIA:
        described["content"] = {answer.media: {}}
    return described


_OFTEN = {
    429: "Too many requests from this address; `Retry-After` says when to come back.",
    503: "The database does not answer; nothing is lost, try again.",
}


def _problems(route: Route) -> dict[int, str]:
    """What may be refused: what every route refuses, what its kind does, and what it says itself."""
    found = {400: "Something sent does not pass; `errors` says which field and why.", **_OFTEN}
    if route.security:
        found |= {401: "Nobody is signed in, or the token has ended.", 403: "Your role does not allow this."}
    if route.variables:
        found[404] = "There is no such thing, or you may not see it."
    if route.operation.body:
        found |= {413: "The body is too large.", 415: "The body is of another media type."}
    return {**found, **route.operation.problems}


def _problem(route: Route, status: int, words: str, components: _Components) -> dict[str, Any]:
    name = _key(route, status) if status in route.operation.problem_shapes else "problem"
    described: dict[str, Any] = {
        "description": words,
        "content": {PROBLEM_MEDIA: {"schema": components.of(name, "serialization")}},
    }
    headers = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
    if status in headers:
        described["headers"] = {headers[status]: {"schema": {"type": "string"}}}
    return described

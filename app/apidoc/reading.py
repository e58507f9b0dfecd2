"""The OpenAPI document laid out to be read: chapters by tag, operations, and schemas as indented lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DEEP = 5
"""Objects inside one another that a table shows."""


@dataclass(frozen=True)
class Line:
    """One field. `depth`: how many objects it is inside of; `words`: its limits and allowed values."""

    name: str
    depth: int
    type: str
    required: bool
    words: str
    description: str


@dataclass(frozen=True)
class Block:
    """A body or an answer: its media type, its fields, examples as (name, text)."""

    title: str
    media: str
    description: str
    lines: tuple[Line, ...]
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """One method of one address."""

    id: str
    method: str
    address: str
    summary: str
    paragraphs: tuple[str, ...]
    signed_in: bool
    parameters: tuple[Line, ...]
    bodies: tuple[Block, ...]
    answers: tuple[Block, ...]
    refusals: tuple[tuple[str, str], ...]
    command: str


@dataclass(frozen=True)
class Chapter:
    """The operations of one tag."""

    name: str
    description: str
    entries: tuple[Entry, ...]


def chapters(document: Mapping[str, Any]) -> list[Chapter]:
    """Every operation of the document, in the order of its tags."""
    reader = _Reader(document)
    entries: dict[str, list[Entry]] = {}
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            entries.setdefault(operation["tags"][0], []).append(reader.entry(address, method, operation))
    return [Chapter(tag["name"], tag["description"], tuple(entries.get(tag["name"], ()))) for tag in document["tags"]]


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.components = document["components"]
        self.server = document["servers"][0]["url"]

    def entry(self, address: str, method: str, operation: Mapping[str, Any]) -> Entry:
        bodies = operation.get("requestBody", {})
        answers = operation["responses"].items()
        return Entry(
            id=operation["operationId"],
            method=method.upper(),
            address=address,
            summary=operation["summary"],
            paragraphs=tuple(operation.get("description", "").split("\n\n")) if operation.get("description") else (),
            signed_in=bool(operation["security"]),
            parameters=tuple(self._parameter(one) for one in operation.get("parameters", ())),
            bodies=tuple(
                self._block("", media, content, bodies.get("description", ""))
                for media, content in bodies.get("content", {}).items()
                # Both kinds of form say the same; the one that carries photos stands for both.
                if media != "application/x-www-form-urlencoded"
            ),
            answers=tuple(self._answer(status, answer) for status, answer in answers if status < "4"),
            refusals=tuple((status, answer["description"]) for status, answer in answers if status >= "4"),
            command=self._command(address, method, operation),
        )

    def _parameter(self, given: Mapping[str, Any]) -> Line:
        parameter = self._resolved(given)
        schema = parameter["schema"]
        where = "" if parameter["in"] == "query" else f"in the {parameter['in']}"
        return Line(
            name=parameter["name"],
            depth=0,
            type=", ".join(filter(None, (self._type(schema), where))),
            required=parameter["required"],
            words=self._words(schema),
            description=parameter.get("description", ""),
        )

    def _answer(self, status: str, answer: Mapping[str, Any]) -> Block:
        for media, content in answer.get("content", {}).items():
            return self._block(status, media, content, answer["description"])
        return Block(status, "", answer["description"], ())

    def _block(self, title: str, media: str, content: Mapping[str, Any], description: str) -> Block:
        named = [(name, example["value"]) for name, example in content.get("examples", {}).items()]
        if "example" in content:
            named.append(("", content["example"]))
        examples = tuple((name, json.dumps(value, ensure_ascii=False, indent=2)) for name, value in named)
        return Block(title, media, description, tuple(self._lines(content.get("schema", {}), 0)), examples)

    def _lines(self, given: Mapping[str, Any], depth: int) -> Iterator[Line]:
        schema = self._resolved(given)
        for choice in self._choices(schema):
            yield from self._lines(choice, depth)
        for name, field in schema.get("properties", {}).items():
            inner = self._resolved(field)
            yield Line(
                name=name,
                depth=depth,
                type=self._type(field),
                required=name in schema.get("required", ()),
                words=self._words(inner),
                description=field.get("description") or "",
            )
            below = self._inside(inner)
            if below is not None and depth < DEEP:
                yield from self._lines(below, depth + 1)

    def _inside(self, schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The object that a field holds, alone, in a list, or beside null."""
        if "items" in schema:
            return self._inside(self._resolved(schema["items"]))
        if "properties" in schema:
            return schema
        objects = [one for one in self._choices(schema) if "properties" in one or "items" in one]
        return self._inside(objects[0]) if len(objects) == 1 else None

    def _choices(self, schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [self._resolved(one) for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))]

    def _type(self, given: Mapping[str, Any]) -> str:
        schema = self._resolved(given)
        if "items" in schema:
            return f"list of {self._type(schema['items'])}"
        words = [str(schema["type"])] if "type" in schema else []
        words += [self._type(one) for one in self._choices(schema)]
        if not words and "enum" in schema:
            words = ["null or string" if None in schema["enum"] else "string"]
        if schema.get("format"):
            words = [f"{word}, {schema['format']}" for word in words]
        if "const" in schema and not words:
            words = ["constant"]
        return " or ".join(dict.fromkeys(words)) or "anything"

    def _words(self, given: Mapping[str, Any]) -> str:
        """Allowed values and limits."""
        schema = self._resolved(given)
        said = [", ".join(str(value) for value in schema.get("enum", ()) if value is not None)]
        if "const" in schema:
            said.append(json.dumps(schema["const"]))
        for low, high, unit in (
            ("minimum", "maximum", ""),
            ("minLength", "maxLength", " characters"),
            ("minItems", "maxItems", " items"),
        ):
            if low in schema and high in schema:
                said.append(f"{schema[low]} to {schema[high]}{unit}")
            elif low in schema or high in schema:
                said.append(f"at {'least' if low in schema else 'most'} {schema.get(low, schema.get(high))}{unit}")
        if "items" in schema:
            said.append(self._words(schema["items"]))
        said += [self._words(one) for one in self._choices(schema) if "properties" not in one]
        return "; ".join(dict.fromkeys(filter(None, said)))

    def _resolved(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in given:
            kind, name = str(given["$ref"]).rsplit("/", 2)[-2:]
            given = self.components[kind][name] | {key: value for key, value in given.items() if key != "$ref"}
        return given

    def _command(self, address: str, method: str, operation: Mapping[str, Any]) -> str:
        """The same call for a terminal."""
        parameters = [self._resolved(one) for one in operation.get("parameters", ())]
        for one in parameters:
            if one["in"] == "path":
                address = address.replace(f"{{{one['name']}}}", str(one["example"]))
        asked = [f"{one['name']}={one['example']}" for one in parameters if one["in"] == "query" and one["required"]]
        words = ["curl"] + ([f"-X {method.upper()}"] if method not in ("get", "post") else [])
        words.append(f"'{self.server}{address}{'?' if asked else ''}{'&'.join(asked)}'")
        if operation["security"]:
            words.append("-H 'Authorization: Bearer TOKEN'")
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            example = next(iter(content["examples"].values()))["value"]
            sent = json.dumps(example, ensure_ascii=False).replace("'", "’")
            words += [f"-H 'Content-Type: {media}'", f"-d '{sent}'"]
            break
        return " \\\n  ".join(words)

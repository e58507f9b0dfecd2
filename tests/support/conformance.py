"""Whether the API answers what its document says: every status, media type and field, and nothing more."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from app.apidoc.document import api_document
from app.core.openapi import address_of


def closed(schema: Any) -> Any:
    """The same schema, in which an object has the fields that are named and no other."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    if isinstance(made.get("properties"), dict) and "patternProperties" not in made:
        made.setdefault("additionalProperties", False)
    return made


class Conformance:
    """Looks at each answer of an application; `taken()` gives what was found and forgets it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.seen: set[tuple[str, str, int]] = set()
        self.complaints: list[str] = []
        self._validators: dict[tuple[str, str, str, str], Validator] = {}
        app.after_request(self._look)

    @cached_property
    def document(self) -> dict[str, Any]:
        return json.loads(json.dumps(api_document(self.app)))

    def validator(self, schema: Any) -> Validator:
        """Of a schema of the document, with nothing allowed that it does not name."""
        whole = {**closed(schema), "components": {"schemas": closed(self.document["components"]["schemas"])}}
        return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)

    def taken(self) -> list[str]:
        found, self.complaints = self.complaints, []
        return found

    def _look(self, response: Response) -> Response:
        if request.url_rule is None:
            return response
        address, method = address_of(request.url_rule), request.method.lower()
        operation = self.document["paths"].get(address, {}).get(method)
        if operation is not None:
            self.seen.add((address, method, response.status_code))
            where = f"{request.method} {request.full_path} → {response.status_code}"
            self.complaints += [f"{where}: {words}" for words in self._wrong(operation, address, method, response)]
        return response

    def _wrong(self, operation: Any, address: str, method: str, response: Response) -> list[str]:
        answer = operation["responses"].get(str(response.status_code))
        if answer is None:
            return ["the document does not know this status"]
        unknown = [
            name for name in ("Location", "Link", "Idempotent-Replayed", "ETag", "Retry-After", "WWW-Authenticate")
            if name in response.headers and name not in answer.get("headers", {}) and response.status_code != 304
        ]  # fmt: skip
        if unknown:
            return [f"the document does not know the headers {unknown}"]
        content = answer.get("content")
        if content is None:
            # The server drops the body of a 304 itself.
            return [] if response.status_code == 304 or not response.get_data() else ["the document knows no body here"]
        if response.mimetype not in content:
            return [f"{response.mimetype} is not in the document"]
        if "schema" not in content[response.mimetype]:
            return []
        key = (address, method, str(response.status_code), response.mimetype)
        if key not in self._validators:
            self._validators[key] = self.validator(content[response.mimetype]["schema"])
        errors = self._validators[key].iter_errors(json.loads(response.get_data()))
        return [f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]

"""Forms as the JSON would have them: `answers.NAME` and `contact.NAME` fields become objects, photos become files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from app.core.errors import FieldError, Invalid

NESTED = ("answers", "contact")
OURS = ("csrf_token", "key", "kept_photos", "step")
"""Fields of the page itself, which say nothing about the contribution."""


def read_json(raw: bytes) -> Any:
    """Parse JSON. Raises `Invalid` with the line and column where it breaks."""
    try:
        return json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Invalid(errors=[FieldError("", "The body is not UTF-8.")], code="broken-json") from None
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        message = "The JSON breaks off or is not correct at line %(line)s, column %(column)s."
        raise Invalid(errors=[FieldError("", message, where)], code="broken-json") from None
    except RecursionError:
        raise Invalid(errors=[FieldError("", "The JSON is nested too deeply.")], code="broken-json") from None


def read_form(form: MultiDict[str, str]) -> dict[str, Any]:
    """The fields of a posted form; a field left empty was not given, one given twice is a list."""
    data: dict[str, Any] = {}
    for name, values in form.lists():
        given = [value for value in values if value != ""]
        if name in OURS or not given:
            continue
        value: Any = given if len(given) > 1 else given[0]
        if name in NESTED and isinstance(value, str) and value.startswith("{"):
            data[name] = read_json(value.encode())
        elif "." in name and name.partition(".")[0] in NESTED:
            whole, _, part = name.partition(".")
            data.setdefault(whole, {})[part] = value
        else:
            data[name] = value
    return data


def photo_files(files: Iterable[tuple[str, FileStorage]]) -> list[FileStorage]:
    """The `photos` parts that hold a file; a file field left empty is none."""
    return [file for name, file in files if name == "photos" and file.filename]


def read_page_form(form: MultiDict[str, str]) -> dict[str, Any]:
    """The fields of our own page: `email` is the contact's, `answers.CATEGORY.QUESTION` counts for its category only.

    A page without scripts shows the questions of every category, so that what belongs to another is left behind.
    """
    data = read_form(form)
    prefix = f"{data.get('category', '')}."
    asked = data.pop("answers", {})
    answers = {name.removeprefix(prefix): value for name, value in asked.items() if name.startswith(prefix)}
    contact = {name: data.pop(name) for name in ("email", "phone", "name") if name in data}
    return data | ({"answers": answers} if answers else {}) | ({"contact": contact} if contact else {})


def page_field(pointer: str, category: str) -> str:
    """The name of our page's field that a pointer speaks of."""
    first, _, rest = pointer.lstrip("/").partition("/")
    if first == "answers":
        return f"answers.{category}.{rest}"
    if first == "contact":
        return "email"
    return "place" if first in ("lat", "lon", "address") else first

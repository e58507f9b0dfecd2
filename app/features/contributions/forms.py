"""Forms as the JSON would have them: `answers.NAME` and `contact.NAME` fields become objects, photos become files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from app.core.bodies import read_json
from app.core.errors import FieldError, Invalid, json_pointer
from app.core.texts import impossible_text

NESTED = ("answers", "contact")
OURS = ("csrf_token", "key", "kept_photos", "step", "similar")
"""Fields of the page itself, which say nothing about the contribution."""


def read_form(form: MultiDict[str, str]) -> dict[str, Any]:
    """The fields of a posted form; a field left empty was not given, one given twice is a list.

    Raises Invalid for text that cannot be kept (NUL).
    """
    errors = [
        FieldError(json_pointer(*name.replace("\x00", "").split(".")), message)
        for name, value in form.items(multi=True)
        if (message := impossible_text(name + value))
    ]
    if errors:
        raise Invalid(errors=errors)
    data: dict[str, Any] = {}
    for name, values in form.lists():
        given = [value for value in values if value != ""]
        if name in OURS or not given:
            continue
        value: Any = given if len(given) > 1 else given[0]
        if name in NESTED and isinstance(value, str) and value.startswith("{"):
            data[name] = data.get(name, {}) | read_json(value.encode())
        elif "." in name and name.partition(".")[0] in NESTED:
            whole, _, part = name.partition(".")
            # What is not an object here is refused by the schema, beside its field.
            if isinstance(data.setdefault(whole, {}), dict):
                data[whole][part] = value
        else:
            data[name] = value
    return data


def photo_files(files: Iterable[tuple[str, FileStorage]]) -> list[FileStorage]:
    """The `photos` parts that hold a file; a file field left empty is none.

    Raises Invalid for a file under another name: a photo is never lost in silence.
    """
    given = [(name, file) for name, file in files if file.filename]
    strange = sorted({name for name, _ in given if name != "photos"})
    if strange:
        message = "Photos are sent under the name “photos”, each in a part of its own."
        raise Invalid(errors=[FieldError(json_pointer(name), message) for name in strange])
    return [file for _, file in given]


def read_page_form(form: MultiDict[str, str]) -> dict[str, Any]:
    """The fields of our own page: `email` is the contact's, `answers.CATEGORY.QUESTION` counts for its category only.

    A page without scripts shows the questions of every category, so that what belongs to another is left behind.
    Whoever types a coordinate writes its decimals after a comma, as everybody does in French and in Basque.
    """
    data = read_form(form)
    for axis in ("lon", "lat"):
        if isinstance(data.get(axis), str):
            data[axis] = data[axis].replace(",", ".")
    prefix = f"{data.get('category', '')}."
    answers = data.pop("answers", {})
    # What is not an object here is refused by the schema, beside its field.
    if isinstance(answers, dict):
        answers = {name.removeprefix(prefix): value for name, value in answers.items() if name.startswith(prefix)}
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

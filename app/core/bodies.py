"""Bodies, read with care: what is broken is said with its place, never with a trace; nothing is read without end."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from app.core.errors import FieldError, Invalid, json_pointer
from app.core.texts import impossible_text

MAX_JSON = 256 * 1024
"""Bytes of a JSON body: forty times the longest text that is taken."""
DEPTH = 24
"""Objects and lists inside one another; the deepest body that means something has four."""

_INTEGER = 2**63


def json_body() -> Any:
    """What the JSON body of this request says. Raises Invalid like `read_json`, and 413 for more than 256 KB."""
    return read_json(json_bytes())


def json_bytes() -> bytes:
    """The JSON body as it came. Raises RequestEntityTooLarge."""
    # One byte more: a body in pieces is cut at the limit without a word.
    request.max_content_length = MAX_JSON + 1
    raw = request.get_data(cache=False)
    if len(raw) > MAX_JSON:
        raise RequestEntityTooLarge()
    return raw


def discard_body() -> None:
    """Read what is left of a refused body and forget it: a browser reads the answer only once it has sent everything.

    Stops at 512 MB or after 20 s: whoever sends more sees the connection end.
    """
    if not request.environ.get("wsgi.input_terminated"):
        # Past its end, the stream of such a server would wait for the next request.
        return
    source, until, left = request.environ["wsgi.input"], time.monotonic() + 20, 512 * 1024 * 1024
    while left > 0 and time.monotonic() < until:
        block = source.read(64 * 1024)
        if not block:
            return
        left -= len(block)


def read_json(raw: bytes) -> Any:
    """What a JSON body says: text that PostgreSQL can keep, finite numbers, no field twice, no endless nesting.

    Raises Invalid: code `broken-json` when it cannot be read, `invalid` with pointers when a value cannot be kept.
    """
    try:
        read = json.loads(raw.decode("utf-8"), object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise _broken("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        message = "The JSON breaks off or is not correct at line %(line)s, column %(column)s."
        raise _broken(message, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise _broken("The JSON is nested too deeply.") from None
    except ValueError:
        # Python's own limit on the digits of an integer.
        raise _broken("A number in the JSON is too large.") from None
    errors = list(_impossible(read))
    if errors:
        raise Invalid(errors=errors)
    return read


class _Twice(dict[str, Any]):
    """An object in which a field was given twice: which one counts, nobody can tell."""

    name = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) == len(pairs):
        return read
    seen: set[str] = set()
    marked = _Twice(read)
    marked.name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return marked


def _impossible(read: Any) -> Iterator[FieldError]:
    """What no field can hold, with its pointer. A walk without recursion: the body chose the depth."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), read)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > DEPTH:
            raise _broken("The JSON is nested too deeply.")
        if isinstance(value, dict):
            if isinstance(value, _Twice):
                yield FieldError(json_pointer(*path, value.name), "This field is given twice.")
            for name, inner in value.items():
                # A name that is no text cannot be pointed at: the object that holds it is.
                if message := impossible_text(name):
                    yield FieldError(json_pointer(*path), message)
                else:
                    waiting.append(((*path, name), inner))
        elif isinstance(value, list):
            waiting.extend(((*path, position), inner) for position, inner in enumerate(value))
        elif message := _impossible_value(value):
            yield FieldError(json_pointer(*path), message)


def _impossible_value(value: Any) -> str | None:
    if isinstance(value, str):
        return impossible_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "This must be a finite number."
    if isinstance(value, int) and abs(value) >= _INTEGER:
        return "This number is too large."
    return None


def _broken(message: str, **params: Any) -> Invalid:
    return Invalid(errors=[FieldError("", message, params)], code="broken-json")

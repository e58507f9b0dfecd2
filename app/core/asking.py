"""Parameters of a query string that several addresses share; what does not pass is said beside its name.

A parameter that is empty was not given: a form without scripts sends the fields that nobody filled.
"""

from __future__ import annotations

from flask import request

from app.core.errors import invalid

_YES, _NO = ("1", "true"), ("", "0", "false")


def asked_limit(*, usual: int, most: int) -> int:
    """How many are wanted (`limit`), from 1 to `most`. Raises Invalid."""
    word = request.args.get("limit")
    if not word:
        return usual
    if not word.isdecimal() or len(word) > 6 or not 1 <= int(word) <= most:
        raise invalid("/limit", "Between 1 and %(most)s.", most=most)
    return int(word)


def asked_flag(name: str) -> bool:
    """Whether something is wanted: `1` or `true`; `0`, `false` or nothing says no. Raises Invalid for another word."""
    word = request.args.get(name, "")
    if word not in (*_YES, *_NO):
        raise invalid(f"/{name}", "Answer true or false.")
    return word in _YES

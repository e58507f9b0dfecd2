"""JSON bodies, read with care: what is broken is said with its line, never with a trace."""

from __future__ import annotations

import json
from typing import Any

from app.core.errors import FieldError, Invalid


def read_json(raw: bytes) -> Any:
    """What a JSON body says. Raises Invalid (code `broken-json`): not UTF-8, broken off, nested too deeply."""
    try:
        return json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise _broken("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        message = "The JSON breaks off or is not correct at line %(line)s, column %(column)s."
        raise _broken(message, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise _broken("The JSON is nested too deeply.") from None


def _broken(message: str, **params: Any) -> Invalid:
    return Invalid(errors=[FieldError("", message, params)], code="broken-json")

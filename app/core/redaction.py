"""What may be kept of a failure: what went wrong and where, and nobody's address, words or private link.

Logs and the outbox outlive whom they speak of: who erases themselves is erased there too, by never having been there.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

_ADDRESS = re.compile(r"[^\s<>\"'()\[\]{},:;=]+@[^\s<>\"'()\[\]{},:;=]+")
# PostgreSQL tells the row that it refuses, in its own language.
_ROW = re.compile(r"\nD[EÉ]TAIL ?:.*?(?=\n(?:HINT|CONTEXT|QUERY|\[SQL|\(Background|\n)|\Z)", re.DOTALL)
_SECRET = re.compile(r"(?<=/)[A-Za-z0-9_.=-]{20,}(?=/|$)")


def impersonal(words: str) -> str:
    """The words of an error without e-mail addresses, passwords of servers, nor the row that a database refused."""
    if "TAIL" in words:
        words = _ROW.sub("", words)
    return _ADDRESS.sub("<address>", words) if "@" in words else words


def without_secrets(path: str) -> str:
    """A path without the long segments that open something by themselves: private links, keys of pictures."""
    return _SECRET.sub("…", path)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The same for every line of a log: a structlog processor, after tracebacks have become words."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_secrets(value) if name == "path" else impersonal(value)
    return event

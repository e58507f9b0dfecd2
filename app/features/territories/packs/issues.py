"""What is wrong with a pack, said so that one can mend it: file, line, field, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import ErrorDetails

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class PackIssue:
    """`file` is relative to the pack; `line` counts from 1, 0 without a file; `field` is a dotted path."""

    file: str
    line: int
    field: str
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        field = f" {self.field}:" if self.field else ""
        return f"{place}:{field} {self.message}" + (" (warning)" if self.severity == "warning" else "")


class PackError(Exception):
    """The pack cannot be used; `issues` holds everything that was found, warnings included."""

    def __init__(self, issues: Sequence[PackIssue]) -> None:
        self.issues = tuple(issues)
        errors = [issue for issue in self.issues if issue.severity == "error"]
        super().__init__("\n".join(str(issue) for issue in errors))


def sentence(error: ErrorDetails, fields: Sequence[str] = ()) -> str:
    """Pydantic's finding as advice; `fields` are the names known where an unknown one was met."""
    context: dict[str, Any] = error.get("ctx") or {}
    name = error["loc"][-1] if error["loc"] else ""
    given = error.get("input")
    match error["type"]:
        case "missing":
            return f"Add “{name}”: it is required."
        case "extra_forbidden":
            known = f" Known here: {', '.join(fields)}." if fields else ""
            return f"Remove “{name}”, or correct its spelling: there is no such field.{known}"
        case "string_pattern_mismatch":
            return _pattern_sentence(str(context.get("pattern", "")), given)
        case "literal_error":
            return f"Write one of {context.get('expected')} instead of “{_short(given)}”."
        case "greater_than_equal":
            return f"Write {context.get('ge')} or more instead of {_short(given)}."
        case "less_than_equal":
            return f"Write {context.get('le')} or less instead of {_short(given)}."
        case "string_type":
            return f"Write text here, in quotes if needed, instead of “{_short(given)}”."
        case "int_type" | "float_type" | "int_parsing" | "float_parsing":
            return f"Write a number instead of “{_short(given)}”."
        case "bool_type":
            return f"Write true or false instead of “{_short(given)}”."
        case "tuple_type" | "list_type":
            return "Write a list here: one line for each item, beginning with a dash."
        case "dict_type" | "model_type" | "model_attributes_type":
            return "Write names and values here (name: value), one on each line."
        case "too_short":
            return "Give at least one."
        case "too_long":
            return f"Give {context.get('max_length')} at most."
        case "string_too_long":
            return f"Shorten this text to {context.get('max_length')} characters."
        case "value_error":
            return str(context.get("error"))
    if error["type"].startswith("date"):
        return f"Write a date as 2026-12-31 instead of “{_short(given)}”."
    return f"{error['msg']}."


_PATTERNS = (
    ("parent:", "a service's slug, or parent: and a slug"),
    ("[a-z0-9]+(-[a-z0-9]+)*", "a slug: small letters without accents, digits and single dashes"),
    ("#[0-9a-f]{6}", "a colour as #1f5a45, in small letters"),
    ("[A-Z]{2,5}", "two to five capital letters"),
    ("[A-Z]{2}", "a country in two capital letters, such as FR"),
    ("[a-z]{2,3}", "a language code such as fr, en or eu"),
    ("@", "an e-mail address"),
    ("https?", "a web address that begins with https://"),
    ("[0-9 .()/-]", "a telephone number"),
)


def _pattern_sentence(pattern: str, given: Any) -> str:
    wanted = next((words for part, words in _PATTERNS if part in pattern), "another form")
    return f"Write {wanted} instead of “{_short(given)}”."


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"

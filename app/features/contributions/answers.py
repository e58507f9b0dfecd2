"""A category's extra questions, asked again on the server: unknown, missing or impossible answers, emergencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import FieldError, json_pointer

Question = Mapping[str, Any]


def check_answers(questions: Sequence[Question], answers: Mapping[str, Any], language: str) -> list[FieldError]:
    """What is wrong with the answers, in the order of the questions; nothing when all is well."""
    known = {str(question["slug"]): question for question in questions}
    found = [
        FieldError(json_pointer("answers", slug), "This category does not ask this question.")
        for slug in answers
        if slug not in known
    ]
    for slug, question in known.items():
        value = answers.get(slug)
        message = _missing(question, value) or _mismatch(question, value)
        if message:
            found.append(FieldError(f"/answers/{slug}", message))
        elif _is_emergency(question, value):
            found.append(_call(slug, question["emergency"], language))
    return found


def _missing(question: Question, value: Any) -> str | None:
    if question.get("required") and value in (None, "", []):
        return "Please answer this question."
    return None


def _mismatch(question: Question, value: Any) -> str | None:
    if value in (None, "", []):
        return None
    options = {str(option["slug"]) for option in question.get("options") or ()}
    match question.get("type"):
        case "choice" if str(value) not in options:
            return "Choose one of the listed answers."
        case "multi" if not {str(item) for item in (value if isinstance(value, list) else [value])} <= options:
            return "Choose among the listed answers."
        case "yes_no" if not isinstance(value, bool | str) or _word(value) not in ("yes", "no"):
            return "Answer yes or no."
        case "number" if not _is_number(value):
            return "Write a number."
        case "text" if not isinstance(value, str) or len(value) > 500:
            return "Write at most 500 characters."
    return None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return number == number and abs(number) < 1e12


def _is_emergency(question: Question, value: Any) -> bool:
    emergency = question.get("emergency")
    if not emergency or value in (None, ""):
        return False
    given = {str(item) for item in value} if isinstance(value, list) else {_word(value)}
    return bool(given & {_word(answer) for answer in emergency.get("answers", ())})


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _call(slug: str, emergency: Mapping[str, Any], language: str) -> FieldError:
    texts = emergency.get("text") or {}
    words = texts.get(language) or texts.get("fr") or ""
    return FieldError(
        f"/answers/{slug}",
        "This cannot wait for a form: call %(phone)s now. %(words)s",
        {"phone": emergency.get("phone", "112"), "words": words},
    )

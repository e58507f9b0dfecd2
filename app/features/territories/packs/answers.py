"""Answers to a category's questions: checked, brought to one shape, stopped where one must call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.messages import Message
from app.features.territories.packs.schema import Emergency, Question

MAX_TEXT = 1000


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """`question` is the slug beside whose field the sentence belongs."""

    question: str
    message: Message


@dataclass(frozen=True, slots=True)
class Answered:
    """`answers` holds, by question: text, a number, or a list for several choices.

    With an `emergency`, nothing may be sent: the person must call.
    """

    answers: Mapping[str, str | float | list[str]]
    problems: tuple[AnswerProblem, ...]
    emergency: Emergency | None


def read_questions(stored: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    """The questions of a category as the database keeps them. Raises pydantic.ValidationError."""
    return tuple(Question.model_validate(question) for question in stored)


def check_answers(questions: Sequence[Question], given: Mapping[str, Any]) -> Answered:
    """What was answered, everything wrong with it, and the emergency it reveals. Never raises on content.

    A form gives text, or a list of texts; the API may also give numbers and booleans.
    """
    answers: dict[str, str | float | list[str]] = {}
    problems: list[AnswerProblem] = []
    emergency: Emergency | None = None
    known = {question.slug for question in questions}
    for name in given:
        if name not in known:
            message = Message("This category does not ask “%(question)s”.", {"question": str(name)[:60]})
            problems.append(AnswerProblem(str(name)[:60], message))
    for question in questions:
        answer = _read(question, given.get(question.slug))
        if isinstance(answer, Message):
            problems.append(AnswerProblem(question.slug, answer))
        elif answer in (None, "", []):
            if question.required:
                problems.append(AnswerProblem(question.slug, Message("Please answer this question.")))
        else:
            answers[question.slug] = answer
            emergency = emergency or _emergency(question, answer)
    return Answered(answers, tuple(problems), emergency)


def _read(question: Question, value: Any) -> Any:
    if value is None:
        return None
    if question.type == "multi":
        values = value if isinstance(value, list | tuple) else [value]
        read = [_choice(question, item) for item in values]
        return next(
            (one for one in read if isinstance(one, Message)),
            [one for one in dict.fromkeys(read) if one is not None],
        )
    if isinstance(value, list | tuple):
        if len(value) > 1:
            return Message("Give only one answer to this question.")
        value = value[0] if value else None
    match question.type:
        case "choice" | "yes_no":
            return _choice(question, value)
        case "number":
            return _number(value)
    return _text(value)


def _choice(question: Question, value: Any) -> Any:
    if isinstance(value, bool) and question.type == "yes_no":
        value = "yes" if value else "no"
    if value in (None, ""):
        return None
    possible = question.values() or ()
    if not isinstance(value, str) or value not in possible:
        return Message("Choose one of the answers offered.")
    return value


def _number(value: Any) -> Any:
    if value in (None, ""):
        return None
    if isinstance(value, str):
        try:
            value = float(value.strip().replace(",", "."))
        except ValueError:
            return Message("Write a number here.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 <= value <= 1e9:
        return Message("Write a number here.")
    return int(value) if float(value).is_integer() else float(value)


def _text(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str):
        return Message("Write a text here.")
    text = "".join(c for c in value if ord(c) >= 32 or c in "\n\t").strip()
    if len(text) > MAX_TEXT:
        return Message("Shorten this text to %(most)s characters.", {"most": MAX_TEXT})
    return text


def _emergency(question: Question, answer: str | float | list[str]) -> Emergency | None:
    if question.emergency is None:
        return None
    given = answer if isinstance(answer, list) else [str(answer)]
    return question.emergency if any(one in question.emergency.answers for one in given) else None

"""What Open311 asks and sends, read into the words of the house; each complaint names the standard's own field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from app.core.errors import FieldError, Invalid, NotFound, invalid
from app.features.contributions.filters import GROUPS, STATES, MapFilters
from app.features.contributions.schemas import ContributionIn, read_contribution
from app.features.opendata.queries import KIND
from app.features.territories.catalogue import CategoryFacts, Town

SPAN = timedelta(days=90)
"""The longest time that one question covers, and the one it covers when it says nothing: the standard's."""
STATUSES = ("open", "closed")
_ATTRIBUTE = re.compile(r"attribute\[([^\]]+)\](?:\[\d*\])?")
_NAMES = {
    "/category": "service_code",
    "/text": "description",
    "/lon": "long",
    "/address": "address_string",
    "/contact/name": "first_name",
    "/contact/email": "email",
    "/contact/phone": "phone",
    "/photos": "media_url",
    "/territory": "jurisdiction_id",
}


@dataclass(frozen=True)
class Question:
    """Which requests are wanted: `references` alone when given, else the filters up to `until`."""

    filters: MapFilters
    until: datetime | None = None
    references: tuple[str, ...] | None = None


def read_question(asked: Mapping[str, str], town: Town, now: datetime) -> Question:
    """The parameters of `GET requests`. Raises Invalid with what does not pass."""
    references = _words(asked.get("service_request_id", ""))
    if references:
        # The standard: numbers put everything else aside.
        wanted = tuple(reference.upper() for reference in references)
        return Question(MapFilters(territory=town.slug, kinds=(KIND,)), references=wanted)
    start, end = _window(asked, now)
    filters = MapFilters(
        territory=town.slug,
        kinds=(KIND,),
        categories=_words(asked.get("service_code", "")),
        states=_states(_words(asked.get("status", ""))),
        since=start,
    )
    return Question(filters, until=end)


def read_request(form: MultiDict[str, str], *, town: Town, language: str) -> ContributionIn:
    """The form of `POST requests`. Raises Invalid with every complaint of form."""
    if any("\x00" in name + value for name, value in form.items(multi=True)):
        raise Invalid(errors=[FieldError("", "The text contains a NUL character, which cannot be kept.")])
    given = {name: value.strip() for name, value in form.items()}
    if given.get("media_url"):
        raise invalid("/media_url", "Photos are not fetched from elsewhere: send the request without media_url.")
    name = " ".join(part for part in (given.get("first_name"), given.get("last_name")) if part)
    contact = {"name": name, "email": given.get("email"), "phone": given.get("phone")}
    data = {
        "kind": KIND,
        "category": given.get("service_code"),
        "text": given.get("description"),
        "lon": given.get("long"),
        "lat": given.get("lat"),
        "address": given.get("address_string"),
        "answers": _answers(form, town.categories.get(given.get("service_code", ""))),
        "contact": {field: value for field, value in contact.items() if value},
        "language": language,
        "territory": town.slug,
    }
    return read_contribution({field: value for field, value in data.items() if value not in (None, "")})


def field_name(pointer: str) -> str:
    """How the standard calls the field that a pointer means; empty for the whole."""
    if pointer.startswith("/answers/"):
        return f"attribute[{pointer.removeprefix('/answers/')}]"
    return _NAMES.get(pointer, pointer.lstrip("/"))


def needed_service(code: str) -> str:
    """A service code that was given and may exist. Raises Invalid."""
    if not code:
        raise invalid("/service_code", "This field is needed.")
    if "\x00" in code:
        raise NotFound()
    return code


def _answers(form: MultiDict[str, str], category: CategoryFacts | None) -> dict[str, Any]:
    several = {question["slug"] for question in category.questions if question["type"] == "multi"} if category else ()
    answers: dict[str, Any] = {}
    for field, values in form.lists():
        found = _ATTRIBUTE.fullmatch(field)
        given = [value for value in values if value]
        if found is None or not given:
            continue
        if found[1] in several:
            answers.setdefault(found[1], []).extend(given)
        else:
            answers[found[1]] = given[-1]
    return answers


def _words(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))


def _states(statuses: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [status for status in statuses if status not in STATUSES]
    if unknown:
        message = "“%(value)s” is not known here. Choose among: %(known)s."
        raise invalid("/status", message, value=unknown[0][:40], known=", ".join(STATUSES))
    chosen = {state for status in statuses for state in GROUPS[status]}
    return tuple(state for state in STATES if state in chosen) if len(set(statuses)) == 1 else ()


def _window(asked: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    start, end = _moment(asked, "start_date"), _moment(asked, "end_date")
    try:
        if start is None:
            end = end or now
            start = end - SPAN
        end = end or start + SPAN
    except OverflowError:
        raise invalid("/start_date", "At most 90 days at once, the first one before the last.") from None
    if not timedelta() <= end - start <= SPAN:
        raise invalid("/start_date", "At most 90 days at once, the first one before the last.")
    return start, end


def _moment(asked: Mapping[str, str], name: str) -> datetime | None:
    word = asked.get(name, "").strip()
    if not word:
        return None
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        message = "Write a date as 2026-03-31, or a moment as 2026-03-31T08:00:00Z."
        raise invalid(f"/{name}", message) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""What goes with a change of state besides its name: why it was declined, for which day it is planned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from flask_babel import gettext

from app.core.i18n import language, say
from app.core.messages import Message
from app.web import formats, words

DECLINE_REASONS: Final[Mapping[str, Message]] = {
    "not_ours": Message("This is not in the town's hands"),
    "private": Message("The place is private"),
    "nothing_found": Message("Nothing was found on the spot"),
    "already_planned": Message("It is already part of planned work"),
    "no_means": Message("The town has not the means for it this year"),
    "against_rules": Message("A rule or a law forbids it"),
    "unclear": Message("The message does not say enough to act"),
    "unfit": Message("The message breaks the rules of this site"),
}


def beside(data: Mapping[str, Any], *, at: datetime) -> list[str]:
    """The day and the reason that an event's `data` holds, in the language being spoken: for everybody, everywhere
    that the state is told. `at` is when it was decided: its year is not repeated.
    """
    said = []
    if planned := data.get("planned_on"):
        day = formats.day(date.fromisoformat(planned), today=at.date(), language=language())
        said.append(gettext("Planned for %(day)s", day=day))
    if reason := DECLINE_REASONS.get(data.get("reason", "")):
        said.append(words.named(gettext("Reason"), say(reason)))
    return said

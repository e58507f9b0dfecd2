"""The desk's words: how late a ticket is, what its buttons say, what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core.i18n import label, say
from app.core.messages import Message
from app.features.contributions.pages import Step
from app.features.contributions.reasons import beside
from app.features.territories.catalogue import Town
from app.features.tickets.pages import Transition
from app.features.tickets.queries.detail import EventLine
from app.features.tickets.workflow import CLOSED, TABLE, Need
from app.web import words

Urgency = Literal["", "soon", "late"]

# What each move is called on its button, its icon, its key; the order is the order of the buttons.
_MOVES: Mapping[str, tuple[str, str, str]] = {
    "accepted": (_l("Accept"), "check", "V"),
    "planned": (_l("Plan"), "calendar", "P"),
    "in_progress": (_l("Start"), "play", "S"),
    "done": (_l("Resolve"), "check", "C"),
    "waiting": (_l("Put on hold"), "clock", "W"),
    "declined": (_l("Decline"), "close", "D"),
    "reopened": (_l("Reopen"), "retry", "O"),
    "new": (_l("Undo: not a duplicate"), "retry", "U"),
}
_BY_KIND: Mapping[tuple[str, str], str] = {
    ("praise", "done"): _l("Pass on the thanks"),
    ("proposal", "accepted"): _l("Study"),
    ("proposal", "planned"): _l("Keep the idea"),
    ("proposal", "done"): _l("Made real"),
}
# The next natural step of each state.
_NATURAL: Mapping[str, tuple[str, ...]] = {
    "new": ("accepted", "done"),
    "accepted": ("planned", "done"),
    "planned": ("in_progress", "done"),
    "in_progress": ("done",),
    "waiting": ("in_progress",),
    "reopened": ("accepted",),
    "done": ("reopened",),
    "declined": ("reopened", "accepted"),
}
_MAIN = ("planned", "in_progress", "done", "reopened")
"""Moves that have their own button; the others are in the menu."""


def due_words(due_at: datetime | None, *, now: datetime, zone: ZoneInfo, closed: bool = False) -> tuple[str, Urgency]:
    """`Late by 2 days`, `Today`, `Tomorrow`, `3 d`; nothing for what has no day or is done."""
    if due_at is None or closed:
        return "", ""
    days = (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if due_at < now:
        return ngettext("Late by %(num)d day", "Late by %(num)d days", max(1, -days)), "late"
    if days == 0:
        return _("Today"), "soon"
    if days == 1:
        return _("Tomorrow"), "soon"
    return _("%(days)d d", days=days), ""


def moves(kind: str, state: str, reachable: tuple[str, ...]) -> list[Transition]:
    """The buttons of a ticket: the next natural step first, the rest in the table's order."""
    natural = next((one for one in _NATURAL.get(state, ()) if one in reachable), None)
    needs: dict[str, frozenset[Need]] = {
        line.target: line.needs for line in TABLE if line.kind == kind and line.source == state
    }
    targets = sorted((one for one in reachable if one != "duplicate"), key=lambda one: (one != natural, _rank(one)))
    found = []
    for target in targets:
        words_, icon, key = _MOVES["new" if state == "duplicate" else target]
        found.append(
            Transition(
                state=target,
                label=str(_BY_KIND.get((kind, target), words_)),
                icon=icon,
                key=key,
                needs_text=bool(needs.get(target, frozenset()) & {Need.TEXT, Need.REASON}),
                primary=target == natural,
                more=target not in _MAIN and target != natural and state != "duplicate",
            )
        )
    return found


def _rank(target: str) -> int:
    return list(_MOVES).index(target)


def steps(history: tuple[EventLine, ...], *, town: Town, state: str, names: Mapping[int, str]) -> list[Step]:
    """The history, newest first; the newest is "now" until the ticket is closed."""
    told = [Step(_what(event, town, names), "done", event.at, _note(event)) for event in history]
    if told and state not in CLOSED:
        told[0] = Step(told[0].text, "now", told[0].when, told[0].note)
    return told


def routing_words(routing: Mapping[str, object]) -> str:
    """Which rule decided, in the reader's language."""
    stored = routing.get("message")
    if not isinstance(stored, Mapping):
        return ""
    said = say(Message.from_json(stored))
    return said[:1].upper() + said[1:]


def _what(event: EventLine, town: Town, names: Mapping[int, str]) -> str:
    data = event.data
    match event.type:
        case "received":
            return str(_("Received %(channel)s", channel=words.CHANNELS.get(str(data.get("channel", "")), "")))
        case "grouped":
            metres = round(float(data.get("distance_m", 0)))
            return str(_("%(reference)s joined, %(metres)s m away", reference=event.contribution, metres=metres))
        case "assigned" if data.get("to"):
            return str(_("Given to %(name)s", name=names.get(data["to"], "")))
        case "moved":
            service = town.services.get(int(data.get("service_id", 0)))
            return str(_("Moved to %(service)s", service=label(service.name) if service else data.get("to", "")))
        case "category":
            category = town.categories.get(str(data.get("to", "")))
            return str(_("Category: %(category)s", category=label(category.label) if category else data.get("to", "")))
        case known if known in _JOINING:
            reference = next((data[key] for key in ("reference", "of", "to", "from") if data.get(key)), "")
            return str(_JOINING[event.type]) % {"reference": reference}
        case known if known in _PLAIN:
            return str(_PLAIN[known])
        case _ if event.state_to:
            return str(words.STATES[words.public_state(event.state_to, in_a_queue=True)])
    return event.type


def _moved(data: Mapping[str, Any]) -> str:
    """Where it was, so that a wrong correction can be seen and undone."""
    lon, lat = data["from"]
    was = _("it was at %(lat)s, %(lon)s", lat=lat, lon=lon)
    if data.get("address_from"):
        was = f"{data['address_from']} ({was})"
    return " · ".join(
        [was, _("%(metres)s m away", metres=round(data["distance_m"]))] if "distance_m" in data else [was]
    )


_PLAIN = {
    "imported": _l("Taken over from another tool"),
    "routed": _l("Passed on to the service"),
    "answer": _l("Public answer"),
    "note": _l("Internal note"),
    "place": _l("Place corrected"),
    "assigned": _l("Given back to the team"),
    "hidden": _l("Hidden from the public"),
    "restored": _l("Shown again to the public"),
    "published": _l("Read by a moderator, and published"),
    "kept": _l("Reported, and left as it is"),
    "added": _l("Added by the author"),
    "corrected": _l("Corrected by the author"),
    "edited": _l("Edited by a moderator"),
    "photo_hidden": _l("A photo hidden by a moderator"),
    "photo_restored": _l("A photo shown again"),
    "withdrawn": _l("Withdrawn by the author"),
    "silenced": _l("The author does not wish to be contacted"),
}
_JOINING = {
    "duplicate": _l("Duplicate of %(reference)s"),
    "unduplicate": _l("No longer a duplicate of %(reference)s"),
    "joined": _l("%(reference)s marked as its duplicate"),
    "parted": _l("%(reference)s no longer its duplicate"),
    "split": _l("%(reference)s taken out of the group"),
    "attached": _l("Child of %(reference)s"),
    "detached": _l("No longer a child of %(reference)s"),
    "gathered": _l("%(reference)s became its child"),
    "released": _l("%(reference)s no longer its child"),
}


def _note(event: EventLine) -> str:
    said = [routing_words(event.data)] if event.type == "routed" else []
    said += beside(event.data, at=event.at)
    if event.type == "place":
        said.append(_moved(event.data))
    if parent := event.data.get("parent"):
        said.append(_("closed with its parent, %(reference)s", reference=parent))
    said += [text for text in (event.body, event.account) if text]
    return " · ".join(part for part in said if part)


def answers(given: Mapping[str, Any], *, town: Town, category_id: int) -> list[tuple[str, str]]:
    """Question and answer in words, in the order in which they are asked. A contribution that came from another
    category keeps the answers that it gave there. None is an answer that this reader may not read.
    """
    here = town.categories_by_id.get(category_id)
    categories = ([here] if here else []) + list(town.categories_by_id.values())
    asked: dict[str, Mapping[str, Any]] = {}
    for question in (question for category in categories for question in category.questions):
        asked.setdefault(str(question["slug"]), question)
    order = {slug: place for place, slug in enumerate(asked)}
    return [
        (label(asked[slug]["label"]) if slug in asked else slug, _answered(asked.get(slug, {}), value))
        for slug, value in sorted(given.items(), key=lambda pair: order.get(pair[0], len(order)))
        if value not in ("", [])
    ]


def _answered(question: Mapping[str, Any], value: Any) -> str:
    if value is None:
        return str(_("answer not shown to your role"))
    names = {str(option["slug"]): label(option["label"]) for option in question.get("options") or ()}
    if question.get("type") == "yes_no" or isinstance(value, bool):
        names |= {"yes": _("Yes"), "no": _("No"), "True": _("Yes"), "False": _("No")}
    return ", ".join(names.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value]))

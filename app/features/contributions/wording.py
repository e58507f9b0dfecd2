"""A contribution's history in words that a person would say, and its state beside them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext, lazy_gettext

from app.core.i18n import label, say
from app.core.messages import Message
from app.features.contributions.pages import AnswerView, Step
from app.features.contributions.public import EventFace
from app.features.contributions.reasons import beside
from app.features.territories.catalogue import Town
from app.web import words

PARTS = {
    "title": lazy_gettext("the title"),
    "text": lazy_gettext("the text"),
    "address": lazy_gettext("the address"),
    "place": lazy_gettext("the place"),
    "photos": lazy_gettext("the photos"),
}
"""What the town may have edited."""


def state_word(state: str, *, placed: bool, kind: str = "") -> str:
    """The public state's key: `received` … `joined`. An idea is debated (`received`) until a service studies it."""
    return words.public_state(state, in_a_queue=placed and kind != "proposal")


def steps(history: Sequence[EventFace], *, town: Town, closed: bool, kind: str = "") -> list[Step]:
    """The timeline, newest first; the newest is "now" until all is done."""
    told = [step for event in history if (step := step_of(event, town, kind)) is not None]
    told.reverse()
    if told and not closed:
        told[0] = Step(told[0].text, "now", told[0].when, told[0].note)
    return told


def step_of(event: EventFace, town: Town, kind: str = "") -> Step | None:
    """One fact of the history as a line of the timeline, or None for what says nothing to the public."""
    match event.type:
        case "received":
            channel = str(words.CHANNELS.get(event.data.get("channel", ""), ""))
            return Step(gettext("Received"), "done", event.at, channel)
        case "imported":
            return Step(gettext("Received"), "done", event.at, str(words.CHANNELS["import"]))
        case "routed":
            return Step(gettext("Passed on to the service"), "done", event.at, _reason(event))
        case "grouped":
            metres = round(float(event.data.get("distance_m", 0)))
            text = gettext("Joined to a report already made %(metres)s m away", metres=metres)
            return Step(text, "done", event.at, "")
        case "moved" | "rerouted":
            service = town.services.get(int(event.data.get("service_id", 0) or 0))
            name = label(service.name) if service else ""
            return Step(gettext("Passed on to %(service)s", service=name), "done", event.at, event.body or "")
        case "amended":
            return Step(gettext("Amended by its author"), "done", event.at, event.data.get("why", ""))
        case "united":
            said = event.data.get("into") or event.data.get("title", "")
            return Step(gettext("United with others: %(name)s", name=said), "done", event.at, "")
        case "parted":
            return Step(gettext("Stands alone again"), "done", event.at, "")
        case "added":
            return Step(gettext("Added by its author"), "done", event.at, event.body or "")
        case "corrected":
            return Step(gettext("Corrected by its author"), "done", event.at, "")
        case "edited":
            what = ", ".join(str(PARTS[each]) for each in event.data.get("what", ()) if each in PARTS)
            return Step(gettext("Edited by the town: %(what)s", what=what), "done", event.at, "")
        case _ if event.state_to:
            state = str(words.state_words(kind)[words.public_state(event.state_to, in_a_queue=True)])
            if group := event.data.get("group"):
                state = gettext("%(state)s, with the ideas of “%(group)s”", state=state, group=group)
            return Step(
                state, "done", event.at, " · ".join([*beside(event.data, at=event.at), *filter(None, [event.body])])
            )
        case _ if event.body:
            return Step(gettext("Answer of the service"), "done", event.at, event.body)
    return None


def _reason(event: EventFace) -> str:
    """Why it went where it went. The first letter alone is raised: a service keeps the capitals of its name."""
    said = say(Message.from_json(event.data["message"])) if event.data.get("message") else ""
    return said[:1].upper() + said[1:]


def answers(history: Sequence[EventFace], service_name: str) -> list[AnswerView]:
    """What the service wrote in public, newest first."""
    said = [AnswerView(service_name, event.body, event.at) for event in history if event.body and event.type != "added"]
    return said[::-1]

"""The words of the interface for what the code names in English: kinds, states, channels. One place, so one
vocabulary.
"""

from dataclasses import dataclass
from typing import Final, Literal

from flask_babel import gettext
from flask_babel import lazy_gettext as _

Kind = Literal["problem", "praise", "proposal"]
# What the public is told about a ticket. Several internal states may share a word; see `PUBLIC_STATE`.
PublicState = Literal["received", "routed", "planned", "active", "waiting", "done", "declined", "reopened", "joined"]


@dataclass(frozen=True, slots=True)
class KindWords:
    """`verb` opens the form, `title` is its heading, `one` and `many` name contributions, `help` gives
    examples.
    """

    verb: str
    title: str
    one: str
    many: str
    help: str
    where: str
    send: str
    sent: str


KINDS: Final[dict[str, KindWords]] = {
    "problem": KindWords(
        verb=_("Report"),
        title=_("Report a problem"),
        one=_("Problem"),
        many=_("Problems"),
        help=_("A dead street lamp, dumped rubbish, a hole in the road"),
        where=_("Where is the problem?"),
        send=_("Send the report"),
        sent=_("Your report is recorded under the number"),
    ),
    "praise": KindWords(
        verb=_("Praise"),
        title=_("Say thank you"),
        one=_("Thank-you"),
        many=_("Thank-yous"),
        help=_("A place, a gesture, a team that does things well"),
        where=_("Where is it?"),
        send=_("Send the thanks"),
        sent=_("Your thanks are recorded under the number"),
    ),
    "proposal": KindWords(
        verb=_("Propose"),
        title=_("Propose an idea"),
        one=_("Idea"),
        many=_("Ideas"),
        help=_("A bench, a tree, a pedestrian crossing, a street party"),
        where=_("Where should it be?"),
        send=_("Send the idea"),
        sent=_("Your idea is recorded under the number"),
    ),
}

STATES: Final[dict[str, str]] = {
    "received": _("Received"),
    "routed": _("Passed on"),
    "planned": _("Planned"),
    "active": _("Under way"),
    "waiting": _("On hold"),
    "done": _("Resolved"),
    "declined": _("Not accepted"),
    "reopened": _("Reopened"),
    "joined": _("Joined to another"),
}

# An idea is debated and studied, not repaired: what the same states are called there.
IDEA_STATES: Final[dict[str, str]] = STATES | {
    "received": _("In debate"),
    "routed": _("Under study"),
    "planned": _("Idea kept"),
    "done": _("Idea made real"),
    "declined": _("Idea not kept"),
}

# Thanks are passed on: nothing was broken.
PRAISE_STATES: Final[dict[str, str]] = STATES | {"done": _("Thanks passed on"), "declined": _("Not passed on")}


def state_words(kind: str) -> dict[str, str]:
    """The public words of a kind's states."""
    return {"proposal": IDEA_STATES, "praise": PRAISE_STATES}.get(kind, STATES)


CHANNELS: Final[dict[str, str]] = {
    "web": _("through the map"),
    "api": _("through another application"),
    "phone": _("by telephone"),
    "desk": _("at the counter"),
    "paper": _("on paper"),
    "workshop": _("in a workshop"),
    "chat": _("by chat"),
    "import": _("taken over from another tool"),
}

LANGUAGES: Final[dict[str, str]] = {"fr": "Français", "en": "English", "eu": "Euskara"}

_PUBLIC: Final[dict[str, PublicState]] = {
    "accepted": "routed",
    "planned": "planned",
    "in_progress": "active",
    "waiting": "waiting",
    "done": "done",
    "declined": "declined",
    "duplicate": "joined",
    "reopened": "reopened",
}


def public_state(state: str, *, in_a_queue: bool) -> PublicState:
    """The public word of a ticket's state: a new ticket is *received* until a service's queue holds it,
    then *passed on*.
    """
    if state == "new":
        return "routed" if in_a_queue else "received"
    return _PUBLIC[state]


def named(name: object, said: object, *, gap: str = " ") -> str:
    """What somebody said, or is so much, after its name; French sets its colon apart."""
    return f"{gettext('%(name)s:', name=name)}{gap}{said}"


def hours() -> list[tuple[str, str]]:
    """The hours of a day as a menu, and none."""
    return [("", "—"), *((str(hour), gettext("%(hour)s:00", hour=hour)) for hour in range(24))]

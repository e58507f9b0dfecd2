"""The states of a ticket: one table of transitions for each kind, who may do them and what they must say. Pure.

A problem is work: it is accepted, planned, done, declined, and may come back. Praise is thanks: it is passed on.
A proposal is an idea: it is studied, kept, made, or not kept. `policies` decides whose ticket it is; this module
only knows roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from app.core.messages import Message
from app.core.texts import is_blank
from app.features.contributions.reasons import DECLINE_REASONS


class State(StrEnum):
    """As stored."""

    NEW = "new"
    ACCEPTED = "accepted"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    DONE = "done"
    DECLINED = "declined"
    DUPLICATE = "duplicate"
    REOPENED = "reopened"


class Role(StrEnum):
    """Who may act: the desk's roles, the author of a contribution, and the house itself (answers, delays)."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    AUTHOR = "author"
    SYSTEM = "system"


class Need(StrEnum):
    """What a transition must bring. `reason` is a code of `DECLINE_REASONS` or a text; `when` a date or a text."""

    TEXT = "text"
    REASON = "reason"
    WHEN = "when"
    WAITING_FOR = "waiting_for"
    ORIGINAL = "original"
    FORMER = "former"


Kind = Literal["problem", "praise", "proposal"]

DESK: Final = frozenset({Role.AGENT, Role.DISPATCHER, Role.MANAGER, Role.ADMINISTRATOR})
"""The planner reads the desk and changes nothing."""
DESK_AND_SYSTEM: Final = DESK | {Role.SYSTEM}
DECIDERS: Final = frozenset({Role.DISPATCHER, Role.MANAGER, Role.ADMINISTRATOR})
WITH_AUTHOR: Final = DESK | {Role.AUTHOR, Role.SYSTEM}

CLOSED: Final = frozenset({State.DONE, State.DECLINED, State.DUPLICATE})
WAITING_FOR: Final = ("author", "third_party")


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the table. Every need must be met."""

    kind: str
    source: State
    target: State
    roles: frozenset[Role]
    needs: frozenset[Need] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """What comes with a transition, as typed."""

    text: str = ""
    reason: str | None = None
    planned_on: date | None = None
    waiting_for: str | None = None
    original: str | None = None
    """Reference of the ticket this one is a duplicate of."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it cannot be done; `field` is what to correct (a JSON pointer's last name), `state` for the move itself."""

    field: str
    message: Message


_S = State
_OPEN: Final = (_S.NEW, _S.ACCEPTED, _S.PLANNED, _S.IN_PROGRESS, _S.WAITING, _S.REOPENED)
_MOVES: Final[Mapping[State, tuple[State, ...]]] = {
    _S.NEW: (_S.ACCEPTED, _S.PLANNED, _S.IN_PROGRESS, _S.WAITING, _S.DONE, _S.DECLINED),
    _S.ACCEPTED: (_S.PLANNED, _S.IN_PROGRESS, _S.WAITING, _S.DONE, _S.DECLINED),
    _S.PLANNED: (_S.ACCEPTED, _S.IN_PROGRESS, _S.WAITING, _S.DONE, _S.DECLINED),
    _S.IN_PROGRESS: (_S.ACCEPTED, _S.PLANNED, _S.WAITING, _S.DONE, _S.DECLINED),
    _S.WAITING: (_S.ACCEPTED, _S.PLANNED, _S.IN_PROGRESS, _S.DONE, _S.DECLINED),
    _S.REOPENED: (_S.ACCEPTED, _S.PLANNED, _S.IN_PROGRESS, _S.WAITING, _S.DONE, _S.DECLINED),
}
_NEEDS: Final[Mapping[State, frozenset[Need]]] = {
    _S.PLANNED: frozenset({Need.WHEN}),
    _S.WAITING: frozenset({Need.TEXT, Need.WAITING_FOR}),
    _S.DONE: frozenset({Need.TEXT}),
    _S.DECLINED: frozenset({Need.REASON}),
    _S.REOPENED: frozenset({Need.TEXT}),
    _S.DUPLICATE: frozenset({Need.ORIGINAL}),
}


def _problem_table() -> tuple[Transition, ...]:
    lines = []
    for source, targets in _MOVES.items():
        for target in targets:
            # The author's answer, or its absence, moves a waiting ticket without an agent.
            roles = WITH_AUTHOR if source is _S.WAITING and target is _S.IN_PROGRESS else DESK
            lines.append(Transition("problem", source, target, roles, _NEEDS.get(target, frozenset())))
    for state in _OPEN:
        lines.append(Transition("problem", state, _S.DUPLICATE, DESK_AND_SYSTEM, _NEEDS[_S.DUPLICATE]))
        # Undoing a duplicate gives back the state it had, and only that one.
        lines.append(Transition("problem", _S.DUPLICATE, state, DESK_AND_SYSTEM, frozenset({Need.FORMER})))
    for state in (_S.DONE, _S.DECLINED):
        lines.append(Transition("problem", state, _S.REOPENED, WITH_AUTHOR, _NEEDS[_S.REOPENED]))
    return tuple(lines)


def _line(kind: str, source: State, target: State, roles: frozenset[Role], *needs: Need) -> Transition:
    return Transition(kind, source, target, roles, frozenset(needs))


_PRAISE: Final = (
    _line("praise", _S.NEW, _S.DONE, DESK_AND_SYSTEM),
    _line("praise", _S.NEW, _S.DECLINED, DESK, Need.REASON),
)
_PROPOSAL: Final = (
    _line("proposal", _S.NEW, _S.ACCEPTED, DESK),
    _line("proposal", _S.NEW, _S.DECLINED, DECIDERS, Need.REASON),
    _line("proposal", _S.ACCEPTED, _S.PLANNED, DECIDERS, Need.WHEN),
    _line("proposal", _S.ACCEPTED, _S.DECLINED, DECIDERS, Need.REASON),
    _line("proposal", _S.PLANNED, _S.DONE, DESK, Need.TEXT),
    _line("proposal", _S.PLANNED, _S.DECLINED, DECIDERS, Need.REASON),
    _line("proposal", _S.DECLINED, _S.ACCEPTED, DECIDERS, Need.TEXT),
)

TABLE: Final = (*_problem_table(), *_PRAISE, *_PROPOSAL)
_BY_PAIR: Final[Mapping[tuple[str, str, str], Transition]] = {
    (line.kind, line.source, line.target): line for line in TABLE
}

STATES: Final[Mapping[str, frozenset[State]]] = {
    kind: frozenset({State.NEW, *(line.target for line in TABLE if line.kind == kind)})
    for kind in ("problem", "praise", "proposal")
}
"""The states a ticket of each kind can be in."""

FINAL: Final[Mapping[str, frozenset[State]]] = {
    "problem": frozenset(),
    "praise": frozenset({State.DONE, State.DECLINED}),
    "proposal": frozenset({State.DONE}),
}
"""The states that nothing leaves, on purpose."""


def transition(kind: str, source: str, target: str) -> Transition | None:
    """The line of the table, or None: this move does not exist."""
    return _BY_PAIR.get((kind, source, target))


def next_states(kind: str, source: str, role: str, *, former: str | None = None) -> tuple[State, ...]:
    """Where this role may move it, in the table's order. `former`: the state before it became a duplicate."""
    return tuple(
        line.target
        for line in TABLE
        if line.kind == kind
        and line.source == source
        and role in line.roles
        and (Need.FORMER not in line.needs or line.target == former)
    )


def refusals(
    *, kind: str, source: str, target: str, role: str, change: Change, former: str | None = None
) -> list[Refusal]:
    """Why the move is refused, everything at once; empty when it may be done.

    A move that does not exist names both states (`state` field); a missing text or reason names its own field.
    """
    line = transition(kind, source, target)
    if line is None or (Need.FORMER in line.needs and target != former):
        known = {"source": source, "target": target}
        return [Refusal("state", Message("A ticket cannot go from “%(source)s” to “%(target)s”.", known))]
    if role not in line.roles:
        message = Message(
            "Your role does not allow the move from “%(source)s” to “%(target)s”.", {"source": source, "target": target}
        )
        return [Refusal("state", message)]
    return [refusal for need in Need if need in line.needs and (refusal := _missing(need, change))]


def _missing(need: Need, change: Change) -> Refusal | None:
    said = not is_blank(change.text)
    match need:
        case Need.TEXT if not said:
            return Refusal("text", Message("Write what people should know: this state needs a text."))
        case Need.REASON if change.reason is not None and change.reason not in DECLINE_REASONS:
            return Refusal("reason", Message("Choose one of the reasons offered, or write one."))
        case Need.REASON if change.reason is None and not said:
            return Refusal("text", Message("Give the reason: nothing is declined without one."))
        case Need.WHEN if change.planned_on is None and not said:
            return Refusal("text", Message("Say when: give a date, or write it."))
        case Need.WAITING_FOR if change.waiting_for not in (None, *WAITING_FOR):
            return Refusal("waiting_for", Message("Say whom the town waits for: the author or a third party."))
        case Need.ORIGINAL if not change.original:
            return Refusal("original", Message("Name the ticket this one repeats."))
    return None


PUBLIC: Final[Mapping[str, str]] = {
    State.NEW: "received",
    State.ACCEPTED: "routed",
    State.PLANNED: "planned",
    State.IN_PROGRESS: "active",
    State.WAITING: "waiting",
    State.DONE: "done",
    State.DECLINED: "declined",
    State.DUPLICATE: "joined",
    State.REOPENED: "reopened",
}

_WORDS: Final[Mapping[tuple[str, str], Message]] = {
    ("problem", "received"): Message("Received"),
    ("problem", "routed"): Message("Passed on"),
    ("problem", "planned"): Message("Planned"),
    ("problem", "active"): Message("Under way"),
    ("problem", "waiting"): Message("On hold"),
    ("problem", "done"): Message("Resolved"),
    ("problem", "declined"): Message("Not accepted"),
    ("problem", "reopened"): Message("Reopened"),
    ("problem", "joined"): Message("Joined to another"),
    ("praise", "received"): Message("Received"),
    ("praise", "routed"): Message("Passed on"),
    ("praise", "done"): Message("Thanks passed on"),
    ("praise", "declined"): Message("Not passed on"),
    ("proposal", "received"): Message("Received"),
    ("proposal", "routed"): Message("Under study"),
    ("proposal", "planned"): Message("Idea kept"),
    ("proposal", "done"): Message("Idea made real"),
    ("proposal", "declined"): Message("Idea not kept"),
}


def public_state(state: str, *, routed: bool = True) -> str:
    """The badge shown to everybody: `received`, `routed`, `planned`, `active`, `waiting`, `done`, `declined`,
    `reopened` or `joined`. A new ticket is `routed` once it is in a queue.
    """
    return "routed" if state == State.NEW and routed else PUBLIC[state]


def public_word(kind: str, state: str, *, routed: bool = True) -> Message:
    """The badge's word, which depends on the kind: a proposal is studied and kept, not repaired."""
    if kind == "proposal" and state == State.NEW:
        routed = False
    badge = public_state(state, routed=routed)
    return _WORDS.get((kind, badge)) or _WORDS["problem", badge]

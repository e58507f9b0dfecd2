"""The tables of states: every pair, every need, every role."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from app.features.contributions.reasons import DECLINE_REASONS
from app.features.tickets.models import STATES as STORED
from app.features.tickets.workflow import (
    CLOSED,
    DESK,
    FINAL,
    STATES,
    TABLE,
    Change,
    Need,
    Role,
    State,
    next_states,
    public_state,
    public_word,
    refusals,
    transition,
)

# Rows leave, columns arrive: new accepted planned in_progress waiting done declined duplicate reopened.
# x: allowed; u: allowed to undo a duplicate, back to the state it had.
PROBLEM = {
    "new": ".xxxxxxx.",
    "accepted": "..xxxxxx.",
    "planned": ".x.xxxxx.",
    "in_progress": ".xx.xxxx.",
    "waiting": ".xxx.xxx.",
    "done": "........x",
    "declined": "........x",
    "duplicate": "uuuuu...u",
    "reopened": ".xxxxxxx.",
}
PRAISE = {"new": ".....xx.."}
PROPOSAL = {
    "new": ".x....x..",
    "accepted": "..x...x..",
    "planned": ".....xx..",
    "declined": ".x.......",
}
EXPECTED = {"problem": PROBLEM, "praise": PRAISE, "proposal": PROPOSAL}
FULL = Change(text="Réparé ce matin.", reason="private", waiting_for="author", original="BAY-1")


@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize(("source", "target"), list(product(STORED, STORED)))
def test_every_pair(kind: str, source: str, target: str) -> None:
    mark = EXPECTED[kind].get(source, "." * 9)[STORED.index(target)]
    found = refusals(
        kind=kind,
        source=source,
        target=target,
        role="administrator",
        change=FULL,
        former=target if mark == "u" else None,
    )
    assert (found == []) is (mark != ".")
    if mark == ".":
        assert [one.field for one in found] == ["state"]
        assert source in str(found[0].message)
        assert target in str(found[0].message)
    if mark == "u":
        other = "new" if target != "new" else "waiting"
        assert refusals(kind=kind, source=source, target=target, role="agent", change=FULL, former=other)


def test_states_are_those_of_the_database() -> None:
    assert tuple(State) == STORED


@pytest.mark.parametrize("kind", EXPECTED)
def test_every_state_is_reached_and_left_or_declared_final(kind: str) -> None:
    reached, waiting = {State.NEW}, [State.NEW]
    while waiting:
        source = waiting.pop()
        for line in TABLE:
            if line.kind == kind and line.source == source and line.target not in reached:
                reached.add(line.target)
                waiting.append(line.target)
    assert reached == STATES[kind]
    left = {line.source for line in TABLE if line.kind == kind}
    assert left | FINAL[kind] == STATES[kind]
    assert left & FINAL[kind] == set()
    for target in STATES[kind] - {State.NEW}:
        assert any(line.target == target for line in TABLE if line.kind == kind)


def test_no_line_is_written_twice() -> None:
    assert len({(line.kind, line.source, line.target) for line in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    ("target", "empty", "field", "enough"),
    [
        ("done", Change(text="  \n"), "text", Change(text="fait")),
        ("declined", Change(), "text", Change(text="la rue est privée")),
        ("declined", Change(reason="because"), "reason", Change(reason="private")),
        ("planned", Change(), "text", Change(planned_on=date(2026, 12, 1))),
        ("planned", Change(), "text", Change(text="au printemps")),
        ("waiting", Change(), "text", Change(text="Où exactement ?", waiting_for="author")),
        ("waiting", Change(text="?", waiting_for="the moon"), "waiting_for", Change(text="Le syndic est saisi.")),
        ("duplicate", Change(text="déjà dit"), "original", Change(original="BAY-4")),
    ],
)
def test_what_each_move_must_say(target: str, empty: Change, field: str, enough: Change) -> None:
    def found(change: Change) -> list[str]:
        return [
            one.field for one in refusals(kind="problem", source="accepted", target=target, role="agent", change=change)
        ]

    assert found(empty) == [field]
    assert found(enough) == []


def test_reopening_needs_a_text_from_anybody() -> None:
    for role in ("author", "agent", "system"):
        asked = refusals(kind="problem", source="done", target="reopened", role=role, change=Change())
        assert [one.field for one in asked] == ["text"]
        assert not refusals(kind="problem", source="done", target="reopened", role=role, change=Change(text="non"))


def test_roles() -> None:
    for line in TABLE:
        assert line.roles <= set(Role)
        assert "planner" not in line.roles
    for source, target in product(STORED, STORED):
        line = transition("problem", source, target)
        if line is not None:
            assert line.roles >= DESK
    assert next_states("problem", "done", "author") == (State.REOPENED,)
    assert next_states("problem", "new", "author") == ()
    assert next_states("problem", "waiting", "author") == (State.IN_PROGRESS,)
    assert next_states("problem", "duplicate", "agent", former="planned") == (State.PLANNED,)
    assert next_states("problem", "duplicate", "agent") == ()
    assert next_states("problem", "new", "planner") == ()
    assert next_states("proposal", "accepted", "agent") == ()
    assert State.PLANNED in next_states("proposal", "accepted", "manager")
    refused = refusals(kind="proposal", source="accepted", target="planned", role="agent", change=FULL)
    assert [one.field for one in refused] == ["state"]


def test_the_public_sees_words_of_the_kind() -> None:
    assert public_state("new", routed=False) == "received"
    assert public_state("new") == public_state("accepted") == "routed"
    assert public_state("duplicate") == "joined"
    assert public_word("proposal", "accepted").id == "Under study"
    assert public_word("proposal", "new").id == "Received"
    assert public_word("praise", "done").id == "Thanks passed on"
    for kind, states in STATES.items():
        for state in states:
            assert public_word(kind, state).id


def test_closed_states_and_reasons() -> None:
    assert {"done", "declined", "duplicate"} == CLOSED
    assert len(DECLINE_REASONS) >= 5
    assert {need for line in TABLE for need in line.needs} == set(Need)

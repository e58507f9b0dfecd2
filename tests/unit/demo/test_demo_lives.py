"""What services do in the demo obeys the table of transitions, office hours and the calendar."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from app.demo.lives import CLOSES, OPENS, ZONE, Matter, at_work, in_words, life_of
from app.demo.words import KINDS, topics
from app.features.tickets import workflow

TODAY = date(2026, 11, 22)


def matters() -> list[Matter]:
    found = []
    for number in range(900):
        kind = KINDS[number % 3]
        slugs = [slug for slug, topic in topics().items() if topic.share.get(kind)]
        opened = datetime(2024, 11, 25, 9, tzinfo=UTC) + timedelta(hours=19 * number)
        due = opened + timedelta(days=1 + number % 20) if kind == "problem" else None
        found.append(Matter(f"t{number}", kind, slugs[number % len(slugs)], opened, due))
    return found


@pytest.mark.parametrize("seed", [7, 8])
def test_every_move_is_one_that_the_table_allows(seed: int) -> None:
    for matter in matters():
        state = "new"
        for move in life_of(matter, seed=seed, today=TODAY):
            if move.state is None:
                assert move.change.text
                continue
            assert not workflow.refusals(
                kind=matter.kind, source=state, target=move.state, role=move.role, change=move.change
            ), (matter, state, move)
            state = move.state


def test_moves_follow_each_other_in_office_hours() -> None:
    for matter in matters():
        moves = life_of(matter, seed=7, today=TODAY)
        moments = [matter.opened_at, *(move.at for move in moves)]
        assert moments == sorted(moments)
        for move in moves:
            local = move.at.astimezone(ZONE)
            if move.role != "author":
                assert local.weekday() < 5 and OPENS <= local.hour < CLOSES + 1, (matter, move)


def test_words_have_no_hole() -> None:
    for matter in matters():
        assert all("{" not in move.change.text for move in life_of(matter, seed=7, today=TODAY))


def test_some_are_late_some_come_back_most_are_over() -> None:
    problems = [matter for matter in matters() if matter.kind == "problem"]
    ends = Counter()
    for matter in problems:
        moves = life_of(matter, seed=7, today=TODAY)
        states = [move.state for move in moves if move.state]
        ends[states[-1] if states else "new"] += 1
        ends["reopened"] += "reopened" in states
        closing = next((move.at for move in moves if move.state == "done"), None)
        ends["late"] += bool(closing and matter.due_at and closing > matter.due_at)
    assert ends["done"] > 0.65 * len(problems)
    assert 0 < ends["declined"] < 0.15 * len(problems)
    assert 0 < ends["reopened"] < 0.1 * len(problems)
    assert 0.05 * len(problems) < ends["late"] < 0.35 * len(problems)


def test_the_same_seed_gives_the_same_life() -> None:
    matter = matters()[0]
    assert life_of(matter, seed=7, today=TODAY) == life_of(matter, seed=7, today=TODAY)
    assert any(life_of(m, seed=7, today=TODAY) != life_of(m, seed=9, today=TODAY) for m in matters()[:9])


def test_week_ends_wait_for_monday() -> None:
    from random import Random

    saturday = datetime(2026, 11, 21, 10, tzinfo=ZONE)
    assert at_work(saturday, Random(1)).astimezone(ZONE).date() == date(2026, 11, 23)
    tuesday = datetime(2026, 11, 24, 10, 30, tzinfo=ZONE)
    assert at_work(tuesday, Random(1)) == tuesday


def test_days_in_words() -> None:
    assert in_words(date(2026, 12, 1)) == "mardi 1er décembre"
    assert in_words(date(2026, 11, 27)) == "vendredi 27 novembre"

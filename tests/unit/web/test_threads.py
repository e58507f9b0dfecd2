"""The web's processes share connections evenly."""

from __future__ import annotations

import itertools

import pytest

from app.web import threads


class Listener:
    """A listener that counts how often it was asked; somebody else has taken its connection."""

    asked = 0

    def accept(self) -> None:
        self.asked += 1
        raise BlockingIOError(11, "taken")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> threads.Ledger:
    """A ledger of its own, and a clock that moves only when somebody pauses."""
    now = [100.0]
    monkeypatch.setattr(threads.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(threads.time, "sleep", lambda pause: now.__setitem__(0, now[0] + pause))
    ledger = threads.Ledger()
    monkeypatch.setattr(threads, "LEDGER", ledger)
    return ledger


def worker(age: int, held: int) -> threads.FairThreadWorker:
    made = threads.FairThreadWorker.__new__(threads.FairThreadWorker)
    made.age, made.nr_conns = age, held
    return made


def loops_until_asked(mine: threads.FairThreadWorker, listener: Listener) -> int:
    for loops in itertools.count(1):
        mine.accept(listener)  # type: ignore[arg-type]
        if listener.asked:
            return loops
    raise AssertionError


def test_who_holds_the_fewest_takes_the_next_at_once(clock: threads.Ledger) -> None:
    clock.write(2, 4)
    for held in (0, 3, 4):
        assert loops_until_asked(worker(1, held), Listener()) == 1


def test_who_holds_more_leaves_it_to_the_others_for_a_moment_only(clock: threads.Ledger) -> None:
    clock.write(2, 4)
    loops = loops_until_asked(worker(1, 5), Listener())
    assert loops == pytest.approx(threads.LONGEST_S / threads.PAUSE_S, abs=3)


def test_a_process_that_is_gone_is_not_waited_for(clock: threads.Ledger) -> None:
    clock.write(2, 0)
    threads.time.sleep(threads.FRESH_S + 0.1)
    assert loops_until_asked(worker(1, 5), Listener()) == 1


def test_alone_nobody_is_waited_for(clock: threads.Ledger) -> None:
    clock.write(1, 7)
    assert loops_until_asked(worker(1, 7), Listener()) == 1

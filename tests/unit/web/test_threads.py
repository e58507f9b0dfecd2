"""The web's processes share connections evenly."""

from __future__ import annotations

import pytest

from app.web import threads


class NobodyWaits:
    """A listener whose connection somebody else has taken."""

    def accept(self) -> None:
        raise BlockingIOError(11, "taken")


def test_who_holds_more_connections_lets_the_others_take_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(threads.time, "sleep", pauses.append)
    worker = threads.FairThreadWorker.__new__(threads.FairThreadWorker)
    for held in (0, 1, 4, 1000):
        worker.nr_conns = held
        worker.accept(NobodyWaits())
        assert worker.nr_conns == held
    assert pauses == [0, threads.PAUSE_S, 4 * threads.PAUSE_S, threads.LONGEST_S]

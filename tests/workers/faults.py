"""A process of the house that kills itself (`kill -9`) at a chosen point: `python -m tests.workers.faults POINT …`.

The faults live here and not in the product: they wrap one of its functions, then run it as it is.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from workers import handlers
from workers.__main__ import main
from workers.queues import Drain
from workers.relay import Relay


def _die(*, with_parent: bool = False) -> None:
    if with_parent:
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def drain_before_commit() -> None:
    """Everything is written, nothing is committed."""
    place = handlers.place

    def faulty(*arguments: Any, **names: Any) -> None:
        place(*arguments, **names)
        _die()

    handlers.place = faulty  # type: ignore[assignment]


def drain_after_commit() -> None:
    """Committed; neither the worker nor RQ knows."""
    note = handlers._note_in_hand

    def faulty(rows: Any) -> None:
        if not rows:
            _die()
        note(rows)

    handlers._note_in_hand = faulty


def drain_on_poison() -> None:
    """Whenever the row whose text says so is among those to place."""
    _poison(lambda: _die())


def raise_on_poison() -> None:
    """The same, as an exception."""

    def fail() -> None:
        raise ValueError("this row is poison")

    _poison(fail)


def _poison(act: Callable[[], None]) -> None:
    place = handlers.place

    def faulty(session: Any, waiting: Any) -> None:
        if any("poison" in item.title for item in waiting):
            act()
        place(session, waiting)

    handlers.place = faulty  # type: ignore[assignment]


def photo_before_commit() -> None:
    """The copies are stored, the row does not say so: the child and its worker die together."""
    derive = handlers.HANDLERS["photo"]

    def faulty(*arguments: Any) -> None:
        derive(*arguments)
        _die(with_parent=True)

    handlers.HANDLERS = {**handlers.HANDLERS, "photo": faulty}


def photo_child() -> None:
    """The child alone, before it did anything; its worker lives."""
    handlers.HANDLERS = {**handlers.HANDLERS, "photo": lambda *_: _die()}


def relay_before_enqueue() -> None:
    """The row says that it was asked for; RQ never heard of it."""
    Relay._enqueue = lambda *_: _die()  # type: ignore[method-assign,assignment]


def relay_after_enqueue() -> None:
    """RQ has the first job of several; the relay dies before it has told the others."""
    enqueue = Relay._enqueue

    def faulty(self: Relay, outbox_id: int, topic: str) -> None:
        enqueue(self, outbox_id, topic)
        _die()

    Relay._enqueue = faulty  # type: ignore[method-assign]


def relay_after_ask() -> None:
    """RQ has the drain; the relay dies at once."""
    ask = Relay._ask_drain

    def faulty(self: Relay, drain: Drain) -> None:
        ask(self, drain)
        _die()

    Relay._ask_drain = faulty  # type: ignore[method-assign]


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    main(sys.argv[2:])

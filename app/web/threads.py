"""How the web's processes share connections (gunicorn's worker with threads, told to be fair)."""

from __future__ import annotations

import socket
import time

from gunicorn.workers.gthread import ThreadWorker

PAUSE_S = 0.0002
"""Seconds that a process waits, for each connection it holds already, before it takes another."""
LONGEST_S = 0.002


class FairThreadWorker(ThreadWorker):  # type: ignore[misc]
    """The process that holds the fewest connections takes the next one.

    A connection stays with the process that took it. All are woken when one arrives and the first takes it: of eight
    browsers that open at once, all eight may end in one process, that works on one processor while the other rests.
    """

    def accept(self, listener: socket.socket) -> None:
        """Take the connection, after those who hold fewer had their chance; it may be gone by then."""
        time.sleep(min(self.nr_conns * PAUSE_S, LONGEST_S))
        super().accept(listener)

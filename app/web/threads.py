"""How the web's processes share connections (gunicorn's worker with threads, told to be fair and patient)."""

from __future__ import annotations

import mmap
import selectors
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http.errors import LimitRequestLine
from gunicorn.workers.gthread import TConn, ThreadWorker

LONGEST_S = 0.05
"""Seconds that a process leaves a connection to those who hold fewer, before it takes it after all."""
PAUSE_S = 0.0005
SILENT_S = 20.0
"""Seconds that a connection may be open without having asked anything."""
FRESH_S = 2.0
"""A process that has said nothing for so long is gone, or too busy to be waited for. (It speaks once a second.)"""


TOO_LONG = """Cette adresse est trop longue. Revenez en arrière et raccourcissez votre recherche.
This address is too long. Go back and shorten your search.
Helbide hau luzeegia da. Itzul zaitez eta laburtu bilaketa.
""".encode()
"""Said before the application knows the language of whoever asked."""


class Ledger:
    """How many connections each process holds: one page of memory, made before the processes part, seen by all."""

    LINE = struct.Struct("dd")
    LINES = 128

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, self.LINE.size * self.LINES)

    def write(self, number: int, held: int) -> None:
        """Say what the process of that number holds. Two that are `LINES` apart share a line: one is long gone."""
        self.LINE.pack_into(self._page, number % self.LINES * self.LINE.size, held, time.monotonic())

    def others(self, number: int) -> Iterator[int]:
        """What each of the other living processes holds."""
        since = time.monotonic() - FRESH_S
        for line, (held, said_at) in enumerate(self.LINE.iter_unpack(self._page)):
            if said_at > since and line != number % self.LINES:
                yield int(held)


LEDGER = Ledger()


class FairThreadWorker(ThreadWorker):  # type: ignore[misc]
    """The process that holds the fewest connections takes the next one, and a silent connection costs no thread.

    A connection stays with the process that took it. All are woken when one arrives and the first takes it: of eight
    browsers that open at once, six may end in one process, and wait three times as long as the two others.

    Browsers also open connections before they have anything to ask. gunicorn gives each a thread for five seconds, so
    that a few of them stop everybody; here they wait where those wait that have been answered.
    """

    leaving_since: float | None = None

    def notify(self) -> None:
        """Once a loop, to the one who watches over the processes; and to the other processes."""
        super().notify()
        LEDGER.write(self.age, self.nr_conns)

    def accept(self, listener: socket.socket) -> None:
        """Take the connection, unless another process holds fewer; it may also be gone already."""
        if self._leaves_it():
            return
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        LEDGER.write(self.age, self.nr_conns)
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + SILENT_S
        self.pending_conns.append(connection)
        self.poller.register(client, selectors.EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def murder_pending(self) -> None:
        """Close what was silent too long; when the house closes, what is still silent."""
        if not self.alive:
            for connection in self.pending_conns:
                connection.timeout = 0.0
        super().murder_pending()

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """What the server itself refuses to read: an address without end is told so in words."""
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)
            return
        head = f"HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Length: {len(TOO_LONG)}\r\n"
        with suppress(OSError):
            client.sendall(f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n".encode() + TOO_LONG)

    def _leaves_it(self) -> bool:
        """Whether to leave the waiting connection to a process that holds fewer: for a moment, not for ever.

        The listener stays readable, so the loop soon asks again, and serves in between those whom it has.
        """
        now = time.monotonic()
        if self.nr_conns <= min(LEDGER.others(self.age), default=self.nr_conns):
            self.leaving_since = None
            return False
        if self.leaving_since is None or now - self.leaving_since > FRESH_S:
            self.leaving_since = now
        elif now - self.leaving_since > LONGEST_S:
            self.leaving_since = None
            return False
        time.sleep(PAUSE_S)
        return True

"""A wire between a browser and a server that a test can cut: in the middle of a request, or before its answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

CHUNK = 16_384
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nConnection: close\r\n\r\n"
    b'{"type":"urn:auzolan:problem:unavailable","title":"x","status":503,"detail":"Pause.","errors":[]}'
)


@dataclass
class Wire:
    """Carries bytes from `port` to `target`; a server that is gone ends the connection. What goes wrong is `fault`.

    `down`: nothing passes, for anybody. The others concern sendings (POST) only. `cut-sending`: the connection ends
    once `after` bytes of the request went through. `cut-answer`: the server answers, and nobody hears it. `busy`: 503
    without asking the server.
    """

    target: int
    fault: str = ""
    after: int = 60_000
    sendings: list[str] = field(default_factory=list)
    """What became of each POST: the fault that met it, or "passed"."""
    listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", self.target)) as far:
            deaf = threading.Event()
            back = threading.Thread(target=self._back, args=(far, near, deaf), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                self._forth(near, far, deaf)
            if not deaf.is_set():
                _end(far)
            back.join()
            _end(near)

    def _forth(self, near: socket.socket, far: socket.socket, deaf: threading.Event) -> None:
        left = -1
        while data := near.recv(CHUNK):
            if self.fault == "down":
                return
            if data.startswith(b"POST /api/v1/contributions"):
                self.sendings.append(self.fault or "passed")
                if self.fault == "busy":
                    near.sendall(BUSY)
                    return
                if self.fault == "cut-answer":
                    deaf.set()
                left = self.after if self.fault == "cut-sending" else -1
            far.sendall(data)
            if left >= 0 and (left := left - len(data)) < 0:
                return

    def _back(self, far: socket.socket, near: socket.socket, deaf: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while (data := far.recv(CHUNK)) and not deaf.is_set():
                near.sendall(data)
        # Whoever still waits at the other end learns that nothing more will come.
        _end(near)
        _end(far)

    def close(self) -> None:
        self.listener.close()


def _end(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wired(target: int) -> Iterator[Wire]:
    """A wire to a local port, for as long as the block lasts."""
    wire = Wire(target)
    try:
        yield wire
    finally:
        wire.close()

"""The web server's processes, run for real: even shares, and silent connections that cost nobody anything."""

from __future__ import annotations

import http.client
import os
import select
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support import servers

HOST = "127.0.0.1"
SERVED = """
import os
from app.web import threads
# On a busy machine the other process may be kept from running for a while: here it is waited for as long as it takes.
threads.LONGEST_S = threads.FRESH_S = 60
def application(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    held = sum(threads.LEDGER.others(-1))
    return [str(held if environ["PATH_INFO"] == "/held" else os.getpid()).encode()]
"""
"""It says which process answers; at `/held`, how many connections all of them hold."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Two processes of four threads that answer with their number."""
    folder: Path = tmp_path_factory.mktemp("served")
    (folder / "served.py").write_text(SERVED)
    port = servers.own_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "served:application", "--bind", f"{HOST}:{port}", "--preload"),
            *("--worker-class", "app.web.threads.FairThreadWorker", "--workers", "2", "--threads", "4"),
            *("--graceful-timeout", "30", "--no-control-socket", "--log-level", "error"),
            *("--limit-request-line", "8190"),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(Path.cwd())])},
        cwd=folder,
    )
    try:
        deadline = time.monotonic() + 60
        while len(shares(port)) < 2:
            assert time.monotonic() < deadline, "the two processes never came"
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        assert server.wait(60) == 0


def asked(port: int, path: str = "/") -> bytes:
    """Ask once, on a new connection: which process answered."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=60)) as link:
        link.request("GET", path)
        return link.getresponse().read()


def shares(port: int) -> Counter[bytes]:
    """How many of eight that ask at once each process serves."""
    with ExitStack() as stack:
        links = [stack.enter_context(closing(http.client.HTTPConnection(HOST, port, timeout=60))) for _ in range(8)]
        try:
            for link in links:
                link.request("GET", "/")
        except ConnectionRefusedError:
            return Counter()
        return Counter(link.getresponse().read() for link in links)


def test_eight_browsers_are_shared_by_two_processes(port: int) -> None:
    # Those of the warming up have left, and both processes have seen it.
    while asked(port, "/held") != b"1":
        time.sleep(0.1)
    # Two that arrive in the same instant may both go to whoever looked first.
    assert sorted(shares(port).values()) in ([4, 4], [3, 5])


def test_connections_that_say_nothing_stop_nobody(port: int) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection((HOST, port), timeout=60)) for _ in range(16)]
        assert asked(port)
        closed, _, _ = select.select(silent, [], [], 0)
        assert not closed, "they held all eight threads until they were sent away"
        # And the first of them is still served when it speaks at last.
        silent[0].sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert silent[0].recv(100).startswith(b"HTTP/1.1 200")


def test_a_search_of_five_thousand_characters_is_read_and_one_without_end_is_refused_in_words(port: int) -> None:
    for length, status in ((5_000, 200), (20_000, 414)):
        with closing(http.client.HTTPConnection(HOST, port, timeout=60)) as link:
            link.request("GET", "/liste?q=" + "x" * length)
            answer = link.getresponse()
            said = answer.read().decode()
        assert answer.status == status
    assert "raccourcissez" in said and "shorten" in said and "laburtu" in said

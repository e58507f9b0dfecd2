"""200 MB sent to a real server: refused in words, and never held in memory."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.house import good
from tests.support import servers

MB = 1024 * 1024


class Server:
    """gunicorn as the town runs it, with one process, on a free port of this machine."""

    def __init__(self, app: Any, folder: Path) -> None:
        self.port = servers.own_port()
        settings = app.extensions["settings"]
        environment = os.environ | {
            "AUZOLAN_DATABASE_URL": settings.database.url,
            "AUZOLAN_REDIS_URL": settings.redis.url,
            "AUZOLAN_DATA": str(settings.storage.data),
            "AUZOLAN_BASE_URL": f"http://127.0.0.1:{self.port}",
            "AUZOLAN_SECRET_KEY": "a key for tests only, long enough",
        }
        command = [
            *(sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{self.port}"),
            *("--worker-class", "gthread", "--workers", "1", "--threads", "4", "--no-control-socket"),
            # It may take a busy machine more than the usual half minute to read the application.
            *("--timeout", "180"),
        ]
        self.log = (folder / "gunicorn.log").open("wb")
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)

    def wait(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError("gunicorn does not answer")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            link.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        finally:
            link.close()

    def peak_mb(self) -> float:
        """The most memory that the process or its child ever held, in MB."""
        pids = [self.process.pid]
        for pid in pids:
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        peaks = [re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in pids]
        return max(int(peak.group(1)) / 1024 for peak in peaks if peak)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)
        self.log.close()


@pytest.fixture
def server(app: Any, tmp_path: Path) -> Iterator[Server]:
    started = Server(app, tmp_path)
    try:
        started.wait()
        yield started
    finally:
        started.stop()


def stream(size: int) -> Iterator[bytes]:
    """A multipart body with one photo of `size` bytes, made as it is sent."""
    yield b'--cut\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n'
    yield b"Content-Type: image/jpeg\r\n\r\n"
    block = bytes(MB)
    for _ in range(size // MB):
        yield block
    yield b"\r\n--cut--\r\n"


def test_two_hundred_megabytes_are_refused_and_never_held(server: Server, house: Any) -> None:
    form, path = "multipart/form-data; boundary=cut", "/api/v1/contributions"
    sent = json.dumps(good()).encode()
    assert server.ask("POST", path, sent, Content_Type="application/json")[0] == 201
    before = server.peak_mb()
    whole = sum(map(len, stream(200 * MB)))
    for name, body, headers in (
        ("a form that says its length", stream(200 * MB), {"Content_Type": form, "Content_Length": str(whole)}),
        ("a form in pieces", stream(200 * MB), {"Content_Type": form, "Transfer_Encoding": "chunked"}),
        (
            "JSON that says its length",
            stream(200 * MB),
            {"Content_Type": "application/json", "Content_Length": str(whole)},
        ),
        ("JSON in pieces", stream(200 * MB), {"Content_Type": "application/json", "Transfer_Encoding": "chunked"}),
        ("neither", stream(200 * MB), {"Content_Type": "text/plain", "Transfer_Encoding": "chunked"}),
        ("a page's form", stream(200 * MB), {"Content_Type": form, "Content_Length": str(whole)}),
    ):
        chunked = "Transfer_Encoding" in headers
        where = "/contribuer/problem" if name == "a page's form" else path
        status, answer = server.ask("POST", where, pieces(body) if chunked else body, **headers)
        assert status == (415 if name == "neither" else 413), (name, status, answer[:300])
        if where == path:
            limit = "256 Ko" if name.startswith("JSON") else "15 Mo"
            assert "errors" in json.loads(answer) and (limit in answer or status == 415), answer
    assert server.peak_mb() - before < 60
    assert house.rows()["contribution"] == 1 and house.files() == []
    assert server.ask("POST", path, sent, Content_Type="application/json")[0] == 201


def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks as HTTP/1.1 frames them: the client does not, when it is told the encoding by hand."""
    for block in body:
        yield f"{len(block):x}\r\n".encode() + block + b"\r\n"
    yield b"0\r\n\r\n"

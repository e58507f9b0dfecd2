"""A push service on the loopback, as browsers have: it checks who writes, and decrypts as the browser would."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def told(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class PushService:
    """What was received, as the browser reads it; `status` is what is answered from now on."""

    def __init__(self, address: str) -> None:
        self.address, self.status = address, 201
        self.messages: list[dict[str, Any]] = []
        self.senders: list[str] = []
        self._key, self._auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    def subscription(self, name: str = "one") -> dict[str, Any]:
        """What `PushManager.subscribe` gives."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": f"http://{self.address}/push/{name}",
            "expirationTime": None,
            "keys": {"p256dh": told(point), "auth": told(self._auth)},
        }

    def received(self, body: bytes, headers: Any) -> int:
        assert headers["Content-Encoding"] == "aes128gcm" and int(headers["TTL"]) > 0
        self.senders.append(headers["Authorization"])
        if self.status < 300:
            self.messages.append(json.loads(http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth)))
        return self.status


@contextmanager
def push_service() -> Iterator[PushService]:
    """A service that runs as long as the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(service.received(body, self.headers))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = PushService(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

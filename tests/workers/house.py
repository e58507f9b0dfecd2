"""A whole house for tests that break it: its own PostgreSQL and Redis, real processes, a town, a crowd that writes."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
from PIL import Image
from shapely.geometry import MultiPolygon, box
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app.cli.stack import procfs
from app.cli.stack.embedded import HOST, own_processes
from app.cli.stack.postgres import Cluster
from app.cli.stack.redis_server import RedisServer
from app.core.storage import open_storage
from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.contributions.drafts import Draft
from app.features.contributions.pyramid import cell_errors
from app.features.contributions.services import submit_contribution
from app.features.contributions.uploads import check_uploads
from app.features.territories.models import Category, Service
from app.features.territories.services import NewTerritory, add_territory
from tests.support import prepared, servers

WEST, SOUTH, EAST, NORTH = -1.52, 43.45, -1.42, 43.52
RADIUS_M = 30.0
PATIENCE_S = 120.0
"""Seconds after which what has not come will not come. Nothing here is about speed."""
HOUSE = Path(__file__).resolve().parents[2]


def found_town(url: str) -> None:
    """A square commune with a service and three categories whose problems are grouped within 30 m."""
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        town = add_territory(
            session,
            new=NewTerritory(
                name="Bidache",
                boundary=MultiPolygon([box(WEST, SOUTH, EAST, NORTH)]),
                srid=2154,
                prefixes=["BID"],
            ),
        )
        service = Service(territory_id=town.id, slug="voirie", name={"fr": "Voirie"})
        session.add(service)
        session.flush()
        for slug in ("nids-de-poule", "eclairage", "proprete"):
            session.add(
                Category(
                    territory_id=town.id,
                    slug=slug,
                    label={"fr": slug},
                    kinds=["problem", "praise", "proposal"],
                    service_id=service.id,
                    group_radius_m=RADIUS_M,
                )
            )
    engine.dispose()


def picture() -> bytes:
    """A small photo."""
    out = BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@dataclass
class Acknowledged:
    """What the house said yes to: references, by idempotency key."""

    references: dict[str, str] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, key: str, status: int, answer: dict[str, Any]) -> bool:
        with self._lock:
            if status == 201:
                self.references[key] = answer["reference"]
            else:
                self.refused.append(status)
        return status == 201


class House:
    """Processes on one database and one Redis. `start` and `kill` by name; everything ends with the test."""

    def __init__(self, *, cluster: Cluster, url: str, redis: RedisServer, data: Path, **settings: str) -> None:
        self.cluster, self.url, self.redis, self.data = cluster, url, redis, data
        self.port = servers.own_port()
        data.mkdir(parents=True, exist_ok=True)
        (data / "run" / "metrics").mkdir(parents=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": str(HOUSE),
            "AUZOLAN_DATABASE_URL": url,
            "AUZOLAN_REDIS_URL": redis.url,
            "AUZOLAN_DATA": str(data),
            "AUZOLAN_BASE_URL": f"http://{HOST}:{self.port}",
            "AUZOLAN_SECRET_KEY": "a key for tests only, of a sensible length",
            **settings,
        }
        table = own_processes(self.environment, folder=data, port=self.port)
        self.commands = {process.name: process.command for process in table}
        self.running: dict[str, prepared.Started] = {}

    # Processes

    def start(self, *names: str, fault: str = "") -> None:
        """Start processes; with `fault`, one that kills itself at a point named in `tests/workers/faults.py`."""
        for name in names:
            command = self.commands[name]
            if fault:
                command = (sys.executable, "-m", "tests.workers.faults", fault, *command[3:])
            with (self.data / f"{name}.log").open("ab") as log:
                self.running[name] = prepared.start(command, environment=self.environment, folder=self.data, log=log)
        if "web" in names:
            wait_until(self.answers, "the web to answer")

    def answers(self) -> bool:
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=60)) as link:
            try:
                link.request("GET", "/healthz")
                return link.getresponse().status == 200
            except OSError:
                return False

    def kill(self, name: str) -> None:
        """`kill -9` of a process and of every child it has."""
        process = self.running.pop(name)
        procfs.send(procfs.session_members(process.pid), signal.SIGKILL)
        process.wait()

    def died(self, name: str) -> None:
        """Wait until a process with a fault has killed itself."""
        process = self.running.pop(name)
        assert process.wait(PATIENCE_S) == -signal.SIGKILL, self.log(name)

    def stop(self, name: str) -> float:
        """SIGTERM; returns the seconds it took to end."""
        process = self.running.pop(name)
        began = time.monotonic()
        process.terminate()
        process.wait(PATIENCE_S)
        return time.monotonic() - began

    def end(self) -> None:
        for process in self.running.values():
            procfs.send(procfs.session_members(process.pid), signal.SIGKILL)
            process.wait()

    def log(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text()[-4000:]

    # What people do

    def write(self, count: int, *, photo: bytes = b"", words: str = "one") -> list[str]:
        """Keep contributions as the web does, without the web; returns their references."""
        engine, references = create_engine(self.url), []
        storage = open_storage(str(self.data / "storage"))
        with Session(engine) as session:
            for number in range(count):
                body = self.body(f"{words}-{number}")
                files = [FileStorage(BytesIO(photo), "a.jpg", content_type="image/jpeg")] if photo else []
                uploads = check_uploads(files)
                uploads.store(storage)
                kept = submit_contribution(session, draft=Draft(**body, photos=tuple(uploads.drafts)))
                references.append(kept.reference)
                session.commit()
        engine.dispose()
        return references

    @staticmethod
    def body(key: str) -> dict[str, Any]:
        """Its place follows from its key, so that the same key is the same body."""
        dice = random.Random(key)
        # Forty crossings, a few metres of dispersion: much of it belongs together.
        spot = dice.randrange(40)
        return {
            "kind": dice.choice(["problem"] * 8 + ["praise", "proposal"]),
            "category": dice.choice(["nids-de-poule", "eclairage", "proprete"]),
            "text": f"Contribution {key}",
            "lon": WEST + 0.01 + 0.002 * spot + dice.uniform(0, 1e-4),
            "lat": SOUTH + 0.01 + 0.001 * spot + dice.uniform(0, 1e-4),
        }

    def post(self, key: str, *, photo: bytes = b"", link: http.client.HTTPConnection | None = None) -> Any:
        """Send one contribution."""
        body = self.body(key)
        headers = {"Idempotency-Key": key}
        if photo:
            payload, headers["Content-Type"] = _multipart(body, photo)
        else:
            payload, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        own = link or http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            own.request("POST", "/api/v1/contributions", payload, headers)
            answer = own.getresponse()
            return answer.status, json.loads(answer.read() or b"{}"), answer.headers
        finally:
            if link is None:
                own.close()

    @contextmanager
    def crowd(self, *, people: int = 4, photo_every: int = 0, pause_s: float = 0.01) -> Iterator[Acknowledged]:
        """People who write as long as the block lasts; each tries again, with its key, until the house says yes.

        The first thing that each says comes with a photo, and from then on one of `photo_every`: a worker needs half a
        second for each.
        """
        said, leave, photo = Acknowledged(), threading.Event(), picture()

        def person(number: int) -> None:
            count = 0
            while not leave.is_set():
                key, count = f"person-{number}-{uuid.uuid4().hex[:12]}", count + 1
                deadline = time.monotonic() + 60
                while time.monotonic() < deadline:
                    with_photo = photo if photo_every and count % photo_every == 1 else b""
                    try:
                        status, answer, _ = self.post(key, photo=with_photo)
                    except (OSError, http.client.HTTPException, ValueError):
                        status, answer = 0, {}
                    if said.add(key, status, answer):
                        break
                    time.sleep(0.2)
                time.sleep(pause_s)

        people_ = [threading.Thread(target=person, args=(number,)) for number in range(people)]
        for one in people_:
            one.start()
        try:
            yield said
        finally:
            leave.set()
            for one in people_:
                one.join(90)

    # What must be true

    def ask(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(servers.plain(self.url), autocommit=True) as link:
            return link.execute(query, values).fetchall()  # type: ignore[arg-type]

    def waiting(self) -> int:
        """Rows of the outbox whose work is not done."""
        return int(self.ask("SELECT count(*) FROM outbox WHERE topic IN ('intake', 'photo')")[0][0])

    def settled(self, *, supervised: Sequence[str] = ()) -> None:
        """Wait until nothing waits; processes that are supervised are started again when they end."""

        def empty() -> bool:
            for name in supervised:
                if self.running[name].poll() is not None:
                    self.start(name)
            return self.waiting() == 0

        wait_until(empty, "the outbox to be empty", explain=self._outbox)

    def _outbox(self) -> str:
        rows = self.ask("SELECT topic, attempts, last_error, failed_at, count(*) FROM outbox GROUP BY 1, 2, 3, 4")
        return f"{rows} {self.log('relay') if (self.data / 'relay.log').exists() else ''}"

    def check(self, references: Sequence[str]) -> None:
        """Every acknowledged contribution is there once, in one ticket, told once; the map counts what there is."""
        assert len(set(references)) == len(references), "one reference was given twice"
        found = {row[0] for row in self.ask("SELECT reference FROM contribution")}
        assert set(references) <= found, f"lost: {sorted(set(references) - found)[:5]}"
        assert self._wrong(_UNPLACED) == []
        assert self._wrong(_MISCOUNTED) == []
        assert self._wrong(_TOLD) == []
        assert self._wrong(_PHOTOS) == []
        engine = create_engine(self.url)
        try:
            with Session(engine) as session:
                assert cell_errors(session, 1) == []
        finally:
            engine.dispose()

    def _wrong(self, query: str) -> list[Any]:
        return self.ask(query)[:5]

    def check_photos(self) -> None:
        """Every photo has its copies, under the one key that it was given."""
        for (key,) in self.ask("SELECT public_key FROM photo"):
            for size in ("1600", "400"):
                assert list((self.data / "storage").rglob(f"*{key}*/**/{size}.jpg")), f"{key} has no {size}"


_UNPLACED = "SELECT reference FROM contribution WHERE ticket_id IS NULL"
_MISCOUNTED = """
    SELECT t.reference, t.contributions, count(c.id) FROM ticket t LEFT JOIN contribution c ON c.ticket_id = t.id
    GROUP BY t.id HAVING t.contributions <> count(c.id)
"""
# One arrival each; one 'grouped' for whoever joined, none for whoever opened; one 'routed' a ticket.
_TOLD = """
    SELECT c.reference, count(*) FILTER (WHERE e.type = 'received'), count(*) FILTER (WHERE e.type = 'grouped')
    FROM contribution c JOIN ticket t ON t.id = c.ticket_id LEFT JOIN event e ON e.contribution_id = c.id
    GROUP BY c.id, t.id
    HAVING count(*) FILTER (WHERE e.type = 'received') <> 1
        OR count(*) FILTER (WHERE e.type = 'grouped') <> (c.reference <> t.reference)::int
    UNION ALL
    SELECT t.reference, count(e.id), -1 FROM ticket t LEFT JOIN event e ON e.ticket_id = t.id AND e.type = 'routed'
    GROUP BY t.id HAVING count(e.id) <> 1
"""
_PHOTOS = "SELECT id, state FROM photo WHERE state <> 'ready' OR public_key IS NULL"


def wait_until(true: Any, what: str, explain: Any = lambda: "") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_S:.0f} s for {what}: {explain()}")
        time.sleep(0.05)


def _multipart(fields: dict[str, Any], photo: bytes) -> tuple[bytes, str]:
    # The boundary is fixed, so that the same key sends the same bytes.
    edge = "edge-of-a-test"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        f'--{edge}\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n".encode()
    )
    parts += [photo, f"\r\n--{edge}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={edge}"

"""The demo's town without its past, on the real thing: database, queue, gunicorn, relay and workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.request import Request, urlopen

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.demo.towns import SLUG, add_towns
from app.features.accounts.services import add_account
from tests.support import servers
from tests.workers.house import House, wait_until

PASSWORD = "sept lampadaires"
AGENT, PLANNER, MODERATOR = "agent@town.example", "planner@town.example", "moderator@town.example"
QUEUES = ("mobility", "green-spaces", "participation")
PROCESSES = ("web", "relay", "worker-intake", "worker-default")


class RealTown(House):
    """A house whose town people visit with a browser."""

    @property
    def address(self) -> str:
        return self.environment["AUZOLAN_BASE_URL"]

    def is_done_with(self, reference: str) -> None:
        """Wait until the workers have placed a contribution and made the copies of its photos."""
        wait_until(lambda: self._ready(reference), f"{reference} to be in a queue, with its photos", self._outbox)

    def is_told(self, category: str, text: str, *, at: tuple[float, float]) -> None:
        """A program sends a problem at a latitude and a longitude."""
        said = {"kind": "problem", "category": category, "text": text, "lat": at[0], "lon": at[1]}
        request = Request(
            f"{self.address}/api/v1/contributions", json.dumps(said).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=90) as answer:
            self.is_done_with(json.load(answer)["reference"])

    def finds_a_hotspot(self) -> None:
        """Wait until the workers have seen that something concentrates."""
        living = "SELECT 1 FROM hotspot WHERE ended_at IS NULL"
        wait_until(lambda: bool(self.ask(living)), "a hotspot", self._outbox)

    def mails(self, address: str) -> list[EmailMessage]:
        """What this house, which has no mail server, wrote to somebody; the first one first."""
        paths = sorted((self.data / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
        return [mail for mail in found if mail["To"] == address]  # type: ignore[misc]

    def is_at_rest(self) -> None:
        """Wait until the workers have nothing left to do."""
        wait_until(lambda: not self.ask("SELECT 1 FROM outbox LIMIT 1"), "an empty outbox", self._outbox)

    def contributions(self) -> int:
        return int(self.ask("SELECT count(*) FROM contribution")[0][0])

    def _ready(self, reference: str) -> bool:
        placed = self.ask("SELECT 1 FROM contribution WHERE reference = %s AND ticket_id IS NOT NULL", reference)
        waiting = self.ask(
            "SELECT 1 FROM photo p JOIN contribution c ON c.id = p.contribution_id "
            "WHERE c.reference = %s AND p.state <> 'ready'",
            reference,
        )
        return bool(placed) and not waiting


@contextmanager
def real_town(folder: Path, name: str, **settings: str) -> Iterator[RealTown]:
    """Found the town in a database of its own, start its processes, end them."""
    cluster = servers.shared_template()
    url = servers.clone(cluster, f"town_{name}")
    engine = create_engine(url)
    with Session(engine) as session:
        add_towns(session)
        add_account(session, email=AGENT, password=PASSWORD, role="agent", territory=SLUG, services=QUEUES)
        add_account(session, email=MODERATOR, password=PASSWORD, role="dispatcher", territory=SLUG)
        add_account(session, email=PLANNER, password=PASSWORD, role="planner", territory=SLUG)
        session.commit()
    engine.dispose()
    town = RealTown(
        cluster=cluster, url=url, redis=servers.start_redis(f"town-{name}"), data=folder / "data", **settings
    )
    try:
        town.start(*PROCESSES)
        yield town
    finally:
        town.end()

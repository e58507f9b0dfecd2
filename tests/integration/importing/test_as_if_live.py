"""An import ends as if each row had been sent, one by one, in its own time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.features.contributions.drafts import Draft
from app.features.contributions.pyramid import cell_errors
from app.features.contributions.services import submit_contribution
from app.features.tickets.placing import drain_intake
from tests.integration.importing.conftest import MAPPING, Importer, made_rows, write_csv

EMPTY = "TRUNCATE contribution, ticket, event, outbox, map_cell, contribution_contact CASCADE"
CLOSE = text(
    "UPDATE ticket t SET state = 'done', closed_at = c.closed FROM unnest(CAST(:ids AS text[]), "
    "CAST(:closed AS timestamptz[])) AS c(source_id, closed) JOIN contribution o ON o.source_id = c.source_id "
    "WHERE t.reference = o.reference AND t.closed_at IS NULL AND c.closed <= :now"
)


def live(engine: Engine, rows: list[dict[str, str]]) -> None:
    """Each row through the door and the worker, with the clock at its own time; tickets close when their time comes."""
    categories = MAPPING["category"]["map"]  # type: ignore[index]
    ends = {row["id"]: row["closed"] for row in rows if row["closed"]}
    with Session(engine) as session:
        for row in sorted(rows, key=lambda row: row["at"]):
            now = datetime.fromisoformat(row["at"])
            session.execute(CLOSE, {"ids": list(ends), "closed": list(ends.values()), "now": now})
            draft = Draft(
                kind="problem",
                category=categories[row["category"]],
                text=row["words"],
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                channel="phone" if row["via"] == "Phone" else "web",
            )
            done = submit_contribution(session, draft=draft, now=now)
            session.execute(
                text("UPDATE contribution SET source = 'live', source_id = :id WHERE reference = :reference"),
                {"id": row["id"], "reference": done.reference},
            )
            assert drain_intake(session, limit=10) == 1
        session.commit()


@pytest.mark.parametrize("closing", [0.0, 0.6])
def test_the_same_tickets_in_the_same_queues(importer: Importer, tmp_path: Path, closing: float) -> None:
    rows = made_rows(400, closing=closing)
    live(importer.engine, rows)
    wanted = importer.partition()
    places = importer.ask("SELECT source_id, h3, zone_ids, ST_AsText(geom) FROM contribution ORDER BY 1")
    with importer.engine.begin() as connection:
        connection.execute(text(EMPTY))
    done = importer(write_csv(tmp_path / "town.csv", rows), batch=37)
    assert importer.partition() == wanted
    assert importer.ask("SELECT source_id, h3, zone_ids, ST_AsText(geom) FROM contribution ORDER BY 1") == places
    assert (done.imported, done.opened, done.joined) == (400, len(wanted), 400 - len(wanted))
    assert 50 < len(wanted) < 350, "rows must both meet and stay apart for this to say anything"
    assert {slug for _, slug, _ in wanted} >= {"roads", "cleaning", "mobility", "on-call"}


def test_an_open_ticket_of_the_town_takes_rows_of_its_time_only(importer: Importer, tmp_path: Path) -> None:
    rows = made_rows(60)
    live(importer.engine, rows[:30])
    with importer.engine.begin() as connection:
        connection.execute(text("UPDATE contribution SET source = 'a-town'"))
    importer(write_csv(tmp_path / "town.csv", rows), batch=7)
    early = importer.ask(
        "SELECT count(*) FROM contribution c JOIN ticket t ON t.id = c.ticket_id WHERE c.created_at < t.opened_at"
    )
    taken = importer.ask(
        "SELECT count(*) FROM contribution c JOIN contribution o ON o.ticket_id = c.ticket_id "
        "WHERE c.follow_hash IS NULL AND o.follow_hash IS NOT NULL"
    )
    assert early == [(0,)]
    assert taken[0][0] > 0


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import create_engine
from app.features import tables
from app.importing.mapping import Mapping
from app.importing.running import Options, run_import
from tests.integration.importing.conftest import MAPPING
seen = 0
def report(what, more, total):
    global seen
    seen += what == "import"
    if seen == 4:
        os.kill(os.getpid(), signal.SIGKILL)
run_import(create_engine(sys.argv[1]), path=Path(sys.argv[2]), territory="bidache",
           mapping=Mapping.model_validate(MAPPING), options=Options(batch=50), report=report)
"""


def test_killed_in_the_middle_and_run_again(importer: Importer, tmp_path: Path) -> None:
    rows = made_rows(500, closing=0.5)
    path = write_csv(tmp_path / "town.csv", rows)
    importer(path)
    wanted = importer.partition()
    with importer.engine.begin() as connection:
        connection.execute(text(EMPTY))

    url = importer.engine.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", KILLED, url, str(path)], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    (kept,) = importer.ask("SELECT count(*) FROM contribution")
    assert 0 < kept[0] < 500
    assert importer.ask("SELECT topic, subject_id FROM outbox") == [("map.count", 1)]

    done = importer(path, batch=500)
    assert (done.imported, done.known) == (500 - kept[0], kept[0])
    assert importer.partition() == wanted
    with Session(importer.engine) as session:
        assert cell_errors(session, 1) == []
    (row,) = importer.ask("SELECT topic, payload FROM outbox")
    assert row.topic == "hotspots"
    assert len(row.payload["partitions"]) == 5

    again = importer(path)
    assert (again.imported, again.known, again.rejected) == (0, 500, 0)
    assert len(importer.ask("SELECT FROM outbox")) == 1

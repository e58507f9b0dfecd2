"""The file beside the tables: copied into temporary ones, checked there by PostgreSQL, put in the order of time.

Everything is temporary to one connection, so that a killed import leaves nothing behind.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from app.importing.files import RawRow
from app.importing.rows import SWAPPED, Row

CHUNK = 2_500
"""Lines that are sent and checked together, while the next ones are read."""

_TABLES = """
    SET temp_buffers = '64MB';
    DROP TABLE IF EXISTS import_row, import_place, import_turn, import_town, import_past;
    CREATE TEMP TABLE import_row (
      line int, source_id text, created_at timestamptz, closed_at timestamptz, state text, status text, kind text,
      category text, channel text, title text, body text, address text, lon float8, lat float8, h3 bigint,
      hidden bool, raw text, reason text);
    CREATE TEMP TABLE import_place (
      line int, geom geometry, territory_id int, zone_ids int[], first_line int, known bool, swapped bool);
    CREATE INDEX ON import_row (line);
"""
COLUMNS = (
    "line, source_id, created_at, closed_at, state, status, kind, category, channel, title, body, address, lon, lat, "
    "h3, hidden, raw, reason"
)

# The smallest of the territory and those nested in it, as the live way does (area, then id).
_TOWNS = """
    CREATE TEMP TABLE import_town AS
    WITH RECURSIVE nested AS (
      SELECT id, area_m2, prefix, active FROM territory WHERE id = :territory
      UNION ALL SELECT t.id, t.area_m2, t.prefix, t.active FROM territory t JOIN nested ON t.parent_id = nested.id
    ) SELECT id, area_m2, prefix FROM nested WHERE active
"""

_TWICE = """
    UPDATE import_place p SET first_line = twice.line
    FROM (SELECT source_id, min(line) AS line FROM import_row WHERE reason IS NULL
          GROUP BY 1 HAVING count(*) > 1) twice
    JOIN import_row r USING (source_id)
    WHERE r.reason IS NULL AND p.line = r.line AND r.line <> twice.line
"""

_COVERING = """
    (SELECT p.territory_id FROM territory_part p JOIN import_town t ON t.id = p.territory_id
     WHERE ST_Covers(p.geom, {place}) ORDER BY t.area_m2, t.id LIMIT 1)
"""
_PLACE = text(
    f"""
    INSERT INTO import_place (line, geom, territory_id, zone_ids, known, swapped)
    SELECT r.line, r.geom, here.id,
           ARRAY(SELECT DISTINCT z.id FROM zone_part zp JOIN zone z ON z.id = zp.zone_id
                 WHERE ST_Covers(zp.geom, r.geom) AND z.territory_id = here.id ORDER BY z.id),
           EXISTS (SELECT FROM contribution c WHERE c.source = :source AND c.source_id = r.source_id),
           here.id IS NULL AND abs(r.lon) <= 90
             AND {_COVERING.format(place="ST_SetSRID(ST_MakePoint(r.lat, r.lon), 4326)")} IS NOT NULL
    FROM (SELECT line, source_id, lon, lat, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom FROM import_row
          WHERE line > :above AND line <= :upto AND reason IS NULL OFFSET 0) r
    CROSS JOIN LATERAL (SELECT {_COVERING.format(place="r.geom")} AS id) here
    """  # noqa: S608 - constants
)

_REASON = f"""
    coalesce(r.reason, CASE
      WHEN p.first_line IS NOT NULL THEN 'The id “' || r.source_id || '” is already on line ' || p.first_line || '.'
      WHEN p.territory_id IS NULL THEN 'The place (' || r.lon || ', ' || r.lat || ') is outside the territory.'
        || CASE WHEN p.swapped THEN ' {SWAPPED}' ELSE '' END
    END)
"""
_GOOD = "p.first_line IS NULL AND p.territory_id IS NOT NULL"

_TURNS = f"""
    CREATE TEMP TABLE import_turn AS
    SELECT row_number() OVER (ORDER BY r.created_at, r.line)::int AS seq, r.line
    FROM import_row r JOIN import_place p USING (line) WHERE r.reason IS NULL AND {_GOOD} AND NOT p.known ORDER BY 1
"""  # noqa: S608

_COUNTS = text(
    f"""
    SELECT count(*) AS read, count(*) FILTER (WHERE p.known AND r.reason IS NULL AND {_GOOD}) AS known,
           count(*) FILTER (WHERE {_REASON} IS NOT NULL) AS rejected, count(*) FILTER (WHERE p.swapped) AS swapped
    FROM import_row r LEFT JOIN import_place p USING (line)
    """  # noqa: S608
)
_SPAN = text(
    "SELECT count(*) AS rows, min(created_at) AS first, max(created_at) AS last FROM import_turn JOIN import_row "
    "USING (line)"
)
_REJECTS = f"""
    SELECT r.line, {_REASON} AS reason, r.raw FROM import_row r LEFT JOIN import_place p USING (line)
    WHERE {_REASON} IS NOT NULL ORDER BY r.line
"""  # noqa: S608

_SPECIAL = re.compile(r"[\\\t\n\r\x00]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": "␀"})


@dataclass(frozen=True, slots=True)
class Span:
    """What is left to import: how many rows, from when to when."""

    rows: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the checks found; `known` were imported before."""

    read: int
    known: int
    rejected: int
    swapped: int


def make_tables(connection: Connection, territory_id: int) -> None:
    """Empty staging tables on this connection, for rows of a territory and those nested in it."""
    connection.exec_driver_sql(_TABLES)
    connection.execute(text(_TOWNS), {"territory": territory_id})


class Staging:
    """The file's rows on their way in: some are sent and their places looked up while the next ones are read.

    The connection is the sender's until `staging` ends.
    """

    def __init__(self, connection: Connection, source: str, sender: Executor) -> None:
        self._connection, self._source, self._sender = connection, source, sender
        self._lines: list[str] = []
        self._last_line, self._above = 0, 0
        self._sent: Future[None] | None = None

    def add(self, raw: RawRow, row: Row) -> None:
        self._write(
            raw.line,
            f"{raw.line}\t{field(row.source_id)}\t{row.created_at.isoformat()}\t{field(row.closed_at)}\t{row.state}\t"
            f"{field(row.status)}\t{row.kind}\t{row.category}\t{row.channel}\t{field(row.title)}\t{field(row.body)}\t"
            f"{field(row.address)}\t{row.lon}\t{row.lat}\t{row.h3}\t{row.hidden}\t{field(raw.raw)}\t\\N\n",
        )

    def refuse(self, raw: RawRow, reason: str) -> None:
        empty = "\t\\N" * 15
        self._write(raw.line, f"{raw.line}{empty}\t{field(raw.raw)}\t{field(reason)}\n")

    def _write(self, line: int, words: str) -> None:
        self._lines.append(words)
        self._last_line = line
        if len(self._lines) >= CHUNK:
            self.hand_over()

    def hand_over(self) -> None:
        """Let the sender go on with what was read, once it is done with what it had. Raises what it met."""
        self.wait()
        self._sent = self._sender.submit(self._send, "".join(self._lines), self._above, self._last_line)
        self._lines, self._above = [], self._last_line

    def wait(self) -> None:
        """Until all that was handed over is staged and checked."""
        if self._sent is not None:
            self._sent.result()

    def _send(self, lines: str, above: int, upto: int) -> None:
        with copying(self._connection, f"import_row ({COLUMNS})") as copy:
            copy.write(lines)
        if not above:
            self._connection.exec_driver_sql("ANALYZE import_row (line), import_town")
        self._connection.execute(_PLACE, {"source": self._source, "above": above, "upto": upto})


def field(value: object) -> str:
    """A value that may be missing or hold any character, as COPY's text format wants it."""
    if value is None:
        return "\\N"
    said = str(value)
    # Hardly any text holds what must be escaped.
    return said.translate(_ESCAPES) if _SPECIAL.search(said) else said


@contextmanager
def staging(connection: Connection, *, source: str) -> Iterator[Staging]:
    """Take rows into the staging table, and say of each where it is and whether it came before."""
    with ThreadPoolExecutor(max_workers=1) as sender:
        stage = Staging(connection, source, sender)
        yield stage
        stage.hand_over()
        stage.wait()
    connection.exec_driver_sql("CREATE INDEX ON import_place (line)")
    connection.exec_driver_sql("ANALYZE import_row (line, source_id), import_place (line)")
    connection.exec_driver_sql(_TWICE)


@contextmanager
def copying(connection: Connection, target: str) -> Iterator[Any]:
    """psycopg's COPY into a table, in the connection's transaction."""
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        yield copy


def order_rows(connection: Connection) -> Span:
    """Put what can be imported, and was not yet, in the order in which it was said; returns what that is."""
    connection.exec_driver_sql(_TURNS)
    connection.exec_driver_sql("CREATE INDEX ON import_turn (seq)")
    connection.exec_driver_sql("ANALYZE import_turn")
    return Span(*connection.execute(_SPAN).one())


def counts(connection: Connection) -> Counts:
    return Counts(*connection.execute(_COUNTS).one())


def categories_met(connection: Connection) -> list[tuple[int, str, str]]:
    """Every (territory id, category slug, kind) among the rows that have a place."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT p.territory_id, r.category, r.kind FROM import_place p JOIN import_row r USING (line) "
            "WHERE p.territory_id IS NOT NULL ORDER BY 1, 2, 3"
        )
    )
    return [(row.territory_id, row.category, row.kind) for row in rows]


def refuse_category(connection: Connection, *, territory_id: int, category: str, kind: str, reason: str) -> None:
    """Refuse the rows of a nested town that has not this category of the outer territory."""
    connection.execute(
        text(
            "UPDATE import_row r SET reason = :reason FROM import_place p WHERE p.line = r.line "
            "AND p.territory_id = :territory AND r.category = :category AND r.kind = :kind"
        ),
        {"territory": territory_id, "category": category, "kind": kind, "reason": reason},
    )


def rejects(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """Line, reason and text of each row that is refused, in the order of the file."""
    streamed = {"stream_results": True, "yield_per": 2_000}
    with connection.execute(text(_REJECTS), execution_options=streamed) as result:
        for row in result:
            yield row.line, row.reason, row.raw


def reject_line(line: str | int, reason: str, raw: str, delimiter: str) -> str:
    """A row of the rejects file: its line and the reason, then the row exactly as it was."""
    said = io.StringIO()
    csv.writer(said, delimiter=delimiter, lineterminator="").writerow([line, reason])
    return f"{said.getvalue()}{delimiter}{raw}\n"

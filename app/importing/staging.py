"""The file beside the tables: copied into temporary ones, checked there by PostgreSQL, put in the order of time.

Everything is temporary to one connection, so that a killed import leaves nothing behind.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from app.importing.files import RawRow
from app.importing.rows import SWAPPED, Row

CHUNK = 20_000
"""Rows checked in one statement."""

_TABLES = """
    SET temp_buffers = '64MB';
    DROP TABLE IF EXISTS import_row, import_place, import_turn, import_town, import_past;
    CREATE TEMP TABLE import_row (
      line int, source_id text, created_at timestamptz, closed_at timestamptz, state text, status text, kind text,
      category text, channel text, title text, body text, address text, lon float8, lat float8, h3 bigint,
      hidden bool, raw text, reason text);
    CREATE TEMP TABLE import_place (
      line int, geom geometry, territory_id int, zone_ids int[], first_line int, known bool, swapped bool);
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
    CREATE TEMP TABLE import_twice ON COMMIT DROP AS
    SELECT source_id, min(line) AS line FROM import_row WHERE reason IS NULL GROUP BY 1 HAVING count(*) > 1
"""

_COVERING = """
    (SELECT p.territory_id FROM territory_part p JOIN import_town t ON t.id = p.territory_id
     WHERE ST_Covers(p.geom, {place}) ORDER BY t.area_m2, t.id LIMIT 1)
"""
_PLACE = text(
    f"""
    INSERT INTO import_place (line, geom, territory_id, zone_ids, first_line, known, swapped)
    SELECT r.line, r.geom, here.id,
           ARRAY(SELECT DISTINCT z.id FROM zone_part zp JOIN zone z ON z.id = zp.zone_id
                 WHERE ST_Covers(zp.geom, r.geom) AND z.territory_id = here.id ORDER BY z.id),
           twice.line,
           EXISTS (SELECT FROM contribution c WHERE c.source = :source AND c.source_id = r.source_id),
           here.id IS NULL AND abs(r.lon) <= 90
             AND {_COVERING.format(place="ST_SetSRID(ST_MakePoint(r.lat, r.lon), 4326)")} IS NOT NULL
    FROM (SELECT line, source_id, lon, lat, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom FROM import_row
          WHERE line > :above AND line <= :upto AND reason IS NULL OFFSET 0) r
    CROSS JOIN LATERAL (SELECT {_COVERING.format(place="r.geom")} AS id) here
    LEFT JOIN import_twice twice ON twice.source_id = r.source_id AND twice.line <> r.line
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
    """Where rows are written while a file is read; each call sends some bytes to PostgreSQL."""

    def __init__(self, copy: Any) -> None:
        self._copy = copy
        self._buffer: list[str] = []

    def add(self, raw: RawRow, row: Row) -> None:
        closed = row.closed_at
        self._write(
            copy_line(
                raw.line,
                row.source_id,
                row.created_at.isoformat(),
                closed.isoformat() if closed else None,
                row.state,
                row.status,
                row.kind,
                row.category,
                row.channel,
                row.title,
                row.body,
                row.address,
                row.lon,
                row.lat,
                row.h3,
                row.hidden,
                raw.raw,
                None,
            )
        )

    def refuse(self, raw: RawRow, reason: str) -> None:
        self._write(copy_line(raw.line, *[None] * 15, raw.raw, reason))

    def _write(self, line: str) -> None:
        self._buffer.append(line)
        if len(self._buffer) >= 500:
            self.flush()

    def flush(self) -> None:
        self._copy.write("".join(self._buffer))
        self._buffer.clear()


def copy_line(*values: str | float | bool | None) -> str:
    """A row as COPY's text format wants it; floats keep every digit."""
    line = "\t".join(["\\N" if value is None else str(value) for value in values])
    # Hardly any line holds what must be escaped; counting is quicker than looking at each value.
    plain = line.count("\t") < len(values) and line.count("\\") == values.count(None)
    if not plain or "\n" in line or "\r" in line or "\x00" in line:
        line = "\t".join(["\\N" if value is None else str(value).translate(_ESCAPES) for value in values])
    return line + "\n"


@contextmanager
def staging(connection: Connection) -> Iterator[Staging]:
    """Rows on their way into the staging table."""
    with copying(connection, f"import_row ({COLUMNS})") as copy:
        writer = Staging(copy)
        yield writer
        writer.flush()


@contextmanager
def copying(connection: Connection, target: str) -> Iterator[Any]:
    """psycopg's COPY into a table, in the connection's transaction."""
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        yield copy


def check_rows(connection: Connection, *, source: str, last_line: int) -> Iterator[int]:
    """Say of each row where it is, whether it came twice or before; yields how many lines each step passed."""
    connection.exec_driver_sql("CREATE INDEX ON import_row (line)")
    connection.exec_driver_sql(_TWICE)
    connection.exec_driver_sql("ANALYZE import_row (line, source_id), import_town")
    for above in range(0, last_line, CHUNK):
        upto = min(above + CHUNK, last_line)
        connection.execute(_PLACE, {"source": source, "above": above, "upto": upto})
        yield upto - above
    connection.exec_driver_sql("CREATE INDEX ON import_place (line)")
    connection.exec_driver_sql("ANALYZE import_place (line)")


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

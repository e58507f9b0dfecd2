"""An import from one end to the other: read and stage, check, then batch after batch in the order of time.

Stopped anywhere, it may be run again: what was kept is recognised by its source and id, and the rest follows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import errors as pg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.features.territories.catalogue import Town, town
from app.features.territories.failing import RulesMet
from app.importing.errors import ImportStopped
from app.importing.files import RawRow, Table
from app.importing.garbage import seldom_searched
from app.importing.history import History
from app.importing.mapping import Mapping, source_facts
from app.importing.planning import Plan, plan_batch
from app.importing.rows import SWAPPED, LeftOut, Refused, RowReader
from app.importing.staging import (
    Span,
    Staging,
    categories_met,
    counts,
    make_tables,
    order_rows,
    refuse_category,
    reject_line,
    rejects,
    staging,
)
from app.importing.writing import (
    Lines,
    compose,
    keep_promise,
    mark_hotspots,
    promise_count,
    promised_counts,
    write_batch,
)

BATCH = 5_000
SAMPLE = 1_000
"""Rows after which a file whose places are mostly the wrong way round is sent back."""
LOCK = 0x1A90
"""First half of the advisory lock that keeps two imports out of one territory."""
TRIES = 5

Report = Callable[[str, int, int | None], None]
"""Told what is being done (`read`, `import`), how much more of it was done, and how much there is in all."""


@dataclass
class Summary:
    """What an import did. `left_out` rows are those that the mapping does not want."""

    read: int = 0
    imported: int = 0
    known: int = 0
    rejected: int = 0
    left_out: int = 0
    opened: int = 0
    joined: int = 0
    seconds: float = 0
    rejects: Path | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    """Why a rule was skipped, by the rule's slug: it failed on what was imported."""

    @property
    def rate(self) -> float:
        """Rows of the file a second."""
        return self.read / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Options:
    """How to run: `limit` is the number of rows read, `trial` writes nothing."""

    limit: int | None = None
    trial: bool = False
    rejects: Path | None = None
    batch: int = BATCH


def run_import(
    engine: Engine, *, path: Path, territory: str, mapping: Mapping, options: Options, report: Report
) -> Summary:
    """Import a file into a territory. Raises ImportStopped, before anything is written, when the file does not fit."""
    started = datetime.now(UTC)
    summary = Summary()
    with seldom_searched(report) as report, engine.connect() as connection:
        # Its temporary tables and its lock end with it: it must not go back to the pool.
        connection.detach()
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("SET work_mem = '64MB'")
        connection.commit()
        territory_id, zone = _territory(connection, territory)
        _lock(connection, territory_id)
        home = _town(connection, territory_id)
        _check_categories(home, mapping)
        table = Table(path, mapping)
        try:
            make_tables(connection, territory_id)
            _stage(connection, table, mapping, zone, summary, options, report, territory_id)
        finally:
            table.close()
        towns = _towns(connection, home)
        left = order_rows(connection)
        found = counts(connection)
        summary.known, summary.rejected = found.known, found.rejected
        connection.commit()
        summary.rejects = _write_rejects(connection, table, mapping, options, found.rejected)
        connection.commit()
        _import(engine, connection, mapping, towns, left, summary, options, report)
    summary.seconds = (datetime.now(UTC) - started).total_seconds()
    return summary


def _territory(connection: Connection, slug: str) -> tuple[int, ZoneInfo]:
    row = connection.execute(
        text("SELECT id, timezone FROM territory WHERE slug = :slug AND active"), {"slug": slug}
    ).one_or_none()
    if row is None:
        known = connection.scalars(text("SELECT slug FROM territory WHERE active ORDER BY area_m2 DESC LIMIT 12")).all()
        said = f"the territories are: {', '.join(known)}" if known else "there is none yet: auzolan territory add"
        raise ImportStopped(f"There is no territory “{slug}”; {said}.")
    return row.id, ZoneInfo(row.timezone)


def _lock(connection: Connection, territory_id: int) -> None:
    # Held by the connection, so that it is gone with it however it ends; one that was just killed takes a moment.
    connection.exec_driver_sql("SET lock_timeout = '3s'")
    try:
        connection.execute(text("SELECT pg_advisory_lock(:lock, :id)"), {"lock": LOCK, "id": territory_id})
    except OperationalError as error:
        if not isinstance(error.orig, pg.LockNotAvailable):
            raise
        raise ImportStopped("Another import is running in this territory; wait until it has ended.") from None
    connection.exec_driver_sql("SET lock_timeout = 0")
    connection.commit()


def _town(connection: Connection, territory_id: int) -> Town:
    with Session(connection, join_transaction_mode="conditional_savepoint") as session:
        return town(session, territory_id)


def _check_categories(home: Town, mapping: Mapping) -> None:
    kinds = sorted(mapping.kind.words())
    faults = []
    for said, slug in mapping.category.map.items():
        known = home.categories.get(slug)
        if known is None:
            faults.append(f"category.map, “{said}”: {home.name} has no category “{slug}”.")
        elif not known.leaf:
            faults.append(f"category.map, “{said}”: “{slug}” gathers other categories; name one of those.")
        elif len(kinds) == 1 and kinds[0] not in known.kinds:
            faults.append(f"category.map, “{said}”: “{slug}” takes no {kinds[0]}.")
    if faults:
        raise ImportStopped("\n".join(faults))


def _stage(
    connection: Connection,
    table: Table,
    mapping: Mapping,
    zone: ZoneInfo,
    summary: Summary,
    options: Options,
    report: Report,
    territory_id: int,
) -> None:
    """Copy the file into the staging table, with what there is to say of each row."""
    reader = RowReader(mapping, table.header, timezone=zone, now=datetime.now(UTC))
    compass = Compass(connection, territory_id)
    position = 0
    with staging(connection, source=mapping.source) as stage:
        for raw in table.rows():
            if options.limit is not None and summary.read >= options.limit:
                break
            summary.read += 1
            _stage_row(stage, reader, raw, compass, summary)
            if summary.read == SAMPLE:
                compass.judge()
            if summary.read % SAMPLE == 0:
                report("read", table.position() - position, table.size)
                position = table.position()
        if summary.read < SAMPLE:
            compass.judge()
    report("read", table.size - position, table.size)
    if not summary.read:
        raise ImportStopped(f"{table.path.name} has column names and not a single row.")


def _stage_row(stage: Staging, reader: RowReader, raw: RawRow, compass: Compass, summary: Summary) -> None:
    if raw.fault is not None:
        stage.refuse(raw, raw.fault)
        return
    try:
        row = reader(raw.fields)
    except LeftOut:
        summary.left_out += 1
    except Refused as refused:
        compass.refused(str(refused))
        stage.refuse(raw, str(refused))
    else:
        compass.look(row.lon, row.lat)
        stage.add(raw, row)


class Compass:
    """Notices, on the first rows, that places are the wrong way round."""

    def __init__(self, connection: Connection, territory_id: int) -> None:
        self._box = connection.execute(
            text(
                "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM "
                "(SELECT Box2D(boundary) AS b FROM territory WHERE id = :id) t"
            ),
            {"id": territory_id},
        ).one()
        self._seen, self._swapped = 0, 0

    def look(self, lon: float, lat: float) -> None:
        self._seen += 1
        if not self._holds(lon, lat) and self._holds(lat, lon):
            self._swapped += 1

    def refused(self, reason: str) -> None:
        self._seen += 1
        self._swapped += SWAPPED in reason

    def judge(self) -> None:
        """Raises ImportStopped when most places would be in the territory the other way round."""
        if self._swapped * 2 > self._seen:
            raise ImportStopped(
                f"Of the first {self._seen} rows, {self._swapped} have longitude and latitude swapped. Nothing was "
                "imported: exchange lon and lat (or change order) under columns.place in the mapping."
            )

    def _holds(self, lon: float, lat: float) -> bool:
        west, south, east, north = self._box
        return bool(west <= lon <= east and south <= lat <= north)


def _towns(connection: Connection, home: Town) -> dict[int, Town]:
    """The towns that the rows are in; rows whose town has no such category are refused."""
    towns = {home.id: home}
    for territory_id, category, kind in categories_met(connection):
        here = towns.get(territory_id)
        if here is None:
            here = towns[territory_id] = _town(connection, territory_id)
        known = here.categories.get(category)
        if known is None or kind not in known.kinds:
            reason = f"{here.name} has no category “{category}” for this kind ({kind})."
            refuse_category(connection, territory_id=here.id, category=category, kind=kind, reason=reason)
    return towns


def _write_rejects(
    connection: Connection, table: Table, mapping: Mapping, options: Options, rejected: int
) -> Path | None:
    if not rejected:
        return None
    path = options.rejects or Path(f"{table.path.name.removesuffix('.gz').removesuffix('.csv')}.rejects.csv")
    delimiter = mapping.file.delimiter
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(reject_line("line", "reason", table.header_text, delimiter))
            for line, reason, raw in rejects(connection):
                file.write(reject_line(line, reason, raw, delimiter))
    except OSError as error:
        raise ImportStopped(f"{path}: {error.strerror}. Nothing was imported; choose another --rejects.") from None
    return path


def _import(
    engine: Engine,
    connection: Connection,
    mapping: Mapping,
    towns: dict[int, Town],
    left: Span,
    summary: Summary,
    options: Options,
    report: Report,
) -> None:
    """Plan a batch while the one before is being written, by another thread on another connection."""
    history = History(connection, left)
    # A single batch counts its own cells; a long import counts them once, in the end.
    late = left.rows > options.batch or promised_counts(connection, towns)
    partitions = sorted(_partitions(connection, towns))
    connection.commit()
    keeper = Keeper(engine, mapping, set(towns), count_late=late, partitions=partitions)
    with ThreadPoolExecutor(max_workers=1) as pool:
        kept: Future[None] | None = None
        met = RulesMet()
        for above in range(0, left.rows, options.batch):
            upto = min(above + options.batch, left.rows)
            plan = plan_batch(connection, history, towns, met, above=above, upto=upto, trial=options.trial)
            connection.commit()
            lines = None if options.trial else compose(plan, source=mapping.source, language=mapping.language)
            if kept is not None:
                kept.result()
            if lines is not None:
                kept = pool.submit(keeper.keep, plan, lines, first=above == 0, last=upto == left.rows)
            summary.imported += len(plan.rows)
            summary.opened += len(plan.born)
            summary.joined += len(plan.rows) - len(plan.born)
            report("import", len(plan.rows), left.rows)
        if kept is not None:
            kept.result()
    rules = (rule for home in towns.values() for rule in home.rules if rule.id in met.skipped)
    summary.skipped = {rule.slug: str(met.skipped[rule.id]) for rule in rules}


@dataclass(frozen=True)
class Keeper:
    """Writes plans, one after the other. With `count_late`, the first promises to count the cells, the last does."""

    engine: Engine
    mapping: Mapping
    territories: set[int]
    count_late: bool
    partitions: list[tuple[int, int, str]]

    def keep(self, plan: Plan, lines: Lines, *, first: bool, last: bool) -> None:
        """Write and commit. Where PostgreSQL breaks a deadlock with the town's daily work, write again."""
        for attempt in range(1, TRIES + 1):
            try:
                with self.engine.begin() as connection:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                    self._write(connection, plan, lines, first=first, last=last)
                return
            except OperationalError as error:
                if attempt == TRIES or not isinstance(error.orig, pg.DeadlockDetected | pg.SerializationFailure):
                    raise

    def _write(self, connection: Connection, plan: Plan, lines: Lines, *, first: bool, last: bool) -> None:
        if first and self.count_late:
            promise_count(connection, self.territories)
        source, language = self.mapping.source, self.mapping.language
        write_batch(connection, plan, lines, source=source, language=language, count=not self.count_late)
        if last:
            # In the transaction of the last rows: an import killed after it has nothing left to say.
            mark_hotspots(connection, self.partitions)
            _attribute(connection, self.mapping, self.territories)
            if self.count_late:
                keep_promise(connection, self.territories)


def _partitions(connection: Connection, towns: dict[int, Town]) -> set[tuple[int, int, str]]:
    """Those of the whole file: an earlier run that was killed could not speak for its own rows."""
    met = categories_met(connection)
    found = ((tid, towns[tid].categories.get(category), kind) for tid, category, kind in met)
    return {(tid, category.id, kind) for tid, category, kind in found if category and kind in category.kinds}


def _attribute(connection: Connection, mapping: Mapping, territories: Iterable[int]) -> None:
    """Keep with the territory who published what was imported, and under which licence."""
    facts: dict[str, Any] = {mapping.source: source_facts(mapping)}
    connection.execute(
        text(
            "UPDATE territory SET settings = jsonb_set(settings, '{sources}', "
            "coalesce(settings -> 'sources', '{}') || CAST(:facts AS jsonb)) WHERE id = ANY(:ids)"
        ),
        {"facts": json.dumps(facts), "ids": list(territories)},
    )

"""A large town for benchmarks: a million contributions, 30 categories, two years, on the streets of a round town.

The town has the area of Paris (104 km²). Contributions cluster along streets and around centres; seven in ten tickets
are closed; three contributions in ten join the ticket of another one nearby. The same seed gives the same town.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import h3
import numpy as np
import psycopg
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import rebuild_cells

LON, LAT = 2.34, 48.86
RADIUS_M = 5_750
CATEGORIES = 30
SERVICES = 12
ZONES = 20
STREETS = 4_000
CENTRES = 60
DAYS = 730
SLUG = "grande-ville"
_M_LAT = 111_195.0
_M_LON = _M_LAT * math.cos(math.radians(LAT))


@dataclass(frozen=True)
class Seeded:
    """What was made: ids, and the seconds it took by step."""

    territory_id: int
    category_ids: tuple[int, ...]
    contributions: int
    tickets: int
    seconds: dict[str, float]


def seed(url: str, *, rows: int = 1_000_000, seed: int = 1, say: Callable[[str], None] = lambda _: None) -> Seeded:
    """Fill the migrated database at `url` (SQLAlchemy form) with one large town of `rows` contributions.

    Needs a role that may set `session_replication_role`: foreign keys are not checked row by row.
    """
    seconds: dict[str, float] = {}

    def timed(name: str, since: float) -> float:
        seconds[name] = round(time.perf_counter() - since, 1)
        say(f"{name}: {seconds[name]} s")
        return time.perf_counter()

    clock = time.perf_counter()
    engine = create_engine(url, connect_args={"options": "-c timezone=UTC -c jit=off -c statement_timeout=0"})
    try:
        with engine.begin() as connection:
            town = _make_town(connection)
        made = _Rows(rows, town, np.random.default_rng(seed))
        clock = timed("imagined", clock)
        _copy(url, made)
        clock = timed("copied", clock)
        with engine.begin() as connection:
            _insert(connection, town)
        clock = timed("inserted and indexed", clock)
        with Session(engine) as session:
            rebuild_cells(session, town.territory_id)
            session.commit()
        clock = timed("pyramid", clock)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE contribution, ticket, map_cell"))
            # What was just written reaches the disk now, not while something is measured.
            connection.execute(text("CHECKPOINT"))
        timed("vacuumed", clock)
    finally:
        engine.dispose()
    return Seeded(town.territory_id, town.category_ids, rows, made.tickets, seconds)


@dataclass(frozen=True)
class _Town:
    territory_id: int
    category_ids: tuple[int, ...]
    service_ids: tuple[int, ...]
    zone_ids: tuple[int, ...]
    first_ticket: int
    first_contribution: int


_TERRITORY = """
    INSERT INTO territory (slug, name, boundary, area_m2, srid, prefix, town_hall, settings)
    SELECT :slug, 'Grande Ville',
           ST_Multi(ST_Buffer(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :r)::geometry),
           pi() * :r * :r, 2154, 'GRV', '{}', '{}' RETURNING id
"""
_PARTS = """
    INSERT INTO territory_part (territory_id, geom) SELECT id, ST_Subdivide(boundary, 32) FROM territory WHERE id = :t
    RETURNING id
"""
_SERVICES = """
    INSERT INTO service (territory_id, slug, name, is_triage)
    SELECT :t, CASE i WHEN 0 THEN 'a-trier' ELSE 'service-' || i END, jsonb_build_object('fr', 'Service ' || i), i = 0
      FROM generate_series(0, :n) i RETURNING id
"""
_THEMES = """
    INSERT INTO category (territory_id, slug, label, description, kinds, icon)
    SELECT :t, 'theme-' || i, jsonb_build_object('fr', 'Thème ' || i), '{}', '{problem,praise,proposal}', 'dot'
      FROM generate_series(1, 6) i RETURNING id
"""
_LEAVES = """
    INSERT INTO category (territory_id, parent_id, slug, label, description, kinds, icon, service_id)
    SELECT :t, (CAST(:themes AS int[]))[1 + i % 6], 'categorie-' || i, jsonb_build_object('fr', 'Catégorie ' || i),
           '{}', '{problem,praise,proposal}', 'dot', (CAST(:services AS int[]))[2 + i % :n]
      FROM generate_series(1, :c) i RETURNING id
"""
_ZONES = """
    INSERT INTO zone (territory_id, kind, slug, name, population, boundary)
    SELECT :t, 'quartier', 'quartier-' || i, 'Quartier ' || i, 100000,
           ST_Multi(ST_Intersection(boundary, ST_MakeEnvelope(:w, :s + (i - 1) * :h, :e, :s + i * :h, 4326)))
      FROM territory, generate_series(1, :n) i WHERE id = :t ORDER BY i RETURNING id
"""
_ZONE_PARTS = """
    INSERT INTO zone_part (zone_id, geom) SELECT id, ST_Subdivide(boundary, 32) FROM zone WHERE id = ANY(:z)
    RETURNING id
"""


def _make_town(connection: Connection) -> _Town:
    def ids(sql: str, **values: Any) -> tuple[int, ...]:
        return tuple(connection.execute(text(sql), values).scalars())

    (territory,) = ids(_TERRITORY, slug=SLUG, lon=LON, lat=LAT, r=RADIUS_M)
    connection.execute(text("SELECT add_reference_sequence(:t)"), {"t": territory})
    ids(_PARTS, t=territory)
    services = ids(_SERVICES, t=territory, n=SERVICES)
    themes = ids(_THEMES, t=territory)
    leaves = ids(_LEAVES, t=territory, themes=list(themes), services=list(services), n=SERVICES, c=CATEGORIES)
    south, height = LAT - RADIUS_M / _M_LAT, 2 * RADIUS_M / _M_LAT / ZONES
    zones = ids(_ZONES, t=territory, n=ZONES, w=LON - 0.2, e=LON + 0.2, s=south, h=height)
    ids(_ZONE_PARTS, z=list(zones))
    (ticket,) = ids("SELECT coalesce(max(id), 0) + 1 FROM ticket")
    (contribution,) = ids("SELECT coalesce(max(id), 0) + 1 FROM contribution")
    return _Town(territory, leaves, services[1:], zones, ticket, contribution)


class _Rows:
    """Columns of the contributions, drawn at once: the first `tickets` open a ticket, the others join one."""

    def __init__(self, rows: int, town: _Town, dice: np.random.Generator) -> None:
        self.town = town
        self.tickets = tickets = max(1, int(rows * 0.7))
        x, y = _places(tickets, dice)
        weights = 1 / np.arange(2, CATEGORIES + 2)
        category = dice.choice(CATEGORIES, tickets, p=weights / weights.sum())
        kind = dice.choice(3, tickets, p=(0.86, 0.05, 0.09))
        state = dice.choice(len(_STATES), tickets, p=_SHARES)
        age = dice.uniform(0, DAYS, tickets)
        joined = dice.integers(0, tickets, rows - tickets)
        joined = np.where(kind[joined] == 0, joined, np.roll(np.flatnonzero(kind == 0), 7)[joined % (kind == 0).sum()])
        self.ticket = np.concatenate((np.arange(tickets), joined))
        jitter = dice.normal(0, 8, (2, rows - tickets))
        self.x = np.concatenate((x, x[joined] + jitter[0]))
        self.y = np.concatenate((y, y[joined] + jitter[1]))
        _keep_inside(self.x, self.y)
        self.age = np.concatenate((age, np.maximum(0, age[joined] - dice.exponential(5, rows - tickets))))
        self.texts = _texts(rows, dice)
        self.category, self.kind, self.state = category[self.ticket], kind[self.ticket], state[self.ticket]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """(number, ticket, category, kind, state, days ago, lon, lat, H3 at 11, zone, number of category, text)."""
        town = self.town
        lon, lat = (LON + self.x / _M_LON).tolist(), (LAT + self.y / _M_LAT).tolist()
        height = 2 * RADIUS_M / ZONES
        zone = np.clip((self.y + RADIUS_M) / height, 0, ZONES - 1).astype(int).tolist()
        columns = (self.ticket, self.category, self.kind, self.state, self.age)
        for number, (ticket, category, kind, state, age) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            yield (
                number,
                ticket,
                town.category_ids[category],
                _KINDS[kind],
                _STATES[state],
                age,
                lon[number],
                lat[number],
                h3.str_to_int(h3.latlng_to_cell(lat[number], lon[number], 11)),
                town.zone_ids[zone[number]],
                category,
                next(self.texts),
            )


_SYLLABLES = [c + v for c in "bdfgjklmnprstvz" for v in ("a", "e", "i", "o", "u", "ou", "an")]
VOCABULARY = 20_000


def word(rank: int) -> str:
    """The word of that rank in the language of the seeded town: three or four syllables, rank 0 the commonest."""
    n = len(_SYLLABLES)
    parts = (rank % n, rank // n % n, (rank * 7 + 3) % n, *([rank * 13 % n] if rank % 3 else []))
    return "".join(_SYLLABLES[part] for part in parts)


def _texts(rows: int, dice: np.random.Generator) -> Iterator[str]:
    """Sentences of 6 to 18 words, drawn as people use them: the n-th commonest about 1/n as often as the first."""
    words = [word(rank) for rank in range(VOCABULARY)]
    weights = 1 / (np.arange(VOCABULARY) + 20.0)
    lengths = dice.integers(6, 19, rows)
    drawn = dice.choice(VOCABULARY, int(lengths.sum()), p=weights / weights.sum()).tolist()
    at = 0
    for length in lengths.tolist():
        yield " ".join([words[rank] for rank in drawn[at : at + length]])
        at += length


_KINDS = ("problem", "praise", "proposal")
_STATES = ("new", "accepted", "planned", "in_progress", "waiting", "reopened", "done", "declined", "duplicate")
_SHARES = (0.10, 0.08, 0.04, 0.05, 0.02, 0.01, 0.60, 0.08, 0.02)


def _places(count: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Metres east and north of the middle: 75 % along streets, 20 % around centres, 5 % anywhere."""
    angle, far = dice.uniform(0, 2 * math.pi, STREETS), RADIUS_M * np.sqrt(dice.uniform(0, 1, STREETS)) ** 1.3
    ends = np.stack((far * np.cos(angle), far * np.sin(angle)))
    along, length = dice.uniform(0, 2 * math.pi, STREETS), dice.gamma(2, 150, STREETS)
    street = (dice.uniform(0, 1, count) ** 1.6 * STREETS).astype(int)
    part = dice.uniform(-0.5, 0.5, count) * length[street]
    x = ends[0, street] + part * np.cos(along[street]) + dice.normal(0, 6, count)
    y = ends[1, street] + part * np.sin(along[street]) + dice.normal(0, 6, count)
    sort = dice.uniform(0, 1, count)
    around = (dice.uniform(0, 1, count) ** 1.5 * CENTRES).astype(int)
    x = np.where(sort < 0.2, ends[0, around] + dice.normal(0, 180, count), x)
    y = np.where(sort < 0.2, ends[1, around] + dice.normal(0, 180, count), y)
    anywhere, turn = RADIUS_M * np.sqrt(dice.uniform(0, 1, count)), dice.uniform(0, 2 * math.pi, count)
    x = np.where(sort > 0.95, anywhere * np.cos(turn), x)
    y = np.where(sort > 0.95, anywhere * np.sin(turn), y)
    return x, y


def _keep_inside(x: np.ndarray, y: np.ndarray) -> None:
    scale = np.minimum(1, 0.98 * RADIUS_M / np.maximum(1, np.hypot(x, y)))
    x *= scale
    y *= scale


def _copy(url: str, rows: _Rows) -> None:
    parsed = make_url(url)
    options = {key: str(value) for key, value in parsed.query.items()}
    with (
        psycopg.connect(
            dbname=parsed.database, user=parsed.username, password=parsed.password,
            host=options.get("host", parsed.host), port=options.get("port", parsed.port),
        ) as connection,
        connection.cursor() as cursor,
    ):  # fmt: skip
        cursor.execute("DROP TABLE IF EXISTS bench_stage")
        cursor.execute(
            "CREATE UNLOGGED TABLE bench_stage (number int, ticket int, category_id int, kind text, state text, "
            "age float8, lon float8, lat float8, h3 bigint, zone_id int, category int, said text)"
        )
        with cursor.copy("COPY bench_stage FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


_TICKETS = text(
    """
    INSERT INTO ticket (id, reference, territory_id, category_id, service_id, kind, state, anchor, zone_ids, title,
                        opened_at, last_at, updated_at, closed_at, due_at, contributions, routing)
    OVERRIDING SYSTEM VALUE
    SELECT :first + s.number, 'GRV-' || 1001 + s.number, :t, s.category_id,
           (CAST(:services AS int[]))[1 + s.category % :n],
           s.kind, s.state, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326), ARRAY[s.zone_id], '',
           CAST(:now AS timestamptz) - s.age * interval '1 day', CAST(:now AS timestamptz) - s.age * interval '1 day',
           CAST(:now AS timestamptz) - s.age * interval '1 day',
           CASE WHEN s.state IN ('done', 'declined', 'duplicate')
                THEN CAST(:now AS timestamptz) - s.age * interval '1 day' * 0.8 END,
           CAST(:now AS timestamptz) + (10 - s.age) * interval '1 day', 1 + coalesce(j.n, 0),
           '{"rule": null, "code": "category", "params": {}}'
      FROM bench_stage s LEFT JOIN (SELECT ticket, count(*) AS n FROM bench_stage WHERE number >= :tickets GROUP BY 1) j
        ON j.ticket = s.number
     WHERE s.number < :tickets
    """
)
_CONTRIBUTIONS = text(
    """
    INSERT INTO contribution (id, reference, territory_id, category_id, kind, channel, title, body, geom, h3, zone_ids,
                              state, created_at, received_at, ticket_id)
    OVERRIDING SYSTEM VALUE
    SELECT :first + number, 'GRV-' || 1001 + number, :t, category_id, kind, 'web', 'Rue ' || number % 4000,
           said, ST_SetSRID(ST_MakePoint(lon, lat), 4326), h3, ARRAY[zone_id],
           state, CAST(:now AS timestamptz) - age * interval '1 day',
           CAST(:now AS timestamptz) - age * interval '1 day',
           :first_ticket + ticket
      FROM bench_stage ORDER BY age DESC
    """
)


def _insert(connection: Connection, town: _Town) -> None:
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
    count = connection.execute(text("SELECT count(*) FROM bench_stage")).scalar_one()
    tickets = connection.execute(text("SELECT max(ticket) + 1 FROM bench_stage")).scalar_one()
    tickets = max(tickets, int(count * 0.7))
    indexes = connection.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('ticket', 'contribution') "
             "AND indexname LIKE 'ix_%'")
    ).all()  # fmt: skip
    for index in indexes:
        connection.execute(text(f'DROP INDEX "{index.indexname}"'))
    values = {"t": town.territory_id, "now": datetime.now(UTC), "tickets": tickets}
    connection.execute(
        _TICKETS, values | {"first": town.first_ticket, "services": list(town.service_ids), "n": len(town.service_ids)}
    )
    connection.execute(_CONTRIBUTIONS, values | {"first": town.first_contribution, "first_ticket": town.first_ticket})
    for index in indexes:
        connection.execute(text(index.indexdef))
    for table in ("ticket", "contribution"):
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        )
    connection.execute(text(f"SELECT setval('reference_{town.territory_id}', :n)"), {"n": 1001 + count})
    connection.execute(text("DROP TABLE bench_stage"))


def main() -> None:
    """`python -m tests.performance.seed URL [--rows N]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    made = seed(arguments.url, rows=arguments.rows, say=print)
    print(json.dumps({"territory_id": made.territory_id, "tickets": made.tickets, "seconds": made.seconds}))


if __name__ == "__main__":
    main()

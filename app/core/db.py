"""The database seen from Python: one declarative base, one Flask extension, named constraints.

Names matter: a violated constraint is found by its name and turned into a sentence (`app.core.errors`).
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    Identity,
    Integer,
    MetaData,
    Text,
    TextualSelect,
    column,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from app.settings import DatabaseSettings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BigKey = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
Key = Annotated[int, mapped_column(Integer, Identity(always=True), primary_key=True)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Json = Annotated[dict[str, Any], mapped_column(JSONB, server_default="{}")]
"""A label in several languages, or any small document."""


def point() -> Geometry:
    """A point in WGS84 (SRID 4326, degrees); its indexes are declared by name in the models."""
    return Geometry("POINT", srid=4326, spatial_index=False)


def multipolygon() -> Geometry:
    """A boundary in WGS84 (SRID 4326, degrees)."""
    return Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)


def polygon() -> Geometry:
    """A piece of a subdivided boundary, in WGS84 (SRID 4326, degrees)."""
    return Geometry("GEOMETRY", srid=4326, spatial_index=False)


class Base(DeclarativeBase):
    """Every table of the house."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text, dict[str, Any]: JSONB, datetime: DateTime(timezone=True)}


db = SQLAlchemy()

PING_AFTER_S = 1.0
"""Seconds of rest after which a pooled connection is asked whether it still lives."""


def init_app(app: Flask) -> None:
    """Give the application its engine and its sessions."""
    before = list(app.teardown_appcontext_funcs)
    db.init_app(app)
    # The extension also closes asynchronous sessions; we have none, and each request would start a thread to say so.
    app.teardown_appcontext_funcs = [
        ending
        for ending in app.teardown_appcontext_funcs
        if ending in before or not inspect.iscoroutinefunction(ending)
    ]
    with app.app_context():
        for engine in db.engines.values():
            watch_rested_connections(engine)


def watch_rested_connections(engine: Engine) -> None:
    """Notice a restarted server when a connection is taken, not in the middle of a request.

    SQLAlchemy's own check asks at every take, a third of the questions of the hot path; a connection that answered a
    moment ago needs none.
    """

    @event.listens_for(engine, "checkin")
    def rest(connection: Any, record: Any) -> None:
        record.info["rested_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def take(connection: Any, record: Any, proxy: Any) -> None:
        if time.monotonic() - record.info.get("rested_at", time.monotonic()) < PING_AFTER_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def at_once(session: Session) -> Session:
    """The same session, on which each statement is a transaction of its own: for work that is one statement.

    It saves the two trips that open and close a transaction. One that is open already, because somebody asked who is
    there, is closed first: else the statement would be a part of it, and lost with it at the end of the request.
    """
    if session.in_transaction():
        session.commit()
    session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    return session


def statement(sql: str, *names: str) -> TextualSelect:
    """A statement of the hot path with the names of its columns, so that they are worked out once and not each time."""
    return text(sql).columns(*map(column, names))


def array_text(numbers: Iterable[int]) -> str:
    """An array as PostgreSQL writes it: the driver would look at each of thousands of numbers for quotes."""
    return "{" + ",".join(map(str, numbers)) + "}"


def plain_url(url: str) -> str:
    """SQLAlchemy's URL as psycopg wants it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def dead_peer_options(statement_timeout_ms: int) -> dict[str, Any]:
    """Options of a psycopg connection: UTC, no runaway statement, and a dead peer is noticed within a minute.

    Both ends look: a client whose server vanished, and a server whose client did (it would keep its locks).
    """
    server = {
        "timezone": "UTC",
        "jit": "off",
        # Many short questions: a parallel plan spends tens of milliseconds before it begins.
        "max_parallel_workers_per_gather": 0,
        "statement_timeout": statement_timeout_ms,
        "idle_in_transaction_session_timeout": 300_000,
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
    }
    return {
        "options": " ".join(f"-c {name}={value}" for name, value in server.items()),
        "connect_timeout": 5,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }


_AWAY = ("08", "57P", "53")
"""SQLSTATE classes: connection lost, server stopping or starting, out of connections, memory or disk."""


def database_went_away(error: BaseException) -> bool:
    """Whether an error says something of the server and nothing of the work: the same work may pass later."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlstate", None)
    lost = code is None and error.orig.__class__.__name__ in ("OperationalError", "InterfaceError")
    return error.connection_invalidated or lost or (code or "").startswith(_AWAY)


def engine_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Options of the SQLAlchemy engine. Connections speak UTC and give up on runaway statements."""
    return {
        "url": settings.url,
        "pool_size": settings.pool_size,
        "max_overflow": settings.pool_size,
        "pool_timeout": settings.pool_timeout_s,
        # An error tells its statement, not what people wrote.
        "hide_parameters": True,
        "connect_args": {"application_name": "auzolan", **dead_peer_options(settings.statement_timeout_ms)},
    }

"""One town for the whole run of these tests: Bayonne from the open data with the default pack, Anglet beside it.

Making a town takes seconds, so it is made once in a database of its own; between two tests only what people said is
emptied.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.features import tables  # noqa: F401
from app.settings import DatabaseSettings, RedisSettings, Settings, StorageSettings, WebSettings
from tests.contract.house import PASSWORD, House, good
from tests.support import servers
from tests.support.conformance import Conformance


@pytest.fixture(scope="session")
def _town(worker_name: str) -> str:
    from app.features.accounts import services as accounts
    from app.features.territories.adding import DEFAULT_PACK, add_commune
    from app.features.territories.packing import load_pack
    from app.features.territories.packs.reader import read_pack

    url = servers.clone(servers.shared_template(), f"contract_{worker_name}")
    engine = create_engine(url)
    with Session(engine) as session:
        for code in ("64102", "64024"):
            load_pack(session, territory=add_commune(session, code=code), pack=read_pack(DEFAULT_PACK))
        _arrange(session)
        for role, services in (("agent", ["roads"]), ("dispatcher", []), ("administrator", [])):
            email = f"{role}@bayonne.example"
            territory = "bayonne" if role != "administrator" else None
            accounts.add_account(
                session, email=email, password=PASSWORD, role=role, services=services, territory=territory
            )
        session.commit()
    engine.dispose()
    return url


def _arrange(session: Session) -> None:
    """What the default pack does not have: a closed category, one that only Anglet has, one that needs a contact."""
    for statement in (
        "UPDATE category SET active = false WHERE slug = 'shared-scooter'",
        "UPDATE category SET contact = 'required' WHERE slug = 'pests'",
        "DELETE FROM category WHERE slug = 'sports-ground' "
        "AND territory_id = (SELECT id FROM territory WHERE slug = 'bayonne')",
    ):
        session.execute(text(statement))


@pytest.fixture(scope="session")
def _app(_town: str, _redis: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    from app import create_app
    from app.core.db import db

    web = WebSettings(base_url="http://127.0.0.1:8080", secret_key=SecretStr("a key for tests only, long enough"))
    settings = Settings(
        database=DatabaseSettings(url=_town),
        redis=RedisSettings(url=_redis.url),
        web=web,
        storage=StorageSettings(data=tmp_path_factory.mktemp("data")),
    )
    application = create_app(settings, TESTING=True)
    # Whatever a test asks of the API, what it answers is what the document says.
    application.extensions["conformance"] = Conformance(application)
    yield application
    with application.app_context():
        for engine in db.engines.values():
            engine.dispose()


class Cleaner(servers.Cleaner):
    """Made when the town stands: what it is made of is left alone, its sequences too."""

    def clean(self) -> None:
        with psycopg.connect(self.url, options="-c lock_timeout=60s") as link:
            if self._filled(link, self.tables):
                link.execute(f"TRUNCATE {', '.join(self.tables)} RESTART IDENTITY")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def _cleaner(_town: str) -> Cleaner:
    return Cleaner(_town)


@pytest.fixture
def app(_app: Flask, _cleaner: Cleaner) -> Iterator[Flask]:
    """The application of the town, in which nobody has said anything yet."""
    yield _app
    _cleaner.clean()
    assert _app.extensions["conformance"].taken() == []
    shutil.rmtree(_app.extensions["settings"].storage.location, ignore_errors=True)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of its own, for what a test arranges and asserts."""
    engine = create_engine(app.extensions["settings"].database.url)
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()
    engine.dispose()


@pytest.fixture
def house(app: Flask, session: Session) -> House:
    """The town seen from outside (HTTP) and from below (rows and files)."""
    return House(app, session, Path(app.extensions["settings"].storage.location))


@pytest.fixture
def send(client: FlaskClient) -> Callable[..., Any]:
    """Post a contribution as JSON: what is given, over one that passes."""

    def sent(*, headers: dict[str, str] | None = None, **given: Any) -> Any:
        return client.post("/api/v1/contributions", json=good(**given), headers=headers or {})

    return sent

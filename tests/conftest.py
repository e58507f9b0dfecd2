"""Fixtures of all tests. Servers start only when a test asks for one, so unit tests stay quick and alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.support import prepared, servers

# No test is timed: a busy machine would fail what is right. Nor is any random: the same examples come every time.
settings.register_profile(
    "house", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

UNIT = Path(__file__).parent / "unit"
# Their tests share servers that are long to start. (The marks of `--dist loadgroup` say nothing to pytest 9.2.)
TOGETHER = (
    "tests/workers/",
    "tests/integration/stack/test_embedded.py",
    "tests/browser/test_offline.py",
    "tests/browser/test_a_day_in_town.py",
)


def pytest_configure(config: pytest.Config) -> None:
    # A process started by pytest-xdist shares the servers of the run that started it.
    if not hasattr(config, "workerinput"):
        servers.begin_run()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One test process more than cores: there is always one that waits for a page to settle or a delay to pass."""
    return min(len(os.sched_getaffinity(0)) + 1, 8)


class OneTownAtATime(LoadScopeScheduling):
    """Sends the tests of one place of `TOGETHER` to one test process, the places with most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return OneTownAtATime(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell a failure when it happens: a run that is stopped before its end has no summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\n{report.nodeid} ({report.when}, {report.duration:.0f} s)\n{report.longreprtext[-3000:]}", flush=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    prepared.end()
    if not hasattr(config, "workerinput"):
        servers.end_run()


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """Name of this test process among those of the run."""
    workerinput: dict[str, str] = getattr(request.config, "workerinput", {})
    return workerinput.get("workerid", "main")


@pytest.fixture(scope="session")
def _database(worker_name: str) -> tuple[str, servers.Cleaner]:
    url = servers.clone(servers.shared_template(), f"test_{worker_name}")
    return url, servers.Cleaner(url)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a migrated database of this process, empty when the test starts."""
    if UNIT in request.path.parents:
        raise AssertionError("unit tests touch no database; move this one to tests/integration")
    url, cleaner = request.getfixturevalue("_database")
    yield url
    cleaner.clean()


@pytest.fixture(scope="session")
def _redis(worker_name: str) -> servers.RedisServer:
    return servers.start_redis(worker_name)


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of this process's own Redis-protocol server, empty when the test starts."""
    if UNIT in request.path.parents:
        raise AssertionError("unit tests touch no server; move this one to tests/integration")
    server: servers.RedisServer = request.getfixturevalue("_redis")
    server.flush()
    yield server.url
    server.flush()


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The `AUZOLAN_*` variables of a process, set here and inherited by those that a test starts."""
    # What is only worked out (catalogues, compiled templates) is worked out once a run.
    made = Path(os.environ[servers.VARIABLE]) / "cache"
    made.mkdir(exist_ok=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cache").symlink_to(made)
    values = {
        "AUZOLAN_DATABASE_URL": database_url,
        "AUZOLAN_REDIS_URL": redis_url,
        "AUZOLAN_DATA": str(tmp_path / "data"),
        "AUZOLAN_BASE_URL": "http://127.0.0.1:8080",
        "AUZOLAN_SECRET_KEY": "a key for tests only, of a sensible length",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def app(environment: dict[str, str]) -> Iterator[Flask]:
    """The application on this process's database; its connections are closed at the end."""
    from app import create_app
    from app.core.db import db

    application = create_app(TESTING=True)
    yield application
    with application.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def worker_here(environment: dict[str, str]) -> Iterator[None]:
    """Handlers run in this process, with an application of this test's own; its connections are closed at the end."""
    from app.core.db import db
    from workers.runtime import application

    application.cache_clear()
    yield
    if application.cache_info().currsize:
        with application().app_context():
            for engine in db.engines.values():
                engine.dispose()
    application.cache_clear()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session of its own, for what a test arranges and asserts; what it does not commit is undone."""
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    engine = create_engine(database_url)
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()
    engine.dispose()

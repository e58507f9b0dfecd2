"""One durable PostgreSQL and one Redis for the tests that break them; a fresh database and a house for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.stack.postgres import Cluster
from app.migrate import upgrade
from tests.support import servers
from tests.workers.house import House, found_town

_numbers = itertools.count()


@pytest.fixture(scope="session")
def breakable(worker_name: str) -> Cluster:
    """A cluster that keeps what it acknowledged when it is stopped at once; its template holds a town."""
    folder = Path(os.environ[servers.VARIABLE]) / f"postgres-breakable-{worker_name}"
    cluster = servers.new_cluster(folder, durable=True)
    servers.start_cluster(cluster)
    upgrade(cluster.url)
    found_town(cluster.url)
    return cluster


@pytest.fixture
def house(breakable: Cluster, worker_name: str, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Builds the test's house; settings are given as `AUZOLAN_*` variables."""
    built: list[House] = []

    def build(**settings: str) -> House:
        url = servers.clone(breakable, f"house_{worker_name}_{next(_numbers)}")
        redis = servers.start_redis(f"breakable-{worker_name}")
        redis.flush()
        built.append(House(cluster=breakable, url=url, redis=redis, data=tmp_path / "data", **settings))
        return built[-1]

    yield build
    for one in built:
        one.end()

"""What was acknowledged is kept, done once and told once, whatever is killed; with real servers and real processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import servers
from tests.workers.house import PATIENCE_S, House, picture, wait_until

Build = Callable[..., House]
QUICK = {"AUZOLAN_JOBS_STALE_S": "2", "AUZOLAN_JOBS_SWEEP_S": "0.5"}
WORKERS = ("relay", "worker-intake", "worker-default")


@pytest.mark.parametrize("fault", ["drain_before_commit", "drain_after_commit"])
def test_a_worker_killed_in_the_middle_of_a_drain(house: Build, fault: str) -> None:
    town = house(**QUICK)
    references = town.write(30)
    town.start("worker-intake", fault=fault)
    town.start("relay")
    town.died("worker-intake")
    town.start("worker-intake")
    town.settled()
    town.check(references)


def test_a_worker_and_its_child_killed_in_the_middle_of_a_photo(house: Build) -> None:
    town = house(**QUICK)
    references = town.write(3, photo=picture())
    town.start("relay", "worker-intake")
    town.start("worker-default", fault="photo_before_commit")
    town.died("worker-default")
    town.start("worker-default")
    town.settled()
    town.check(references)
    town.check_photos()


def test_a_photo_that_kills_every_child_waits_for_an_operator(house: Build) -> None:
    town = house(**QUICK, AUZOLAN_JOBS_MAX_ATTEMPTS="2")
    town.write(1, photo=picture())
    town.start("relay")
    town.start("worker-default", fault="photo_child")
    failed = "SELECT last_error FROM outbox WHERE topic = 'photo' AND failed_at IS NOT NULL"
    wait_until(lambda: town.ask(failed), "the photo to be given up")
    assert town.ask(failed) == [("the worker died while doing this",)]


@pytest.mark.parametrize("fault", ["relay_before_enqueue", "relay_after_enqueue", "relay_after_ask"])
def test_the_relay_killed_between_its_words(house: Build, fault: str) -> None:
    town = house(**QUICK)
    references = town.write(4, photo=picture())
    town.start("worker-intake", "worker-default")
    town.start("relay", fault=fault)
    town.died("relay")
    town.start("relay")
    town.settled()
    town.check(references)
    town.check_photos()


def test_redis_flushed_again_and_again_under_load(house: Build) -> None:
    town = house()
    town.start("web", *WORKERS)
    with town.crowd(people=4, photo_every=30) as said:
        flushes, began = 0, time.monotonic()
        # A machine that does other things at the same time is flushed more often, and not asked for less.
        while flushes < 6 or len(said.references) <= 50:
            assert time.monotonic() - began < PATIENCE_S, f"{len(said.references)} contributions in {flushes} turns"
            time.sleep(0.7)
            town.redis.flush()
            flushes += 1
    town.settled()
    assert len(said.references) > 50
    town.check(list(said.references.values()))
    town.check_photos()


def test_postgresql_stopped_at_once_and_started_again_under_load(house: Build) -> None:
    town = house()
    town.start("web", *WORKERS, "scheduler")
    cluster = town.cluster
    with town.crowd(people=4, photo_every=30) as said:
        for _ in range(2):
            time.sleep(2)
            before = len(said.references)
            cluster.programs.run(
                "pg_ctl", "stop", "-m", "immediate", "-D", str(cluster.folder), account=cluster.account
            )
            time.sleep(1)
            servers.start_cluster(cluster)
            wait_until(lambda before=before: len(said.references) > before + 5, "the house to answer again")  # type: ignore[misc]
        wait_until(lambda: len(said.references) > 50, "a crowd that has written")
    assert set(said.refused) <= {0, 503}, "an outage is said with 503, or the line breaks"
    town.settled()
    assert len(said.references) > 50
    town.check(list(said.references.values()))
    town.check_photos()


def test_redis_killed_and_started_again_under_load(house: Build) -> None:
    town = house()
    town.start("web", *WORKERS)
    with town.crowd(people=3, photo_every=30) as said:
        time.sleep(1)
        pid = town.redis.pid()
        assert pid
        servers.procfs.send([pid], 9)  # type: ignore[arg-type]
        servers.procfs.wait_gone([pid], 10)
        time.sleep(2)
        assert not said.refused, "people notice nothing"
        servers.start_redis(town.redis.folder.name.removeprefix("redis-"))
        time.sleep(1)
    # As a supervisor does: RQ leaves when Redis does in the middle of its book-keeping, at once or when it notices.
    town.settled(supervised=("worker-intake", "worker-default"))
    town.check(list(said.references.values()))


def test_a_row_that_raises_is_put_off_and_the_others_pass(house: Build) -> None:
    town = house(**QUICK, AUZOLAN_JOBS_MAX_ATTEMPTS="1")
    references = town.write(20)
    town.ask("UPDATE contribution SET title = 'poison' WHERE reference = %s RETURNING id", references[13])
    town.start("worker-intake", fault="raise_on_poison")
    town.start("relay")
    failed = "SELECT c.reference, o.last_error FROM outbox o JOIN contribution c ON c.id = o.subject_id"
    wait_until(lambda: town.waiting() == 1 and town.ask(f"{failed} WHERE o.failed_at IS NOT NULL"), "one row put off")
    assert town.ask(f"{failed} WHERE o.topic = 'intake'") == [(references[13], "ValueError: this row is poison")]
    assert len(town.ask("SELECT id FROM contribution WHERE ticket_id IS NOT NULL")) == 19


def test_a_row_that_kills_its_worker_is_put_off_and_the_others_pass(house: Build) -> None:
    town = house(**QUICK, AUZOLAN_JOBS_MAX_ATTEMPTS="1")
    references = town.write(20)
    town.ask("UPDATE contribution SET title = 'poison' WHERE reference = %s RETURNING id", references[3])
    town.start("relay")
    deaths = 0
    while town.waiting() > 1 or not town.ask("SELECT id FROM outbox WHERE failed_at IS NOT NULL"):
        assert deaths < 8
        town.start("worker-intake", fault="drain_on_poison")
        process = town.running["worker-intake"]
        wait_until(lambda: process.poll() is not None or town.waiting() == 1, "the worker to die or to finish")  # type: ignore[misc]  # noqa: B023
        if process.poll() is None:
            break
        deaths += 1
    assert len(town.ask("SELECT id FROM contribution WHERE ticket_id IS NOT NULL")) == 19
    left = town.ask(
        "SELECT c.reference FROM outbox o JOIN contribution c ON c.id = o.subject_id WHERE topic = 'intake'"
    )
    assert left == [(references[3],)]


def test_workers_told_to_stop_finish_what_they_hold_and_leave_in_time(house: Build) -> None:
    town = house()
    town.start("web", *WORKERS, "scheduler")
    with town.crowd(people=4) as said:
        time.sleep(2)
        seconds = {name: town.stop(name) for name in (*WORKERS, "scheduler")}
    assert max(seconds.values()) < 10, seconds
    town.start(*WORKERS)
    town.settled()
    town.check(list(said.references.values()))


def test_the_same_key_twenty_times_at_once_is_one_row_and_one_answer(house: Build) -> None:
    town = house()
    town.start("web")
    start = threading.Barrier(20, timeout=60)

    def send(_: int) -> tuple[int, str, str | None]:
        start.wait()
        status, answer, headers = town.post("twenty-times-the-same-key")
        return status, str(answer), headers.get("Idempotent-Replayed")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {status for status, _, _ in answers} == {201}
    assert len({answer for _, answer, _ in answers}) == 1
    assert sum(replayed is None for _, _, replayed in answers) == 1
    assert town.ask("SELECT count(*) FROM contribution") == [(1,)]
    assert town.ask("SELECT count(*) FROM outbox") == [(1,)]

"""`auzolan jobs`: the work that waits, what went wrong with it, and trying again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click
from redis import Redis
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.operations.state import Machinery, machinery, retry, trouble
from app.settings import DatabaseSettings, RedisSettings


@click.group()
def jobs() -> None:
    """Queues, lag, failures; try again."""


@jobs.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, as one JSON document.")
def status(as_json: bool) -> None:
    """Show what waits, since when, what failed, and which processes live."""
    redis = Redis.from_url(RedisSettings().url, socket_timeout=3, socket_connect_timeout=3)
    with _session() as session:
        state = machinery(session, redis)
    redis.close()
    click.echo(json.dumps(state.as_document(), default=str, indent=2) if as_json else _in_words(state))


@jobs.command()
@click.argument("job_id", type=int)
def show(job_id: int) -> None:
    """Show one job that waits or failed."""
    with _session() as session:
        found = trouble(session, job_id)
    click.echo(f"{found.id}  {found.topic}  {found.subject or ''}")
    click.echo(f"since {found.created_at:%Y-%m-%d %H:%M:%S %Z}, tried {found.attempts} times, {_when(found)}")
    click.echo(f"payload {json.dumps(found.payload)}")
    if found.error:
        click.echo(found.error)


@jobs.command("retry")
@click.argument("job_id", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Every job that was given up.")
def retry_(job_id: int | None, everything: bool) -> None:
    """Try a job again now, or all that were given up."""
    if (job_id is None) == (not everything):
        raise click.UsageError("Name one job, or say --all.")
    with _session() as session:
        count = retry(session, outbox_id=job_id)
        session.commit()
    if not count and job_id is not None:
        raise click.ClickException(f"Job {job_id} did not fail: it is done, or still waits for its first try.")
    click.echo(f"{count} {'job is' if count == 1 else 'jobs are'} tried again.")


def _in_words(state: Machinery) -> str:
    lines = [f"{state.waiting} waiting, the oldest due for {state.lag_s:.1f} s; {state.failed} given up"]
    lines += [
        f"  {topic.name}: {topic.waiting} waiting ({topic.retrying} after a failure), {topic.failed} given up,"
        f" lag {topic.lag_s:.1f} s"
        for topic in state.topics
    ]
    if state.queues is None:
        lines.append("Redis does not answer.")
    else:
        lines.append("queues: " + ", ".join(f"{name} {count}" for name, count in state.queues.items()))
    lines += [f"alive: {process.role} (pid {process.pid}, {process.host or 'here'})" for process in state.processes]
    lines += [f"MISSING: {role}" for role in state.missing]
    flow = state.throughput
    lines.append(f"received: {flow.last_minute} in a minute, {flow.last_hour} in an hour, {flow.last_day} in a day")
    if flow.median_s is not None and flow.slowest_s is not None:
        lines.append(
            f"from sent to a queue, last hundred: median {flow.median_s * 1000:.0f} ms, slowest {flow.slowest_s:.1f} s"
        )
    for item in state.troubles:
        said = item.error.splitlines()[0][:100] if item.error else ""
        lines.append(f"  {item.id} {item.topic} {item.subject or ''}: tried {item.attempts}, {_when(item)}: {said}")
    return "\n".join(lines)


def _when(item: object) -> str:
    failed_at, due_at = getattr(item, "failed_at", None), getattr(item, "due_at", None)
    return f"given up {failed_at:%Y-%m-%d %H:%M}" if failed_at else f"next try {due_at:%Y-%m-%d %H:%M:%S}"


@contextmanager
def _session() -> Iterator[Session]:
    engine = create_engine(DatabaseSettings().url)
    try:
        with Session(engine) as session:
            yield session
    except NotFound as problem:
        raise click.ClickException(problem.detail) from problem
    finally:
        engine.dispose()

"""`auzolan import`: bring in what people said with another tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from app.importing.running import Summary


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--territory", required=True, metavar="SLUG", help="Where it goes; nested territories take their own.")
@click.option("--mapping", required=True, metavar="FILE.yaml", help="How to read it, or the name of one of ours.")
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing but the rejects.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where rows that are refused go.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Read only the first N rows.")
def import_file(
    file: Path, territory: str, mapping: str, dry_run: bool, rejects: Path | None, limit: int | None
) -> None:
    """Import FILE (CSV, plain or gzipped) as if each row had arrived in its own time.

    A row that was imported before is left alone, so the same command may be run again, and completes what was stopped.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError

    from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
    from app.importing.errors import ImportStopped
    from app.importing.mapping import read_mapping
    from app.importing.running import Options, run_import
    from app.settings import DatabaseSettings

    engine = create_engine(DatabaseSettings().url, connect_args={"options": "-c timezone=UTC -c jit=off"})
    progress = Shown()
    try:
        read = read_mapping(mapping)
        with progress:
            options = Options(limit=limit, trial=dry_run, rejects=rejects)
            done = run_import(
                engine, path=file, territory=territory, mapping=read, options=options, report=progress.report
            )
    except ImportStopped as stopped:
        raise click.ClickException(str(stopped)) from None
    except OperationalError as error:
        raise click.ClickException(f"The database does not answer: {str(error.orig).splitlines()[0]}") from None
    except KeyboardInterrupt:
        click.echo("Stopped. What was imported stays; the same command imports the rest.", err=True)
        raise SystemExit(130) from None
    finally:
        engine.dispose()
    for line in words(done, dry_run=dry_run):
        click.echo(line)
    if done.rejected and not done.imported and not done.known:
        raise SystemExit(1)


class Shown:
    """The progress bar: what is being done, how much of it, how fast, how long still. Nothing where nobody looks."""

    LABELS = {"read": "Reading, checking", "import": "Importing"}

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
        from rich.text import Text

        class Amount(ProgressColumn):
            """Rows done of all, and rows a second; megabytes while the file is read."""

            def render(self, task: Task) -> Text:
                speed = task.finished_speed or task.speed or 0
                if task.fields["bytes"]:
                    return Text(f"{task.completed / 1e6:,.1f} of {(task.total or 0) / 1e6:,.1f} MB")
                return Text(f"{task.completed:,.0f} of {task.total or 0:,.0f} rows, {speed:,.0f}/s")

        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:17}"),
            BarColumn(),
            Amount(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Shown:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, what: str, more: int, total: int | None) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(self.LABELS[what], total=total, bytes=what == "read")
        self._progress.advance(self._tasks[what], more)


def words(done: Summary, *, dry_run: bool) -> list[str]:
    """The summary, line by line."""
    imported = "would be imported" if dry_run else "imported"
    lines = [f"{done.read:,} rows read in {done.seconds:,.1f} s ({done.rate:,.0f} a second)."]
    if done.imported:
        share = 100 * done.joined / done.imported
        lines.append(
            f"{done.imported:,} {imported}: {done.opened:,} tickets opened, {done.joined:,} rows joined one that was "
            f"open ({share:.1f} %)."
        )
    else:
        lines.append(f"Nothing new {imported}.")
    if done.known:
        lines.append(f"{done.known:,} were imported before and left alone.")
    if done.left_out:
        lines.append(f"{done.left_out:,} left out, as the mapping says.")
    for rule, why in done.skipped.items():
        lines.append(f"The rule “{rule}” failed and was skipped, the next ones decided: {why}")
    if done.rejected:
        lines.append(f"{done.rejected:,} refused; each with its reason in {done.rejects}.")
    return lines

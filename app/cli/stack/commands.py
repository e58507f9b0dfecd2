"""`auzolan up`, `down`, `status`, `logs`, `reset`, `doctor`: the embedded stack from a terminal."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table as Grid

from app.cli.stack import doctor as diagnosis
from app.cli.stack import lifecycle
from app.cli.stack.adopt import find_town, running_towns
from app.cli.stack.embedded import DEFAULT_PORT
from app.cli.stack.errors import StackError
from app.cli.stack.places import Places
from app.cli.stack.state import StackState
from app.cli.stack.supervisor import last_lines

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data folder. Default: AUZOLAN_DATA, else ~/.local/share/auzolan.",
)


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True, help="0: any free one."
)
@data_option
@click.option("--detach", is_flag=True, help="Return when the town answers; it goes on running.")
@click.option("--supervise", is_flag=True, hidden=True)
def up(port: int, data: Path | None, *, detach: bool, supervise: bool) -> None:
    """Run a town on this machine: database, queue, web, workers. Ctrl-C ends all of it; the data stays."""
    places = Places.at(data)
    if supervise:
        lifecycle.supervise(places, port=port, say=_say, announce=lambda state: None)
    elif detach:
        _announce(lifecycle.start_detached(places, port=port, say=_say))
    else:
        lifecycle.supervise(places, port=port, say=_say, announce=_announce)


def _announce(state: StackState) -> None:
    """The URL, the sample accounts, where the data is, and how to stop."""
    places = Places(Path(state.data))
    click.echo(f"\nAuzolan is running at {state.url}")
    if places.welcome_file.exists():
        click.echo(places.welcome_file.read_text().rstrip())
    click.echo(f"Data:  {state.data}")
    is_default = places == Places.at(None)
    how = "auzolan down" if is_default else f"auzolan down --data {state.data}"
    here = state.pid == lifecycle.own_pid()
    click.echo(f"Stop:  {'Ctrl-C, or ' if here else ''}{_program()} {how.removeprefix('auzolan ')}")


def _program() -> str:
    """How this command was called, so that what is printed can be pasted."""
    return sys.argv[0] if sys.argv[0].endswith("auzolan") else "auzolan"


@click.command()
@data_option
def down(data: Path | None) -> None:
    """Stop the town of a data folder, whatever state it is in. The data stays."""
    stopped = lifecycle.stop(Places.at(data), say=_say)
    if stopped:
        click.echo("Stopped.")
        return
    click.echo("Nothing was running.")
    for town in running_towns():
        click.echo(f"Another town runs at {town.url}: {_program()} down --data {town.data}")


def _town_to_look_at(data: Path | None) -> Places:
    """The folder given, else that of the town that runs: looking harms nothing, so a guess is allowed."""
    town = find_town() if data is None else None
    return Places(Path(town.data)) if town else Places.at(data)


@click.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(data: Path | None, *, as_json: bool) -> None:
    """Show the URL, the data folder and every process. Exit code 3 when nothing runs."""
    places = _town_to_look_at(data)
    state = lifecycle.present_state(places)
    if as_json:
        shown = asdict(state) if state else {"stage": "stopped", "data": str(places.data), "processes": []}
        click.echo(json.dumps(shown, indent=1))
    elif state is None:
        click.echo(f"No town is running with the data folder {places.data}.")
    else:
        _show(state)
    if state is None or not state.is_supervised:
        sys.exit(3)


def _show(state: StackState) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{state.url}  [bold]{state.stage if state.is_supervised else 'not supervised'}[/bold]")
    console.print(f"data      {state.data}\ndatabase  {state.database_url}\nredis     {state.redis_url}", markup=False)
    grid = Grid(box=None, pad_edge=False)
    for title in ("process", "pid", "state", "restarts", "last end"):
        grid.add_column(title)
    for process in state.processes:
        grid.add_row(
            process.name,
            str(process.pid or "-"),
            process.state,
            str(process.restarts),
            process.last_exit or "-",
        )
    console.print(grid)


@click.command()
@data_option
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written.")
@click.option("-n", "--lines", default=20, show_default=True, type=click.IntRange(1))
@click.argument("names", nargs=-1)
def logs(data: Path | None, lines: int, names: tuple[str, ...], *, follow: bool) -> None:
    """Show what the processes wrote; NAMES such as `web relay`, all of them without."""
    folder = _town_to_look_at(data).logs
    files = [path for path in sorted(folder.glob("*.log")) if not names or path.stem in names]
    if not files:
        raise StackError(f"No such log in {folder}.")
    for path in files:
        for line in last_lines(path, lines).splitlines():
            click.echo(f"{path.stem:15} {line}")
    ends = {path: path.stat().st_size for path in files}
    while follow:
        time.sleep(0.5)
        for path, end in ends.items():
            size = path.stat().st_size
            with path.open(errors="replace") as file:
                # A log that became shorter was cut: read it from its beginning.
                file.seek(end if size >= end else 0)
                for line in file:
                    click.echo(f"{path.stem:15} {line.rstrip()}")
                ends[path] = file.tell()


@click.command()
@data_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(data: Path | None, *, yes: bool) -> None:
    """Stop the town and delete everything it holds: contributions, photos, accounts, queues."""
    places = Places.at(data)
    folders = lifecycle.folders_of(places)
    if not folders:
        click.echo(f"Nothing to delete in {places.data}.")
        return
    if not yes:
        click.confirm(f"Delete everything in {', '.join(map(str, folders))}?", abort=True)
    lifecycle.reset(places, say=_say)
    click.echo("Deleted.")


@click.command()
@data_option
def doctor(data: Path | None) -> None:
    """Say what is missing here, and the exact command that mends it. Exit code 1 if anything is."""
    findings = diagnosis.examine(Places.at(data))
    for finding in findings:
        click.echo(f"{'ok     ' if finding.is_well else 'MISSING'} {finding.subject}: {finding.words}")
        if not finding.is_well:
            click.echo(f"        {finding.remedy}")
    if not all(finding.is_well for finding in findings):
        sys.exit(1)

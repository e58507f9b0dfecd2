"""The `auzolan` command. A command's module is imported only when it is asked for, so that `--help` is quick."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, NamedTuple

import click


class Entry(NamedTuple):
    """Where a command lives, the line that `auzolan --help` shows, and whether it works on a running town.

    `town` is "required" (the running town's addresses are found before it starts, or it ends with a sentence),
    "welcome" (found if there is one), or "" for the commands that start and stop it.
    """

    target: str
    line: str
    town: str = ""


COMMANDS: dict[str, Entry] = {
    "up": Entry("app.cli.stack.commands:up", "Run a town on this machine."),
    "down": Entry("app.cli.stack.commands:down", "Stop it; the data stays."),
    "status": Entry("app.cli.stack.commands:status", "Show the URL, the data folder and every process."),
    "logs": Entry("app.cli.stack.commands:logs", "Show what the processes wrote."),
    "reset": Entry("app.cli.stack.commands:reset", "Stop it and delete its data."),
    "doctor": Entry("app.cli.stack.commands:doctor", "Say what is missing, and the command that mends it."),
    "territory": Entry("app.cli.territory:territory", "Add and list territories, offline.", "required"),
    "pack": Entry("app.cli.pack:pack", "Check, load and dump town packs.", "welcome"),
    "process": Entry("app.cli.process:process", "Open and close the votes on ideas.", "required"),
    "import": Entry("app.cli.importing:import_file", "Bring in what people said with another tool.", "required"),
    "demo": Entry("app.cli.demo:demo", "Load the demo town, print its accounts.", "required"),
    "db": Entry("app.cli.db:db", "Look at or change the schema.", "required"),
    "jobs": Entry("app.cli.jobs:jobs", "Queues, lag, failures; try again.", "required"),
    "retention": Entry("app.cli.retention:retention", "Forget what is personal, after closing.", "required"),
    "user": Entry("app.cli.user:user", "Accounts of those who work for the town.", "required"),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Explaining a command needs no town, and its own options are read only later.
        ctx.meta["asks_help"] = any(word in {"-h", "--help"} for word in args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from app.cli.failures import database_failure

            said = database_failure(error)
            if said is None:
                raise
            raise click.ClickException(said) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].target.partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help lines come from the table: asking each command for its own would import them all."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auzolan", prog_name="auzolan")
@click.option("--data", type=click.Path(file_okay=False), help="Data folder of the town (as AUZOLAN_DATA).")
@click.pass_context
def main(ctx: click.Context, data: str | None) -> None:
    """Report, praise and propose on a map; the town groups, routes, answers in public."""
    if data:
        os.environ["AUZOLAN_DATA"] = data
    entry = COMMANDS.get(ctx.invoked_subcommand or "")
    if entry and entry.town and not ctx.meta["asks_help"]:
        from app.cli.stack.adopt import adopt

        adopt(required=entry.town == "required")

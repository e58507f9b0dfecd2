"""The `auzolan` command. A command's module is imported only when it is asked for, so that `--help` is quick."""

from __future__ import annotations

from importlib import import_module

import click

# name: (where the click command lives, the line shown by `auzolan --help`)
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("app.cli.stack.commands:up", "Run a town on this machine."),
    "down": ("app.cli.stack.commands:down", "Stop it; the data stays."),
    "status": ("app.cli.stack.commands:status", "Show the URL, the data folder and every process."),
    "logs": ("app.cli.stack.commands:logs", "Show what the processes wrote."),
    "reset": ("app.cli.stack.commands:reset", "Stop it and delete its data."),
    "doctor": ("app.cli.stack.commands:doctor", "Say what is missing, and the command that mends it."),
    "territory": ("app.cli.territory:territory", "Add and list territories, offline."),
    "pack": ("app.cli.pack:pack", "Check, load and dump town packs."),
    "db": ("app.cli.db:db", "Look at or change the schema."),
    "user": ("app.cli.user:user", "Accounts of those who work for the town."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help lines come from the table: asking each command for its own would import them all."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auzolan", prog_name="auzolan")
def main() -> None:
    """Report, praise and propose on a map; the town groups, routes, answers in public."""

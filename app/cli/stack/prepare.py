"""What happens once before the processes start: the schema goes to its head, an empty database gets a town.

Run as `python -m app.cli.stack.prepare` with the stack's environment; a process of its own, so that the
supervisor stays small. A hook takes no argument, reads `app.settings`, and changes nothing the second time. Where all
was prepared before, one question to the database says so, and nothing of the house is loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

import psycopg

from app.migrate import head

HOOKS: tuple[str, ...] = ("app.cli.db:bring_to_head", "app.cli.demo:settle")


def hook(name: str) -> Callable[[], object]:
    module, _, function = name.partition(":")
    found: Callable[[], object] = getattr(import_module(module), function)
    return found


def is_prepared(url: str) -> bool:
    """Whether the schema is at its head and there is a town."""
    try:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), connect_timeout=5) as link:
            found = link.execute("SELECT version_num, EXISTS (SELECT FROM territory) FROM alembic_version").fetchone()
    except psycopg.Error:
        # No table yet, or worse: the hooks know what to do or say.
        return False
    return found == (head(), True)


def main() -> int:
    if is_prepared(os.environ["AUZOLAN_DATABASE_URL"]):
        return 0
    for name in HOOKS:
        hook(name)()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What happens once before the processes start: the schema goes to its head, an empty database gets a town.

Run as `python -m app.cli.stack.prepare` with the stack's environment; a process of its own, so that the
supervisor stays small. A hook takes no argument, reads `app.settings`, and changes nothing the second time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

HOOKS: tuple[str, ...] = ("app.cli.db:bring_to_head", "app.cli.demo:settle")


def hook(name: str) -> Callable[[], object]:
    module, _, function = name.partition(":")
    found: Callable[[], object] = getattr(import_module(module), function)
    return found


def main() -> int:
    for name in HOOKS:
        hook(name)()
    return 0


if __name__ == "__main__":
    sys.exit(main())

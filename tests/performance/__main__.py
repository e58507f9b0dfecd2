"""`python -m tests.performance [--rows N] [--only PART…] [--keep DIR]`: measure, print a table, write build/bench.json.

Each value stands beside a reference measured in the same run on the same machine, so that the ratio means something
where the milliseconds do not. A part is a module of this folder with `measure(ground)`, which yields rows
`{name, value, unit, reference, ratio, bar, ok}`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.performance.ground import CHECKOUT, Ground, ground

Part = Callable[[Ground], Iterable[dict[str, Any]]]


def _of(module: str) -> Part:
    """A part's own module is imported when it is run, so that one may be run where another cannot."""
    return lambda prepared: import_module(f"tests.performance.{module}").measure(prepared)


PARTS: dict[str, Part] = {
    # First what reads the town as it was seeded: the others write thousands of contributions with the same words.
    "search": _of("search"),
    "near": _of("near"),
    "intake": _of("intake"),
    "flow": _of("flow"),
    "growth": _of("growth"),
    "import": _of("importing"),
    "tiles": lambda prepared: import_module("tests.performance.tiles").measure(prepared.town()),
    "photo": lambda prepared: import_module("tests.performance.photo").measure(prepared.folder),
}
RESULT = CHECKOUT / "build" / "bench.json"


def main() -> None:
    """Run the parts in order; the exit code says whether every bar was held."""
    parser = argparse.ArgumentParser(description="Measure against references of the same run.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="contributions of the large town")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=tuple(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--keep", type=Path, help="a folder in which the seeded towns stay for the next run")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with ground(rows=arguments.rows, keep=arguments.keep) as prepared:
        for name in arguments.only:
            print(f"{name} …", flush=True)
            prepared.rest()
            for one in PARTS[name](prepared):
                rows.append(one)
                print(f"  {one['name']}: {one['value']} {one['unit']}", flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=2) + "\n")
    _show(rows)
    sys.exit(0 if all(one["ok"] for one in rows) else 1)


def _show(rows: Iterable[dict[str, Any]]) -> None:
    table = Table("what", "value", "reference", "ratio", "bar", "")
    for one in rows:
        reference = "" if one["reference"] is None else f"{one['reference']:,.2f}"
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
        held = "[green]held[/]" if one["ok"] else "[red]missed[/]"
        table.add_row(one["name"], f"{one['value']:,.2f} {one['unit']}", reference, ratio, str(one["bar"]), held)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()

"""Before the tests: PostgreSQL with PostGIS and Chromium are on this machine, or are brought to it."""

from __future__ import annotations

import sys

from app.cli.stack.errors import StackError
from app.cli.stack.provision import ensure_programs
from tests.support import chromium


def main() -> int:
    try:
        database = ensure_programs(print)
        browser = chromium.ensure(print)
    except StackError as problem:
        print(problem.message, file=sys.stderr)
        return 1
    print(f"PostgreSQL {database.major} in {database.folder}; {browser.program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

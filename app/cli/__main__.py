"""`python -m app.cli` is the `auzolan` command, for processes that must not depend on a script's path."""

from app.cli import main

main(prog_name="auzolan")

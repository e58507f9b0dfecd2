"""Which kind of zone people name first when they say where something is: their quarter, before a park or a school."""

from __future__ import annotations

KINDS = ("quarter", "quartier", "district", "arrondissement")


def quarters_first(column: str) -> str:
    """A term of ORDER BY over a column that holds a zone's kind; other kinds come after, in any order."""
    return f"array_position(ARRAY{list(KINDS)}, {column})"

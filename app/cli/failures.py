"""What a command says when the database cannot be read, whichever command it is."""

from __future__ import annotations

from psycopg import errors
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, ProgrammingError


def database_failure(error: Exception) -> str | None:
    """A sentence with the way out, or None when it is not the database that fails."""
    if isinstance(error, OperationalError):
        reason = str(error.orig).splitlines()[0]
        return (
            f"The database does not answer ({reason}). Start the town with `auzolan up`, or set AUZOLAN_DATABASE_URL."
        )
    if isinstance(error, ProgrammingError) and isinstance(error.orig, errors.UndefinedColumn | errors.UndefinedTable):
        return "The database is not at this version's migrations: `auzolan db upgrade`, or `auzolan up` again."
    if isinstance(error, NoSuchModuleError) or (isinstance(error, ArgumentError) and "URL" in str(error)):
        return "AUZOLAN_DATABASE_URL is not an address such as postgresql+psycopg://user@host/name."
    return None

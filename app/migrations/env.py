"""Alembic's entry: one connection, given by the caller (`app.migrate`)."""

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers

from app.features.tables import metadata


def _own(obj: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Leave out PostGIS's own tables, then whatever GeoAlchemy2 knows to leave out."""
    if kind == "table" and name in {"spatial_ref_sys"}:
        return False
    return bool(alembic_helpers.include_object(obj, name, kind, reflected, compared))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=_own,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

"""the rows that look for addresses are taken many in a job

Revision: 0020
After: 0019
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("'intake', 'hotspots', 'contribution.address'")


def downgrade() -> None:
    _index("'intake', 'hotspots'")


def _index(drained: str) -> None:
    op.drop_index("ix_outbox_rows", table_name="outbox")
    op.create_index(
        "ix_outbox_rows",
        "outbox",
        ["enqueued_at", "due_at"],
        postgresql_where=sa.text(f"failed_at IS NULL AND topic NOT IN ({drained})"),
    )

"""what most people carry, in order

Revision: 0019
After: 0018
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_contribution_carried",
        "contribution",
        ["territory_id", sa.text("supports DESC"), sa.text("created_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("visibility = 'public' AND supports > 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_contribution_carried", table_name="contribution")

"""when the town last acted on a contribution, in order

Revision: 0021
After: 0020
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contribution", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.execute(
        """
        UPDATE contribution SET changed_at = acted.at
          FROM (SELECT ticket_id, max(at) AS at FROM event
                 WHERE public AND account_id IS NOT NULL AND ticket_id IS NOT NULL GROUP BY 1) AS acted
         WHERE contribution.ticket_id = acted.ticket_id AND acted.at >= contribution.created_at
        """
    )
    op.create_index(
        "ix_contribution_changed",
        "contribution",
        ["territory_id", sa.text("changed_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("visibility = 'public' AND changed_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_contribution_changed", table_name="contribution")
    op.drop_column("contribution", "changed_at")

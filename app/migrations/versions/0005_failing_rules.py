"""a rule that fails says so in words, and when it last did

Revision: 0005
After: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("routing_rule", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column(
        "routing_rule",
        "flag",
        type_=postgresql.JSONB(),
        existing_type=sa.Text(),
        existing_nullable=True,
        postgresql_using="jsonb_build_object('id', flag)",
    )
    op.execute("UPDATE routing_rule SET flag = NULL WHERE flagged_at IS NULL")


def downgrade() -> None:
    op.alter_column(
        "routing_rule",
        "flag",
        type_=sa.Text(),
        existing_type=postgresql.JSONB(),
        existing_nullable=True,
        postgresql_using="flag->>'id'",
    )
    op.drop_column("routing_rule", "failed_at")

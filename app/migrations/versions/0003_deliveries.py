"""what left the house, by a unique key

Revision: 0003
After: 0002
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), server_default="mail", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("result", sa.Text(), server_default="sent", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_delivery")),
    )


def downgrade() -> None:
    op.drop_table("delivery")

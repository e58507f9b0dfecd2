"""duplicates are indexed where there are some; originals are found by their name

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None

DUPLICATES = sa.text("duplicate_of_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(op.f("ix_ticket_duplicate_of_id"), table_name="ticket")
    op.create_index("ix_ticket_duplicate", "ticket", ["duplicate_of_id"], postgresql_where=DUPLICATES)
    op.create_index(op.f("ix_photo_original_key"), "photo", ["original_key"])


def downgrade() -> None:
    op.drop_index(op.f("ix_photo_original_key"), table_name="photo")
    op.drop_index("ix_ticket_duplicate", table_name="ticket", postgresql_where=DUPLICATES)
    op.create_index(op.f("ix_ticket_duplicate_of_id"), "ticket", ["duplicate_of_id"])

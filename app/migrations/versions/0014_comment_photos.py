"""a photo belongs to a contribution or to a comment

Revision: 0014
After: 0013
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("photo", sa.Column("comment_id", sa.BigInteger(), nullable=True))
    op.alter_column("photo", "contribution_id", nullable=True)
    op.create_foreign_key(
        op.f("fk_photo_comment_id_comment"), "photo", "comment", ["comment_id"], ["id"], ondelete="CASCADE"
    )
    op.create_check_constraint(op.f("ck_photo_one_owner"), "photo", "num_nonnulls(contribution_id, comment_id) = 1")
    op.create_index("ix_photo_comment_id", "photo", ["comment_id"], postgresql_where=sa.text("comment_id IS NOT NULL"))


def downgrade() -> None:
    op.execute("DELETE FROM photo WHERE contribution_id IS NULL")
    op.drop_index("ix_photo_comment_id", table_name="photo")
    op.drop_constraint(op.f("ck_photo_one_owner"), "photo", type_="check")
    op.drop_constraint(op.f("fk_photo_comment_id_comment"), "photo", type_="foreignkey")
    op.alter_column("photo", "contribution_id", nullable=False)
    op.drop_column("photo", "comment_id")

"""the pictures of shared links; a process is followed

Revision: 0013
After: 0012
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

ONE_OF = "num_nonnulls(contribution_id, category_id, zone_id, place{more}) = 1"


def upgrade() -> None:
    op.create_table(
        "share_picture",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_share_picture")),
    )
    op.add_column("follow", sa.Column("process_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_follow_process_id_process"), "follow", "process", ["process_id"], ["id"], ondelete="CASCADE"
    )
    op.drop_constraint(op.f("ck_follow_one_subject"), "follow", type_="check")
    op.create_check_constraint(op.f("ck_follow_one_subject"), "follow", ONE_OF.format(more=", process_id"))


def downgrade() -> None:
    # What an older release cannot hold goes.
    op.execute("DELETE FROM follow WHERE process_id IS NOT NULL")
    op.drop_constraint(op.f("ck_follow_one_subject"), "follow", type_="check")
    op.drop_column("follow", "process_id")
    op.create_check_constraint(op.f("ck_follow_one_subject"), "follow", ONE_OF.format(more=""))
    op.drop_table("share_picture")

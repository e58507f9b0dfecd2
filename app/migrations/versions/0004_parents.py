"""a parent gathers several tickets of work

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("parent_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_ticket_parent_id_ticket"), "ticket", "ticket", ["parent_id"], ["id"])
    op.create_check_constraint(op.f("ck_ticket_not_its_own_parent"), "ticket", "parent_id <> id")
    op.create_index("ix_ticket_parent", "ticket", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_ticket_parent", table_name="ticket", postgresql_where=sa.text("parent_id IS NOT NULL"))
    op.drop_constraint(op.f("ck_ticket_not_its_own_parent"), "ticket", type_="check")
    op.drop_constraint(op.f("fk_ticket_parent_id_ticket"), "ticket", type_="foreignkey")
    op.drop_column("ticket", "parent_id")

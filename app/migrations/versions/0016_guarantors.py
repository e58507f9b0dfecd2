"""an account may be a guarantor's

Revision: 0016
After: 0015
"""

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None

BEFORE = "role IN ('agent', 'dispatcher', 'manager', 'planner', 'administrator')"
AFTER = "role IN ('agent', 'dispatcher', 'manager', 'planner', 'administrator', 'guarantor')"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_account_role_known"), "account", type_="check")
    op.create_check_constraint(op.f("ck_account_role_known"), "account", AFTER)


def downgrade() -> None:
    # Who only read then may enter nowhere: no other role gives as little.
    op.execute("UPDATE account SET role = 'agent', disabled_at = coalesce(disabled_at, now()) WHERE role = 'guarantor'")
    op.drop_constraint(op.f("ck_account_role_known"), "account", type_="check")
    op.create_check_constraint(op.f("ck_account_role_known"), "account", BEFORE)

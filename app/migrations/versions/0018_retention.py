"""what was forgotten after closing; history lets an author's words be emptied

Revision: 0018
After: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None

REFUSES = "RAISE EXCEPTION 'an event is never changed nor deleted' USING ERRCODE = 'restrict_violation';"
FORGETS = """
  IF TG_OP = 'UPDATE' AND OLD.type IN ('added', 'corrected', 'amended') AND NEW.body IS NULL AND NEW.data = '{}'
     AND (NEW.id, NEW.ticket_id, NEW.contribution_id, NEW.type, NEW.account_id, NEW.at, NEW.state_from, NEW.state_to,
          NEW.public) IS NOT DISTINCT FROM
         (OLD.id, OLD.ticket_id, OLD.contribution_id, OLD.type, OLD.account_id, OLD.at, OLD.state_from, OLD.state_to,
          OLD.public) THEN
    RETURN NEW;
  END IF;
"""


def _function(body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;"


def upgrade() -> None:
    op.create_table(
        "retention_ledger",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contribution_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("removed", JSONB(), nullable=False),
        sa.CheckConstraint("text IN ('keep', 'flag', 'clear')", name=op.f("ck_retention_ledger_text_known")),
        sa.CheckConstraint("photos IN ('keep', 'delete')", name=op.f("ck_retention_ledger_photos_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_ledger")),
        sa.UniqueConstraint(
            "contribution_id",
            "closed_at",
            "text",
            "photos",
            name=op.f("uq_retention_ledger_contribution_id_closed_at_text_photos"),
        ),
    )
    op.execute(_function(FORGETS + REFUSES))


def downgrade() -> None:
    op.execute(_function(REFUSES))
    op.drop_table("retention_ledger")

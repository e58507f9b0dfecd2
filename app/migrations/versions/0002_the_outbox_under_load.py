"""the outbox under load: it wakes the relay only when the relay sleeps, and finds its rows at once

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

# A transaction that notifies commits alone: PostgreSQL orders them all behind one lock, held until the disk answers,
# and eight writers become slower than one. So while the relay is awake (it holds this advisory lock, and looks at the
# outbox by itself), nobody notifies. `app.core.outbox.AWAKE` is the number.
_QUIETER = """
DROP TRIGGER outbox_speaks ON outbox;
CREATE TRIGGER outbox_speaks AFTER INSERT ON outbox FOR EACH STATEMENT
  WHEN (pg_try_advisory_xact_lock_shared(1635088995)) EXECUTE FUNCTION outbox_speak();
"""

# Rows live for milliseconds: clean behind them often, and cheaply.
_STORAGE = """
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000,
                        autovacuum_analyze_scale_factor = 0.0, autovacuum_analyze_threshold = 20000,
                        autovacuum_vacuum_cost_delay = 0);
"""


def upgrade() -> None:
    op.execute(_QUIETER)
    op.execute(_STORAGE)
    op.create_index(
        "ix_outbox_rows",
        "outbox",
        ["enqueued_at", "due_at"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NULL AND topic NOT IN ('intake', 'hotspots')"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_rows", table_name="outbox")
    op.execute(
        """
        ALTER TABLE outbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
          autovacuum_analyze_scale_factor, autovacuum_analyze_threshold, autovacuum_vacuum_cost_delay);
        DROP TRIGGER outbox_speaks ON outbox;
        CREATE TRIGGER outbox_speaks AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_speak();
        """
    )

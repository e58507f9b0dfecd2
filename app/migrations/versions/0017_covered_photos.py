"""a moderator covers parts of a photo, and lifts a blur that was wrong

Revision: 0017
After: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("photo", sa.Column("covered", JSONB(), server_default="[]", nullable=False))
    op.add_column("photo", sa.Column("faces_left", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    # What was covered must not be shown by whoever makes the pictures again without knowing it.
    op.execute("UPDATE photo SET hidden = true WHERE covered <> '[]'")
    op.drop_column("photo", "faces_left")
    op.drop_column("photo", "covered")

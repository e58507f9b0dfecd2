"""where a photo was taken is proposed to its author, and kept by nobody

Revision: 0022
After: 0021
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("photo", "exif_lon")
    op.drop_column("photo", "exif_lat")


def downgrade() -> None:
    op.add_column("photo", sa.Column("exif_lon", sa.Double))
    op.add_column("photo", sa.Column("exif_lat", sa.Double))

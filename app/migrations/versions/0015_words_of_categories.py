"""categories carry the words with which people speak of them

Revision: 0015
After: 0014
"""

import json
from importlib import resources

import sqlalchemy as sa
import yaml
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None

FILLED = sa.text("UPDATE category SET words = CAST(:words AS jsonb) WHERE slug = :slug")


def upgrade() -> None:
    op.add_column("category", sa.Column("words", postgresql.JSONB(), server_default="{}", nullable=False))
    # Until now the words of the default pack were known for every category with such a name: no town loses them.
    pack = resources.files("app.features.territories.packs") / "default/categories.yaml"
    for category in yaml.safe_load(pack.read_text("utf-8")):
        if category.get("words"):
            op.execute(FILLED.bindparams(slug=category["slug"], words=json.dumps(category["words"])))


def downgrade() -> None:
    op.drop_column("category", "words")

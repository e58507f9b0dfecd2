"""the block list, what is held, what a moderator edits, pictures that were, proofs of work that were used

Revision: 0012
After: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None

DECIDED = "type IN ('hidden', 'restored', 'published', 'kept')"
DECIDED_OR_EDITED = "type IN ('hidden', 'restored', 'published', 'kept', 'edited', 'photo_hidden', 'photo_restored')"


def _at(name: str = "at") -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _points(table: str, column: str, target: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "block_entry",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        _at(),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('email', 'domain', 'phone')", name=op.f("ck_block_entry_kind_known")),
        _points("block_entry", "territory_id", "territory"),
        _points("block_entry", "account_id", "account", "SET NULL"),
        _points("block_entry", "ended_by", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_entry")),
    )
    op.create_index(
        "uq_block_entry_value",
        "block_entry",
        ["territory_id", "kind", "value"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "contribution_hold",
        sa.Column("contribution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        _at(),
        sa.CheckConstraint("why IN ('blocked', 'unproved')", name=op.f("ck_contribution_hold_why_known")),
        _points("contribution_hold", "contribution_id", "contribution"),
        _points("contribution_hold", "entry_id", "block_entry", "SET NULL"),
        sa.PrimaryKeyConstraint("contribution_id", name=op.f("pk_contribution_hold")),
    )
    op.create_table(
        "former_picture",
        sa.Column("public_key", sa.Text(), nullable=False),
        _at(),
        sa.PrimaryKeyConstraint("public_key", name=op.f("pk_former_picture")),
    )
    op.create_table(
        "proof_spent",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _at(),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_proof_spent")),
    )
    op.create_table(
        "contribution_version",
        sa.Column("contribution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("photos", JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        _at(),
        _points("contribution_version", "contribution_id", "contribution"),
        _points("contribution_version", "account_id", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("contribution_id", "number", name=op.f("pk_contribution_version")),
    )
    _log_of(DECIDED_OR_EDITED)


def downgrade() -> None:
    _log_of(DECIDED)
    for table in ("contribution_version", "proof_spent", "former_picture", "contribution_hold", "block_entry"):
        op.drop_table(table)


def _log_of(which: str) -> None:
    op.drop_index("ix_event_moderation", table_name="event")
    op.create_index("ix_event_moderation", "event", ["id"], postgresql_where=sa.text(which))

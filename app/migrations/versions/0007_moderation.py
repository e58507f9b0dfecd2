"""reports of abuse and their cases; what waits or is hidden, and decisions, are found by an index

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None

ENDS = "ended IN ('hidden', 'restored', 'published', 'kept')"
REASONS = "reason IN ('personal_data', 'insult', 'off_topic', 'dangerous', 'other', 'author_answer')"


def upgrade() -> None:
    op.create_table(
        "abuse_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contribution_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.CheckConstraint(ENDS, name=op.f("ck_abuse_case_ended_known")),
        sa.CheckConstraint("(ended IS NULL) = (closed_at IS NULL)", name=op.f("ck_abuse_case_closed_says_how")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_abuse_case_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abuse_case")),
    )
    op.create_index(
        "uq_abuse_case_open",
        "abuse_case",
        ["contribution_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "abuse_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("contribution_id", sa.BigInteger(), nullable=False),
        sa.Column("reporter", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(REASONS, name=op.f("ck_abuse_report_reason_known")),
        sa.CheckConstraint("char_length(words) <= 2000", name=op.f("ck_abuse_report_words_length")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["abuse_case.id"], name=op.f("fk_abuse_report_case_id_abuse_case"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_abuse_report_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abuse_report")),
        sa.UniqueConstraint("contribution_id", "reporter", name=op.f("uq_abuse_report_contribution_id_reporter")),
    )
    op.create_index(op.f("ix_abuse_report_case_id"), "abuse_report", ["case_id"])
    op.create_index(
        "ix_contribution_moderated",
        "contribution",
        ["visibility", "created_at"],
        postgresql_where=sa.text("visibility IN ('pending', 'hidden')"),
    )
    op.create_index(
        "ix_event_moderation",
        "event",
        ["id"],
        postgresql_where=sa.text("type IN ('hidden', 'restored', 'published', 'kept')"),
    )


def downgrade() -> None:
    op.drop_index("ix_event_moderation", table_name="event")
    op.drop_index("ix_contribution_moderated", table_name="contribution")
    op.drop_table("abuse_report")
    op.drop_table("abuse_case")

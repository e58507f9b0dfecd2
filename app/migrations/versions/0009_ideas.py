"""ideas are carried: processes, votes on a scale, comments, versions, ideas united

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
NAMES = '{"fr": "Boîte à idées", "en": "Ideas", "eu": "Ideien kutxa"}'

# The process of an idea is that of the moment when it is said. What is imported had its say elsewhere: it joins the
# standing process. While a process hides its counts, the row that everybody reads holds none.
JOIN = """
CREATE FUNCTION idea_joins_its_process() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE hides boolean;
BEGIN
  SELECT p.id, p.hide_counts AND (p.closes_at IS NULL OR p.closes_at > now()) INTO NEW.process_id, hides
    FROM process p
   WHERE p.territory_id = NEW.territory_id AND p.listed
     AND (p.position IS NULL OR NEW.channel <> 'import')
     AND (p.opens_at IS NULL OR p.opens_at <= now()) AND (p.closes_at IS NULL OR p.closes_at > now())
     AND (cardinality(p.zones) = 0 OR EXISTS (
       SELECT FROM zone z WHERE z.id = ANY(NEW.zone_ids) AND z.kind || '/' || z.slug = ANY(p.zones)))
     AND (cardinality(p.categories) = 0 OR EXISTS (
       WITH RECURSIVE up AS (
         SELECT id, parent_id, slug FROM category WHERE id = NEW.category_id
         UNION SELECT c.id, c.parent_id, c.slug FROM category c JOIN up ON c.id = up.parent_id)
       SELECT FROM up WHERE slug = ANY(p.categories)))
   ORDER BY p.position NULLS LAST, p.id LIMIT 1;
  IF hides THEN NEW.supports := NULL; END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _processes()
    _votes()
    _comments()
    _lives()


def _processes() -> None:
    op.create_table(
        "process",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("label", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("description", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("mode", sa.Text(), server_default="support", nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hide_counts", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("zones", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("state_labels", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("listed", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("mode IN ('support', 'for_against', 'scale')", name=op.f("ck_process_mode_known")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_process_opens_before_it_closes")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_process_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
        sa.UniqueConstraint("territory_id", "slug", name=op.f("uq_process_territory_id_slug")),
    )
    op.execute(f"INSERT INTO process (territory_id, slug, label) SELECT id, 'ideas', '{NAMES}'::jsonb FROM territory")
    op.add_column("contribution", sa.Column("process_id", sa.Integer(), nullable=True))
    op.add_column("contribution", sa.Column("bubble", sa.SmallInteger(), nullable=True))
    op.alter_column("contribution", "supports", nullable=True)
    op.execute(
        "UPDATE contribution c SET process_id = p.id FROM process p "
        "WHERE c.kind = 'proposal' AND p.territory_id = c.territory_id"
    )
    op.create_foreign_key(op.f("fk_contribution_process_id_process"), "contribution", "process", ["process_id"], ["id"])
    op.create_index(
        "ix_contribution_process", "contribution", ["process_id"], postgresql_where=sa.text("process_id IS NOT NULL")
    )
    op.execute(JOIN)
    op.execute(
        "CREATE TRIGGER idea_joins_its_process BEFORE INSERT ON contribution FOR EACH ROW "
        "WHEN (NEW.kind = 'proposal') EXECUTE FUNCTION idea_joins_its_process()"
    )


def _votes() -> None:
    op.add_column("support", sa.Column("value", sa.SmallInteger(), server_default="1", nullable=False))
    op.create_check_constraint(op.f("ck_support_value_on_the_scale"), "support", "value BETWEEN -2 AND 2")
    counts = ("carried", "minus2", "minus1", "zero", "plus1", "plus2")
    op.create_table(
        "tally",
        sa.Column("contribution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in counts),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_tally_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", name=op.f("pk_tally")),
    )
    op.execute(
        "INSERT INTO tally (contribution_id, carried, plus1) "
        "SELECT c.id, greatest(0, c.supports - s.n), s.n FROM contribution c JOIN ("
        "SELECT contribution_id, count(*)::int AS n FROM support GROUP BY 1) AS s ON s.contribution_id = c.id "
        "WHERE c.kind = 'proposal'"
    )


def _comments() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contribution_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("path", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("stance", sa.Text(), server_default="neutral", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="public", nullable=False),
        sa.Column("agrees", sa.Integer(), server_default="0", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("stance IN ('for', 'against', 'neutral')", name=op.f("ck_comment_stance_known")),
        sa.CheckConstraint("state IN ('pending', 'public', 'hidden', 'removed')", name=op.f("ck_comment_state_known")),
        sa.CheckConstraint("char_length(body) <= 2000", name=op.f("ck_comment_body_length")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_comment_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["comment.id"], name=op.f("fk_comment_parent_id_comment"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_comment_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_comment_service_id_service"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.UniqueConstraint("sending", name=op.f("uq_comment_sending")),
    )
    op.create_index("ix_comment_thread", "comment", ["contribution_id", "path"])
    op.create_index(op.f("ix_comment_parent_id"), "comment", ["parent_id"])
    op.create_table(
        "comment_agree",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_comment_agree_comment_id_comment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "person", name=op.f("pk_comment_agree")),
    )
    # A comment may be reported like the contribution it stands under: one open case each.
    op.drop_index("uq_abuse_case_open", "abuse_case")
    op.drop_constraint("uq_abuse_report_contribution_id_reporter", "abuse_report")
    for table in ("abuse_case", "abuse_report"):
        op.add_column(table, sa.Column("comment_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_comment_id_comment"), table, "comment", ["comment_id"], ["id"], ondelete="CASCADE"
        )
    subject: list[str | sa.TextClause] = ["contribution_id", sa.text("coalesce(comment_id, 0)")]
    op.create_index(
        "uq_abuse_case_open", "abuse_case", subject, unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index("uq_abuse_report_reporter", "abuse_report", [*subject, "reporter"], unique=True)


def _lives() -> None:
    op.create_table(
        "idea_version",
        sa.Column("contribution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_idea_version_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", "number", name=op.f("pk_idea_version")),
    )
    op.create_table(
        "idea_union",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("result_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undone_why", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('merge', 'group', 'yield')", name=op.f("ck_idea_union_kind_known")),
        sa.CheckConstraint("(kind = 'group') = (result_id IS NULL)", name=op.f("ck_idea_union_result_unless_group")),
        sa.ForeignKeyConstraint(
            ["result_id"], ["contribution.id"], name=op.f("fk_idea_union_result_id_contribution"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_idea_union_account_id_account")),
        sa.ForeignKeyConstraint(["undone_by"], ["account.id"], name=op.f("fk_idea_union_undone_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idea_union")),
    )
    op.create_index(op.f("ix_idea_union_result_id"), "idea_union", ["result_id"])
    op.create_table(
        "idea_union_part",
        sa.Column("union_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contribution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["union_id"], ["idea_union.id"], name=op.f("fk_idea_union_part_union_id_idea_union"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_idea_union_part_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("union_id", "contribution_id", name=op.f("pk_idea_union_part")),
    )
    op.create_index(op.f("ix_idea_union_part_contribution_id"), "idea_union_part", ["contribution_id"])
    op.create_table(
        "idea_invitation",
        sa.Column("union_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer IN ('yes', 'no')", name=op.f("ck_idea_invitation_answer_known")),
        sa.ForeignKeyConstraint(
            ["union_id"], ["idea_union.id"], name=op.f("fk_idea_invitation_union_id_idea_union"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("union_id", "person", name=op.f("pk_idea_invitation")),
    )


def downgrade() -> None:
    for table in ("idea_invitation", "idea_union_part", "idea_union", "idea_version"):
        op.drop_table(table)
    op.execute("DELETE FROM abuse_case WHERE comment_id IS NOT NULL")
    op.drop_index("uq_abuse_report_reporter", "abuse_report")
    op.drop_index("uq_abuse_case_open", "abuse_case")
    for table in ("abuse_case", "abuse_report"):
        op.drop_column(table, "comment_id")
    op.create_unique_constraint(
        op.f("uq_abuse_report_contribution_id_reporter"), "abuse_report", ["contribution_id", "reporter"]
    )
    op.create_index(
        "uq_abuse_case_open",
        "abuse_case",
        ["contribution_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("comment_agree")
    op.drop_table("comment")
    # Only support is left of a vote: whoever was against, or without opinion, never supported.
    op.execute(
        "UPDATE contribution c SET supports = t.carried + t.plus1 + t.plus2 FROM tally t WHERE t.contribution_id = c.id"
    )
    op.execute("DELETE FROM support WHERE value < 1")
    op.drop_table("tally")
    op.drop_column("support", "value")
    op.execute("DROP TRIGGER idea_joins_its_process ON contribution")
    op.execute("DROP FUNCTION idea_joins_its_process")
    op.execute("UPDATE contribution SET supports = 0 WHERE supports IS NULL")
    op.alter_column("contribution", "supports", nullable=False)
    op.drop_column("contribution", "bubble")
    op.drop_column("contribution", "process_id")
    op.drop_table("process")

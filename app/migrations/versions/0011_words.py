"""contributions are found by their words, in three languages, with or without accents

The column is computed for every contribution: on a million of them this migration takes about a minute.

Revision: 0011
After: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None

LANGUAGES = {"fr": "french", "en": "english", "eu": "basque"}

# The words of a contribution are read in the language it says it is written in.
WORDS = (
    "to_tsvector(CASE language WHEN 'en' THEN 'auzolan_en'::regconfig WHEN 'eu' THEN 'auzolan_eu'::regconfig "
    "ELSE 'auzolan_fr'::regconfig END, "
    "coalesce(title, '') || ' ' || body || ' ' || coalesce(address, ''))"
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for code, language in LANGUAGES.items():
        op.execute(f"CREATE TEXT SEARCH CONFIGURATION auzolan_{code} (COPY = pg_catalog.{language})")
        op.execute(
            f"ALTER TEXT SEARCH CONFIGURATION auzolan_{code} ALTER MAPPING FOR hword, hword_part, word "
            f"WITH unaccent, {language}_stem"
        )
    op.add_column("contribution", sa.Column("words", postgresql.TSVECTOR(), sa.Computed(WORDS, persisted=True)))
    # Enough words are known for the planner to tell the rare ones from the common ones.
    op.execute("ALTER TABLE contribution ALTER COLUMN words SET STATISTICS 400")
    # Whoever writes a contribution only notes its words; they are sorted into the index every few seconds.
    op.create_index(
        "ix_contribution_words",
        "contribution",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "on", "gin_pending_list_limit": 65536},
    )
    op.create_table(
        "search_word",
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("plain", name=op.f("pk_search_word")),
    )
    op.create_index(
        "ix_search_word_alike",
        "search_word",
        ["plain"],
        postgresql_using="gin",
        postgresql_ops={"plain": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_table("search_word")
    op.drop_index("ix_contribution_words", table_name="contribution")
    op.drop_column("contribution", "words")
    for code in LANGUAGES:
        op.execute(f"DROP TEXT SEARCH CONFIGURATION auzolan_{code}")

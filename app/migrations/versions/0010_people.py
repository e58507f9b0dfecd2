"""residents, who wrote what, following more than one thing, what each reader hears

Revision: 0010
After: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
WHEN = sa.DateTime(timezone=True)


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, WHEN, server_default=NOW, nullable=False)


def _key(kind: type, name: str = "id") -> sa.Column[Any]:
    return sa.Column(name, kind(), sa.Identity(always=True), nullable=False)


def _points(table: str, column: str, target: str, *, ondelete: str | None = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    _residents()
    _readers()
    _wider_follow()


def _residents() -> None:
    op.create_table(
        "resident",
        _key(sa.Integer),
        sa.Column("territory_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=True),
        sa.Column("quiet_to", sa.SmallInteger(), nullable=True),
        _now("created_at"),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23", name=op.f("ck_resident_quiet_hours")
        ),
        _points("resident", "territory_id", "territory", ondelete=None),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident")),
        sa.UniqueConstraint("person", name=op.f("uq_resident_person")),
    )
    op.create_index(
        "uq_resident_email",
        "resident",
        [sa.text("coalesce(territory_id, 0)"), sa.text("lower(email)")],
        unique=True,
    )
    op.create_table(
        "sign_in",
        _key(sa.BigInteger),
        sa.Column("territory_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        _now("asked_at"),
        sa.Column("used_at", WHEN, nullable=True),
        _points("sign_in", "territory_id", "territory", ondelete=None),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
    )
    op.create_index("ix_sign_in_email", "sign_in", [sa.text("lower(email)"), "asked_at"])
    op.create_table(
        "resident_session",
        _key(sa.BigInteger),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        _now("created_at"),
        sa.Column("expires_at", WHEN, nullable=False),
        _points("resident_session", "resident_id", "resident"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_resident_session_secret_hash")),
    )
    op.create_index(op.f("ix_resident_session_resident_id"), "resident_session", ["resident_id"])
    op.create_table(
        "passkey",
        _key(sa.BigInteger),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        _now("created_at"),
        sa.Column("used_at", WHEN, nullable=True),
        _points("passkey", "resident_id", "resident"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_resident_id"), "passkey", ["resident_id"])
    op.create_table(
        "ledger",
        _key(sa.BigInteger),
        _now("at"),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("data", JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_table(
        "export",
        _key(sa.Integer),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        _now("asked_at"),
        sa.Column("done_at", WHEN, nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        _points("export", "resident_id", "resident"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_index(op.f("ix_export_resident_id"), "export", ["resident_id"])
    op.create_table(
        "authorship",
        sa.Column("contribution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        _now("at"),
        _points("authorship", "contribution_id", "contribution"),
        sa.PrimaryKeyConstraint("contribution_id", name=op.f("pk_authorship")),
    )
    op.create_index(op.f("ix_authorship_person"), "authorship", ["person"])
    # One's own supports are looked for by the person, and their contacts by the address.
    op.create_index(op.f("ix_support_person"), "support", ["person"])
    op.create_index(
        "ix_contribution_contact_email",
        "contribution_contact",
        [sa.text("lower(email)")],
        postgresql_where=sa.text("email IS NOT NULL"),
    )


def _readers() -> None:
    op.create_table(
        "push_subscription",
        _key(sa.Integer),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index(op.f("ix_push_subscription_person"), "push_subscription", ["person"])
    op.create_table(
        "notification",
        _key(sa.BigInteger),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("contribution_id", sa.BigInteger(), nullable=False),
        sa.Column("follow_id", sa.BigInteger(), nullable=True),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), server_default="now", nullable=False),
        _now("at"),
        _now("due_at"),
        sa.Column("mailed_at", WHEN, nullable=True),
        sa.Column("read_at", WHEN, nullable=True),
        _points("notification", "event_id", "event"),
        _points("notification", "contribution_id", "contribution"),
        _points("notification", "follow_id", "follow"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("event_id", "reader", name=op.f("uq_notification_event_id_reader")),
    )
    op.create_index(op.f("ix_notification_contribution_id"), "notification", ["contribution_id"])
    op.create_index(op.f("ix_notification_follow_id"), "notification", ["follow_id"])
    op.create_index("ix_notification_reader", "notification", ["reader", sa.text("id DESC")])
    op.create_index(
        "ix_notification_digest",
        "notification",
        ["due_at"],
        postgresql_where=sa.text("mailed_at IS NULL AND email IS NOT NULL AND frequency <> 'now'"),
    )


def _wider_follow() -> None:
    op.drop_index("uq_follow_email", "follow")
    op.alter_column("follow", "contribution_id", nullable=True)
    op.alter_column("follow", "email", nullable=True)
    op.add_column("follow", sa.Column("subject", sa.Text(), nullable=True))
    op.add_column("follow", sa.Column("reader", sa.Text(), nullable=True))
    op.execute("UPDATE follow SET subject = 'contribution:' || contribution_id, reader = lower(email)")
    op.alter_column("follow", "subject", nullable=False)
    op.alter_column("follow", "reader", nullable=False)
    op.add_column("follow", sa.Column("category_id", sa.Integer(), nullable=True))
    op.add_column("follow", sa.Column("zone_id", sa.Integer(), nullable=True))
    op.add_column("follow", sa.Column("place", Geometry("POINT", srid=4326, spatial_index=False), nullable=True))
    op.add_column("follow", sa.Column("radius_m", sa.Integer(), nullable=True))
    op.add_column("follow", sa.Column("territory_id", sa.Integer(), nullable=True))
    op.add_column("follow", sa.Column("person", sa.LargeBinary(), nullable=True))
    op.add_column("follow", sa.Column("frequency", sa.Text(), server_default="now", nullable=False))
    op.add_column("follow", sa.Column("quiet_from", sa.SmallInteger(), nullable=True))
    op.add_column("follow", sa.Column("quiet_to", sa.SmallInteger(), nullable=True))
    for column, target in (("category_id", "category"), ("zone_id", "zone"), ("territory_id", "territory")):
        op.create_foreign_key(
            op.f(f"fk_follow_{column}_{target}"), "follow", target, [column], ["id"], ondelete="CASCADE"
        )
    for name, rule in (
        ("one_subject", "num_nonnulls(contribution_id, category_id, zone_id, place) = 1"),
        ("one_reader", "num_nonnulls(email, person) = 1"),
        ("radius_known", "place IS NULL OR (radius_m BETWEEN 50 AND 5000)"),
        ("frequency_known", "frequency IN ('now', 'day', 'week')"),
        ("quiet_hours", "quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23"),
    ):
        op.create_check_constraint(op.f(f"ck_follow_{name}"), "follow", rule)
    op.create_unique_constraint(op.f("uq_follow_subject_reader"), "follow", ["subject", "reader"])
    op.create_index("ix_follow_contribution_id", "follow", ["contribution_id"])
    op.create_index("ix_follow_reader", "follow", ["reader"])
    op.create_index("ix_follow_area", "follow", ["territory_id"], postgresql_where=sa.text("contribution_id IS NULL"))


def downgrade() -> None:
    # What an older release cannot hold goes: other subjects, and readers without an address.
    op.execute("DELETE FROM follow WHERE contribution_id IS NULL OR email IS NULL")
    op.drop_table("notification")
    op.drop_table("push_subscription")
    for name in ("ix_follow_area", "ix_follow_reader", "ix_follow_contribution_id"):
        op.drop_index(name, "follow")
    op.drop_constraint(op.f("uq_follow_subject_reader"), "follow")
    for name in ("one_subject", "one_reader", "radius_known", "frequency_known", "quiet_hours"):
        op.drop_constraint(op.f(f"ck_follow_{name}"), "follow")
    for column in ("subject", "reader", "category_id", "zone_id", "place", "radius_m", "territory_id", "person",
                   "frequency", "quiet_from", "quiet_to"):  # fmt: skip
        op.drop_column("follow", column)
    op.alter_column("follow", "email", nullable=False)
    op.alter_column("follow", "contribution_id", nullable=False)
    op.create_index("uq_follow_email", "follow", ["contribution_id", sa.text("lower(email)")], unique=True)
    op.drop_index("ix_contribution_contact_email", "contribution_contact")
    op.drop_index(op.f("ix_support_person"), "support")
    for table in ("authorship", "export", "ledger", "passkey", "resident_session", "sign_in", "resident"):
        op.drop_table(table)

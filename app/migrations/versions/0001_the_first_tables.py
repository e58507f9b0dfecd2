"""the first tables

Revision: 0001
After: None
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None

# The outbox wakes the relay when the transaction commits; history refuses to be rewritten (emptying a test database with
# TRUNCATE stays possible); each territory has its own sequence of references, which nobody waits for.
_TRIGGERS = """
CREATE FUNCTION outbox_speak() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('auzolan_outbox', '');
  RETURN NULL;
END $$;
CREATE TRIGGER outbox_speaks AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_speak();

CREATE FUNCTION event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an event is never changed nor deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_is_history BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_refuse();

CREATE FUNCTION add_reference_sequence(territory integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE SEQUENCE reference_%s START 1001', territory);
END $$;
CREATE FUNCTION drop_reference_sequences() RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
  FOR name IN SELECT sequencename FROM pg_sequences WHERE sequencename ~ '^reference_[0-9]+$' LOOP
    EXECUTE format('DROP SEQUENCE %I', name);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "idempotency",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "map_cell",
        sa.Column("tile", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.SmallInteger(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("standing", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sum_x", sa.BigInteger(), nullable=False),
        sa.Column("sum_y", sa.BigInteger(), nullable=False),
        sa.Column("sum_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tile", "category_id", "week", "territory_id", "cell", "kind", "standing", name=op.f("pk_map_cell")
        ),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("topic <> ''", name=op.f("ck_outbox_topic_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["topic", "id"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NULL"),
    )
    op.create_geospatial_table(
        "territory",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="commune", nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column(
            "boundary",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("area_m2", sa.Float(), nullable=False),
        sa.Column("srid", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Europe/Paris", nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("languages", sa.ARRAY(sa.Text()), server_default="{fr,en,eu}", nullable=False),
        sa.Column("town_hall", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "config_version",
            sa.BigInteger(),
            server_default=sa.text("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("prefix ~ '^[A-Z]{2,5}$'", name=op.f("ck_territory_prefix_letters")),
        sa.ForeignKeyConstraint(["parent_id"], ["territory.id"], name=op.f("fk_territory_parent_id_territory")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory")),
        sa.UniqueConstraint("code", name=op.f("uq_territory_code")),
        sa.UniqueConstraint("prefix", name=op.f("uq_territory_prefix")),
        sa.UniqueConstraint("slug", name=op.f("uq_territory_slug")),
    )
    op.create_index(op.f("ix_territory_parent_id"), "territory", ["parent_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('agent', 'dispatcher', 'manager', 'planner', 'administrator')",
            name=op.f("ck_account_role_known"),
        ),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=op.f("fk_account_territory_id_territory")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index("uq_account_email", "account", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("postal_address", sa.Text(), nullable=True),
        sa.Column("hours", sa.Text(), nullable=True),
        sa.Column("is_triage", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_service_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("territory_id", "slug", name=op.f("uq_service_territory_id_slug")),
    )
    op.create_index(
        "uq_service_triage", "service", ["territory_id"], unique=True, postgresql_where=sa.text("is_triage")
    )
    op.create_geospatial_table(
        "territory_part",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_territory_part_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_part")),
    )
    op.create_geospatial_index(
        "ix_territory_part_geom",
        "territory_part",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_territory_part_territory_id"), "territory_part", ["territory_id"], unique=False)
    op.create_geospatial_table(
        "zone",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column(
            "boundary",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_zone_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("territory_id", "kind", "slug", name=op.f("uq_zone_territory_id_kind_slug")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("label", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("icon", sa.Text(), server_default="dot", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("group_radius_m", sa.Float(), server_default="30", nullable=False),
        sa.Column("group_window_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("target_delay", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("kind_services", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("contact", sa.Text(), server_default="optional", nullable=False),
        sa.Column("photo", sa.Text(), server_default="optional", nullable=False),
        sa.Column("moderation", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("listed", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("contact IN ('optional', 'required', 'none')", name=op.f("ck_category_contact_known")),
        sa.CheckConstraint("moderation IN ('before', 'after')", name=op.f("ck_category_moderation_known")),
        sa.CheckConstraint("photo IN ('optional', 'required', 'none')", name=op.f("ck_category_photo_known")),
        sa.CheckConstraint("group_radius_m >= 0 AND group_radius_m <= 5000", name=op.f("ck_category_radius_sane")),
        sa.CheckConstraint(
            "group_window_days >= 0 AND group_window_days <= 3660", name=op.f("ck_category_window_sane")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id_category")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_category_service_id_service")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_category_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("territory_id", "slug", name=op.f("uq_category_territory_id_slug")),
    )
    op.create_index(op.f("ix_category_parent_id"), "category", ["parent_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_membership_service_id_service"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "service_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_service_id"), "membership", ["service_id"], unique=False)
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flag", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_routing_rule_service_id_service")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_routing_rule_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rule")),
        sa.UniqueConstraint(
            "territory_id", "position", deferrable=True, name=op.f("uq_routing_rule_territory_id_position")
        ),
        sa.UniqueConstraint("territory_id", "slug", deferrable=True, name=op.f("uq_routing_rule_territory_id_slug")),
    )
    op.create_geospatial_table(
        "zone_part",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_zone_part_zone_id_zone"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_part")),
    )
    op.create_geospatial_index(
        "ix_zone_part_geom", "zone_part", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_zone_part_zone_id"), "zone_part", ["zone_id"], unique=False)
    op.create_geospatial_table(
        "hotspot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "hull",
            Geometry(
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "centre",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("member_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("appeared_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('problem', 'praise', 'proposal')", name=op.f("ck_hotspot_kind_known")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_hotspot_category_id_category"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["successor_id"], ["hotspot.id"], name=op.f("fk_hotspot_successor_id_hotspot")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_hotspot_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspot")),
    )
    op.create_index(
        "ix_hotspot_alive",
        "hotspot",
        ["territory_id", "category_id", "kind"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "hotspot_partition",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("computed_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["category.id"],
            name=op.f("fk_hotspot_partition_category_id_category"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_hotspot_partition_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "category_id", "kind", name=op.f("pk_hotspot_partition")),
    )
    op.create_geospatial_table(
        "ticket",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column(
            "anchor",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("zone_ids", sa.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("contributions", sa.Integer(), server_default="1", nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("duplicate_of_id", sa.BigInteger(), nullable=True),
        sa.Column("routing", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state IN ('done', 'declined', 'duplicate')) = (closed_at IS NOT NULL)",
            name=op.f("ck_ticket_closed_says_when"),
        ),
        sa.CheckConstraint("kind IN ('problem', 'praise', 'proposal')", name=op.f("ck_ticket_kind_known")),
        sa.CheckConstraint(
            "state IN ('new', 'accepted', 'planned', 'in_progress', 'waiting', 'done', 'declined', 'duplicate', 'reopened')",
            name=op.f("ck_ticket_state_known"),
        ),
        sa.CheckConstraint("duplicate_of_id <> id", name=op.f("ck_ticket_not_its_own_duplicate")),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["account.id"], name=op.f("fk_ticket_assignee_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_ticket_category_id_category")),
        sa.ForeignKeyConstraint(["duplicate_of_id"], ["ticket.id"], name=op.f("fk_ticket_duplicate_of_id_ticket")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_ticket_service_id_service")),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=op.f("fk_ticket_territory_id_territory")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("reference", name=op.f("uq_ticket_reference")),
    )
    op.create_index(op.f("ix_ticket_duplicate_of_id"), "ticket", ["duplicate_of_id"], unique=False)
    op.create_index(
        "ix_ticket_open_near",
        "ticket",
        ["category_id", sa.literal_column("(anchor::geography)")],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("closed_at IS NULL AND kind = 'problem'"),
    )
    op.create_index(
        "ix_ticket_queue",
        "ticket",
        ["service_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_ticket_service", "ticket", ["service_id", "state", "id"], unique=False)
    op.create_geospatial_table(
        "contribution",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("h3", sa.BigInteger(), nullable=False),
        sa.Column("zone_ids", sa.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("visibility", sa.Text(), server_default="public", nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("photo_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("supports", sa.Integer(), server_default="0", nullable=False),
        sa.Column("follow_hash", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('web', 'api', 'phone', 'desk', 'paper', 'workshop', 'chat', 'import')",
            name=op.f("ck_contribution_channel_known"),
        ),
        sa.CheckConstraint("kind IN ('problem', 'praise', 'proposal')", name=op.f("ck_contribution_kind_known")),
        sa.CheckConstraint(
            "visibility IN ('pending', 'public', 'hidden', 'withdrawn')",
            name=op.f("ck_contribution_visibility_known"),
        ),
        sa.CheckConstraint("char_length(body) <= 4000", name=op.f("ck_contribution_body_length")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_contribution_category_id_category")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_contribution_territory_id_territory")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_contribution_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("reference", name=op.f("uq_contribution_reference")),
    )
    op.create_index("ix_contribution_category", "contribution", ["category_id", "created_at"], unique=False)
    op.create_geospatial_index(
        "ix_contribution_public",
        "contribution",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("visibility = 'public'"),
        postgresql_ops={},
    )
    op.create_index(
        "ix_contribution_recent",
        "contribution",
        ["territory_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_contribution_ticket", "contribution", ["ticket_id"], unique=False)
    op.create_index(
        "uq_contribution_source",
        "contribution",
        ["source", "source_id"],
        unique=True,
        postgresql_where=sa.text("source IS NOT NULL"),
    )
    op.create_table(
        "hotspot_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("hotspot_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["hotspot_id"],
            ["hotspot.id"],
            name=op.f("fk_hotspot_event_hotspot_id_hotspot"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspot_event")),
    )
    op.create_index(op.f("ix_hotspot_event_hotspot_id"), "hotspot_event", ["hotspot_id"], unique=False)
    op.create_table(
        "contribution_contact",
        sa.Column("contribution_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("silent", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_contribution_contact_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contribution_id", name=op.f("pk_contribution_contact")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("contribution_id", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state_from", sa.Text(), nullable=True),
        sa.Column("state_to", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("public", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "ticket_id IS NOT NULL OR contribution_id IS NOT NULL", name=op.f("ck_event_about_something")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_event_account_id_account")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_event_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_event_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(
        "ix_event_contribution",
        "event",
        ["contribution_id", "id"],
        unique=False,
        postgresql_where=sa.text("contribution_id IS NOT NULL"),
    )
    op.create_index(
        "ix_event_ticket",
        "event",
        ["ticket_id", "id"],
        unique=False,
        postgresql_where=sa.text("ticket_id IS NOT NULL"),
    )
    op.create_table(
        "photo",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contribution_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("original_key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("placeholder", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("hidden", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("exif_lon", sa.Double(), nullable=True),
        sa.Column("exif_lat", sa.Double(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'ready', 'failed')", name=op.f("ck_photo_state_known")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["contribution.id"],
            name=op.f("fk_photo_contribution_id_contribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint(
            "contribution_id", "position", deferrable=True, name=op.f("uq_photo_contribution_id_position")
        ),
        sa.UniqueConstraint("public_key", name=op.f("uq_photo_public_key")),
    )
    op.create_index(op.f("ix_photo_contribution_id"), "photo", ["contribution_id"], unique=False)
    op.execute(_TRIGGERS)


def downgrade() -> None:
    op.execute("DROP TRIGGER outbox_speaks ON outbox; DROP FUNCTION outbox_speak();")
    op.execute("DROP TRIGGER event_is_history ON event; DROP FUNCTION event_refuse();")
    op.execute("SELECT drop_reference_sequences()")
    op.execute("DROP FUNCTION drop_reference_sequences(); DROP FUNCTION add_reference_sequence(integer);")
    op.drop_index(op.f("ix_photo_contribution_id"), table_name="photo")
    op.drop_table("photo")
    op.drop_index("ix_event_ticket", table_name="event", postgresql_where=sa.text("ticket_id IS NOT NULL"))
    op.drop_index("ix_event_contribution", table_name="event", postgresql_where=sa.text("contribution_id IS NOT NULL"))
    op.drop_table("event")
    op.drop_table("contribution_contact")
    op.drop_index(op.f("ix_hotspot_event_hotspot_id"), table_name="hotspot_event")
    op.drop_table("hotspot_event")
    op.drop_index("uq_contribution_source", table_name="contribution", postgresql_where=sa.text("source IS NOT NULL"))
    op.drop_index("ix_contribution_ticket", table_name="contribution")
    op.drop_index("ix_contribution_recent", table_name="contribution")
    op.drop_geospatial_index(
        "ix_contribution_public",
        table_name="contribution",
        postgresql_using="gist",
        postgresql_where=sa.text("visibility = 'public'"),
        column_name="geom",
    )
    op.drop_index("ix_contribution_category", table_name="contribution")
    op.drop_geospatial_table("contribution")
    op.drop_index("ix_ticket_service", table_name="ticket")
    op.drop_index("ix_ticket_queue", table_name="ticket", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index(
        "ix_ticket_open_near",
        table_name="ticket",
        postgresql_using="gist",
        postgresql_where=sa.text("closed_at IS NULL AND kind = 'problem'"),
    )
    op.drop_index(op.f("ix_ticket_duplicate_of_id"), table_name="ticket")
    op.drop_geospatial_table("ticket")
    op.drop_table("hotspot_partition")
    op.drop_index("ix_hotspot_alive", table_name="hotspot", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_geospatial_table("hotspot")
    op.drop_index(op.f("ix_zone_part_zone_id"), table_name="zone_part")
    op.drop_geospatial_index("ix_zone_part_geom", table_name="zone_part", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("zone_part")
    op.drop_table("routing_rule")
    op.drop_index(op.f("ix_membership_service_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_category_parent_id"), table_name="category")
    op.drop_table("category")
    op.drop_index(op.f("ix_api_token_account_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_geospatial_table("zone")
    op.drop_index(op.f("ix_territory_part_territory_id"), table_name="territory_part")
    op.drop_geospatial_index(
        "ix_territory_part_geom", table_name="territory_part", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("territory_part")
    op.drop_index("uq_service_triage", table_name="service", postgresql_where=sa.text("is_triage"))
    op.drop_table("service")
    op.drop_index("uq_account_email", table_name="account")
    op.drop_table("account")
    op.drop_index(op.f("ix_territory_parent_id"), table_name="territory")
    op.drop_geospatial_table("territory")
    op.drop_index("ix_outbox_due", table_name="outbox", postgresql_where=sa.text("failed_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("map_cell")
    op.drop_index(op.f("ix_idempotency_created_at"), table_name="idempotency")
    op.drop_table("idempotency")

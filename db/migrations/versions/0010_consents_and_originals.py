"""Consents of shops, mappings of unknown files' columns, and the originals of what was brought in"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

REFUSED = "consents is a register: its rows are never changed"


def _make_consents():
    op.create_table(
        "consents",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("sharing", whole_number, nullable=False),
        sa.Column("begins_at", whole_number, nullable=False),
        sa.Column("ends_at", whole_number, nullable=True),
        sa.Column("batch_id", whole_number, nullable=True),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint("act IN ('given', 'withdrawn')", name=op.f("ck_consents_act_known")),
        sa.CheckConstraint(
            "said_by IN ('owner', 'representative', 'marketplace')", name=op.f("ck_consents_said_by_known")
        ),
        sa.CheckConstraint("sharing IN (0, 1)", name=op.f("ck_consents_sharing_flag")),
        sa.CheckConstraint("(act = 'given') = (ends_at IS NOT NULL)", name=op.f("ck_consents_given_until")),
        sa.CheckConstraint("ends_at > begins_at", name=op.f("ck_consents_begins_first")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_consents_batch_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_consents_person_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_consents_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_consents_shop_id_id"), "consents", ["shop_id", "id"], unique=False)


def _make_mappings():
    op.create_table(
        "column_mappings",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("saved_at", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_column_mappings_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mappings")),
        sa.UniqueConstraint("name", name=op.f("uq_column_mappings_name")),
        sqlite_strict=True,
    )


def _make_originals():
    op.create_table(
        "originals",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("shop_id", whole_number, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size_bytes", whole_number, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_originals_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_originals_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_originals")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_originals_batch_id"), "originals", ["batch_id"], unique=False)
    op.create_index(op.f("ix_originals_shop_id"), "originals", ["shop_id"], unique=False)
    op.create_table(
        "original_parts",
        sa.Column("original_id", whole_number, nullable=False),
        sa.Column("part", whole_number, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name=op.f("fk_original_parts_original_id")),
        sa.PrimaryKeyConstraint("original_id", "part", name=op.f("pk_original_parts")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _guard_on_sqlite():
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER consents_no_{action.lower()} BEFORE {action} ON consents "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )
    op.execute(
        "CREATE TRIGGER consents_to_chain AFTER INSERT ON consents BEGIN "
        "INSERT INTO chain_pending (subject, row_key) SELECT 'consents', CAST(NEW.id AS TEXT); END"
    )


def _guard_on_postgresql():
    op.execute(
        "CREATE TRIGGER consents_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON consents "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE FUNCTION consents_to_chain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO chain_pending (subject, row_key) SELECT 'consents', CAST(NEW.id AS TEXT); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER consents_to_chain AFTER INSERT ON consents FOR EACH ROW EXECUTE FUNCTION consents_to_chain()"
    )


def upgrade():
    _make_consents()
    _make_mappings()
    _make_originals()
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()

"""Branches and who belongs to them, accounts with a passphrase, approvals of a policy, and interests in shops"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

FIRST_BRANCH = "Head office"
REGISTERS = ("policy_approvals", "interests", "interest_ends")


def _make_append_only(table):
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is a register: its rows are never changed'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _give_new_shops_to_branches():
    """A shop without a branch would be nobody's, so the database itself gives it one."""
    given = (
        "INSERT INTO shop_branches (shop_id, branch_id) VALUES "
        "(NEW.id, coalesce((SELECT branch_id FROM branch_regions WHERE region = NEW.region), 1))"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER shops_to_branch AFTER INSERT ON shops BEGIN {given}; END")
        return
    op.execute(
        "CREATE FUNCTION give_shop_to_branch() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN {given}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER shops_to_branch AFTER INSERT ON shops FOR EACH ROW EXECUTE FUNCTION give_shop_to_branch()"
    )


def _add_reference(table, column, target):
    """In SQL, since alembic adds a reference by a step that SQLite does not have."""
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    parent, key = target.split(".")
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT fk_{table}_{column} REFERENCES {parent} ({key})"
    )


def _make_branches():
    op.create_table(
        "branches",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branches")),
        sa.UniqueConstraint("name", name=op.f("uq_branches_name")),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO branches (name) VALUES ('{FIRST_BRANCH}')")
    op.create_table(
        "branch_regions",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("branch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_branch_regions_branch_id")),
        sa.PrimaryKeyConstraint("region", name=op.f("pk_branch_regions")),
        sqlite_strict=True,
    )
    op.create_table(
        "shop_branches",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("branch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_shop_branches_branch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_branches_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_branches")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_shop_branches_branch_id_shop_id"), "shop_branches", ["branch_id", "shop_id"])
    op.execute("INSERT INTO shop_branches (shop_id, branch_id) SELECT id, 1 FROM shops")
    _give_new_shops_to_branches()


def _make_accounts():
    _add_reference("people", "branch_id", "branches.id")
    op.add_column("people", sa.Column("email", sa.Text(), nullable=True))
    op.add_column("people", sa.Column("password_hash", sa.Text(), nullable=True))
    op.create_index(op.f("ix_people_email"), "people", ["email"], unique=True)
    op.add_column("sign_ins", sa.Column("last_seen_at", whole_number, nullable=True))
    op.create_table(
        "setup_links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("made_at", whole_number, nullable=False),
        sa.Column("expires_at", whole_number, nullable=False),
        sa.Column("used_at", whole_number, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_setup_links_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_setup_links")),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("handle_hash", sa.Text(), nullable=False),
        sa.Column("failed_at", whole_number, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sign_in_failures_handle_hash_failed_at"), "sign_in_failures", ["handle_hash", "failed_at"])


def _make_approvals():
    _add_reference("policy_versions", "person_id", "people.id")
    op.create_table(
        "policy_approvals",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("version", whole_number, nullable=False),
        sa.Column("maker_id", whole_number, nullable=True),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint("person_id <> maker_id", name=op.f("ck_policy_approvals_second_person")),
        sa.ForeignKeyConstraint(["maker_id"], ["people.id"], name=op.f("fk_policy_approvals_maker_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_policy_approvals_person_id")),
        sa.ForeignKeyConstraint(["version"], ["policy_versions.version"], name=op.f("fk_policy_approvals_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_approvals")),
        sqlite_strict=True,
    )
    # Every version so far was in force as soon as it was kept.
    op.execute(
        "INSERT INTO policy_approvals (version, note, recorded_at) "
        "SELECT version, 'In force before approvals were kept.', recorded_at FROM policy_versions ORDER BY version"
    )


def _make_interests():
    op.create_table(
        "interests",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shop_id", whole_number, nullable=True),
        sa.Column("owner_ref", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_by", whole_number, nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint("kind IN ('own', 'referred')", name=op.f("ck_interests_kind_known")),
        sa.CheckConstraint("shop_id IS NOT NULL OR owner_ref IS NOT NULL", name=op.f("ck_interests_subject_named")),
        sa.ForeignKeyConstraint(["noted_by"], ["people.id"], name=op.f("fk_interests_noted_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_interests_person_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_interests_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interests")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_interests_person_id"), "interests", ["person_id"])
    op.create_table(
        "interest_ends",
        sa.Column("interest_id", whole_number, autoincrement=False, nullable=False),
        sa.Column("ended_by", whole_number, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["ended_by"], ["people.id"], name=op.f("fk_interest_ends_ended_by")),
        sa.ForeignKeyConstraint(["interest_id"], ["interests.id"], name=op.f("fk_interest_ends_interest_id")),
        sa.PrimaryKeyConstraint("interest_id", name=op.f("pk_interest_ends")),
        sqlite_strict=True,
    )


def upgrade():
    _make_branches()
    _make_accounts()
    _make_approvals()
    _make_interests()
    for table in REGISTERS:
        _make_append_only(table)

"""The chain over the registers and over rights, and the salts behind which personal data stays outside it"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Each register with the columns of its key, in the order in which rows of an older database are taken up.
REGISTERS = {
    "policy_versions": ("version",),
    "policy_approvals": ("id",),
    "score_cards": ("card_hash",),
    "models": ("model_hash",),
    "model_stages": ("id",),
    "import_batches": ("id",),
    "score_references": ("id",),
    "score_runs": ("id",),
    "shadow_scores": ("score_run_id", "model_hash"),
    "decisions": ("id",),
    "loan_acts": ("id",),
    "loan_act_answers": ("act_id",),
    "month_ends": ("id",),
    "interests": ("id",),
    "interest_ends": ("interest_id",),
    "audit_events": ("sequence",),
}
RIGHTS = {"people": ("id",), "shop_branches": ("shop_id",), "branch_regions": ("region",)}

REFUSED = "chain is a register: its rows are never changed"
OUT_OF_TURN = "chain is a register: each link follows the last one"


def _make_tables():
    op.create_table(
        "chain",
        sa.Column("sequence", whole_number, autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_chain")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_chain_subject_row_key"), "chain", ["subject", "row_key"])
    op.create_table(
        "chain_pending",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_pending")),
        sqlite_strict=True,
    )
    op.create_table(
        "personal_salts",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "row_key", name=op.f("pk_personal_salts")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _guard_on_sqlite():
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER chain_no_{action.lower()} BEFORE {action} ON chain "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )
    op.execute(
        f"CREATE TRIGGER chain_in_turn BEFORE INSERT ON chain BEGIN SELECT RAISE(ABORT, '{OUT_OF_TURN}') "
        "WHERE NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM chain); END"
    )


def _noting(table, key, row):
    found = " || '/' || ".join(f"CAST({row}.{column} AS TEXT)" for column in key)
    return f"INSERT INTO chain_pending (subject, row_key) SELECT '{table}', {found}"


def _note_on_sqlite():
    for table, key in (REGISTERS | RIGHTS).items():
        op.execute(f"CREATE TRIGGER {table}_to_chain AFTER INSERT ON {table} BEGIN {_noting(table, key, 'NEW')}; END")
    for table, key in RIGHTS.items():
        moved = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in key)
        op.execute(
            f"CREATE TRIGGER {table}_change_to_chain AFTER UPDATE ON {table} BEGIN "
            f"{_noting(table, key, 'NEW')}; {_noting(table, key, 'OLD')} WHERE {moved}; END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_end_to_chain AFTER DELETE ON {table} BEGIN {_noting(table, key, 'OLD')}; END"
        )


def _guard_on_postgresql():
    op.execute(
        "CREATE TRIGGER chain_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON chain "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE FUNCTION refuse_out_of_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM chain) THEN "
        f"RAISE EXCEPTION '{OUT_OF_TURN}'; END IF; RETURN NEW; END $$"
    )
    op.execute("CREATE TRIGGER chain_in_turn BEFORE INSERT ON chain FOR EACH ROW EXECUTE FUNCTION refuse_out_of_turn()")


def _note_on_postgresql():
    for table, key in (REGISTERS | RIGHTS).items():
        was, now = _noting(table, key, "OLD"), _noting(table, key, "NEW")
        op.execute(
            f"CREATE FUNCTION {table}_to_chain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP <> 'INSERT' THEN {was}; END IF; "
            f"IF TG_OP <> 'DELETE' THEN {now}; END IF; RETURN NULL; END $$"
        )
        when = "INSERT OR UPDATE OR DELETE" if table in RIGHTS else "INSERT"
        op.execute(
            f"CREATE TRIGGER {table}_to_chain AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_to_chain()"
        )


def upgrade():
    _make_tables()
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
        _note_on_sqlite()
    else:
        _guard_on_postgresql()
        _note_on_postgresql()
    # What stands there already gets its links as soon as the tables are at their newest.
    for table, key in (REGISTERS | RIGHTS).items():
        op.execute(f"{_noting(table, key, table)} FROM {table} ORDER BY {', '.join(key)}")

"""The steps of a loan's life, the answers of second persons, and the figures of month ends as they were reported"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

REGISTERS = ("loan_acts", "loan_act_answers", "month_ends")
KINDS = (
    "accept",
    "check",
    "disburse",
    "pay",
    "reverse",
    "waive",
    "settle",
    "recover",
    "restructure",
    "write_off",
    "unlikely",
    "contact",
    "promise",
    "dispute",
    "hardship",
    "close_case",
)


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


def upgrade():
    op.create_table(
        "loan_acts",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("loan_id", whole_number, nullable=True),
        sa.Column("application_id", whole_number, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("amount_minor", whole_number, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("needs_second", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=True),
        sa.Column("booked_on", sa.Integer(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint(
            "kind IN (" + ", ".join(f"'{kind}'" for kind in KINDS) + ")", name=op.f("ck_loan_acts_kind_known")
        ),
        sa.CheckConstraint("needs_second IN (0, 1)", name=op.f("ck_loan_acts_needs_second_flag")),
        sa.CheckConstraint(
            "loan_id IS NOT NULL OR application_id IS NOT NULL", name=op.f("ck_loan_acts_subject_named")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_loan_acts_amount_minor_sign")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_loan_acts_application_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_loan_acts_batch_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_loan_acts_loan_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_loan_acts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_acts")),
        sa.UniqueConstraint("id", "person_id", name=op.f("uq_loan_acts_id_person_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_loan_acts_request_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_loan_acts_application_id"), "loan_acts", ["application_id"], unique=False)
    op.create_index(op.f("ix_loan_acts_loan_id"), "loan_acts", ["loan_id"], unique=False)
    op.create_table(
        "loan_act_answers",
        sa.Column("act_id", whole_number, autoincrement=False, nullable=False),
        sa.Column("maker_id", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("agreed", whole_number, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("batch_id", whole_number, nullable=True),
        sa.Column("booked_on", sa.Integer(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint("person_id <> maker_id", name=op.f("ck_loan_act_answers_second_person")),
        sa.CheckConstraint("agreed IN (0, 1)", name=op.f("ck_loan_act_answers_agreed_flag")),
        sa.ForeignKeyConstraint(
            ["act_id", "maker_id"],
            ["loan_acts.id", "loan_acts.person_id"],
            name=op.f("fk_loan_act_answers_act_id_maker_id"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_loan_act_answers_batch_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_loan_act_answers_person_id")),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_loan_act_answers")),
        sqlite_strict=True,
    )
    op.create_table(
        "month_ends",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("as_of", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_month_ends_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_ends")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_month_ends_as_of_currency_id"), "month_ends", ["as_of", "currency", "id"], unique=False)
    for table in REGISTERS:
        _make_append_only(table)

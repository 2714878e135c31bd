"""The loan book: loans, what falls due of them, what was paid, and whose money they are"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "funding_shares_history",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("funder_ref", sa.Text(), nullable=False),
        sa.Column("share_ppm", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_funding_shares_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "loan_ref", "funder_ref", "batch_id", name=op.f("pk_funding_shares_history")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "instalments_history",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("sequence", whole_number, nullable=False),
        sa.Column("due_on", sa.Integer(), nullable=False),
        sa.Column("principal_due_minor", whole_number, nullable=False),
        sa.Column("interest_due_minor", whole_number, nullable=False),
        sa.Column("fee_due_minor", whole_number, nullable=False),
        sa.Column("in_force_from", sa.Integer(), nullable=False),
        sa.Column("computed", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_instalments_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("shop_id", "loan_ref", "sequence", "batch_id", name=op.f("pk_instalments_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "loans_history",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("application_ref", sa.Text(), nullable=True),
        sa.Column("principal_minor", whole_number, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("disbursed_on", sa.Integer(), nullable=False),
        sa.Column("repayment_kind", sa.Text(), nullable=False),
        sa.Column("annual_rate_ppm", whole_number, nullable=True),
        sa.Column("rate_kind", sa.Text(), nullable=True),
        sa.Column("day_count", sa.Text(), nullable=True),
        sa.Column("instalments", whole_number, nullable=True),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("first_due_on", sa.Integer(), nullable=True),
        sa.Column("fee_total_minor", whole_number, nullable=True),
        sa.Column("holdback_share_ppm", whole_number, nullable=True),
        sa.Column("minimum_share_ppm", whole_number, nullable=True),
        sa.Column("minimum_days", whole_number, nullable=True),
        sa.Column("final_due_on", sa.Integer(), nullable=True),
        sa.Column("closed_on", sa.Integer(), nullable=True),
        sa.Column("waived_amount_minor", whole_number, nullable=True),
        sa.Column("refinances_loan_ref", sa.Text(), nullable=True),
        sa.Column("written_off_on", sa.Integer(), nullable=True),
        sa.Column("written_off_amount_minor", whole_number, nullable=True),
        sa.Column("restructured_on", sa.Integer(), nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_loans_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", "batch_id", name=op.f("pk_loans_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "repayments_history",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("repayment_ref", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Integer(), nullable=False),
        sa.Column("booked_at", whole_number, nullable=True),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_repayments_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("shop_id", "loan_ref", "repayment_ref", "batch_id", name=op.f("pk_repayments_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "funding_shares",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("funder_ref", sa.Text(), nullable=False),
        sa.Column("share_ppm", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name=op.f("ck_funding_shares_share_ppm_range")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_funding_shares_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_funding_shares_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "loan_ref", "funder_ref", name=op.f("pk_funding_shares")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "instalments",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("sequence", whole_number, nullable=False),
        sa.Column("due_on", sa.Integer(), nullable=False),
        sa.Column("principal_due_minor", whole_number, nullable=False),
        sa.Column("interest_due_minor", whole_number, nullable=False),
        sa.Column("fee_due_minor", whole_number, nullable=False),
        sa.Column("in_force_from", sa.Integer(), nullable=False),
        sa.Column("computed", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("computed IN (0, 1)", name=op.f("ck_instalments_computed_flag")),
        sa.CheckConstraint("fee_due_minor >= 0", name=op.f("ck_instalments_fee_due_minor_sign")),
        sa.CheckConstraint("interest_due_minor >= 0", name=op.f("ck_instalments_interest_due_minor_sign")),
        sa.CheckConstraint("principal_due_minor >= 0", name=op.f("ck_instalments_principal_due_minor_sign")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_instalments_sequence_sign")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_instalments_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_instalments_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "loan_ref", "sequence", name=op.f("pk_instalments")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "loans",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("application_ref", sa.Text(), nullable=True),
        sa.Column("principal_minor", whole_number, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("disbursed_on", sa.Integer(), nullable=False),
        sa.Column("repayment_kind", sa.Text(), nullable=False),
        sa.Column("annual_rate_ppm", whole_number, nullable=True),
        sa.Column("rate_kind", sa.Text(), nullable=True),
        sa.Column("day_count", sa.Text(), nullable=True),
        sa.Column("instalments", whole_number, nullable=True),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("first_due_on", sa.Integer(), nullable=True),
        sa.Column("fee_total_minor", whole_number, nullable=True),
        sa.Column("holdback_share_ppm", whole_number, nullable=True),
        sa.Column("minimum_share_ppm", whole_number, nullable=True),
        sa.Column("minimum_days", whole_number, nullable=True),
        sa.Column("final_due_on", sa.Integer(), nullable=True),
        sa.Column("closed_on", sa.Integer(), nullable=True),
        sa.Column("waived_amount_minor", whole_number, nullable=True),
        sa.Column("refinances_loan_ref", sa.Text(), nullable=True),
        sa.Column("written_off_on", sa.Integer(), nullable=True),
        sa.Column("written_off_amount_minor", whole_number, nullable=True),
        sa.Column("restructured_on", sa.Integer(), nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("day_count IN ('30/360', 'actual/365')", name=op.f("ck_loans_day_count_known")),
        sa.CheckConstraint("rate_kind IN ('declining', 'flat')", name=op.f("ck_loans_rate_kind_known")),
        sa.CheckConstraint(
            "repayment_kind IN ('annuity', 'equal_principal', 'interest_only', 'sales_share')",
            name=op.f("ck_loans_repayment_kind_known"),
        ),
        sa.CheckConstraint("annual_rate_ppm BETWEEN 0 AND 10000000", name=op.f("ck_loans_annual_rate_ppm_range")),
        sa.CheckConstraint("closed_on >= disbursed_on", name=op.f("ck_loans_closed_on_order")),
        sa.CheckConstraint("fee_total_minor >= 0", name=op.f("ck_loans_fee_total_minor_sign")),
        sa.CheckConstraint("holdback_share_ppm BETWEEN 0 AND 1000000", name=op.f("ck_loans_holdback_share_ppm_range")),
        sa.CheckConstraint("instalments BETWEEN 1 AND 600", name=op.f("ck_loans_instalments_range")),
        sa.CheckConstraint("minimum_share_ppm BETWEEN 0 AND 1000000", name=op.f("ck_loans_minimum_share_ppm_range")),
        sa.CheckConstraint("principal_minor > 0", name=op.f("ck_loans_principal_minor_sign")),
        sa.CheckConstraint("restructured_on >= disbursed_on", name=op.f("ck_loans_restructured_on_order")),
        sa.CheckConstraint("waived_amount_minor >= 0", name=op.f("ck_loans_waived_amount_minor_sign")),
        sa.CheckConstraint("written_off_amount_minor >= 0", name=op.f("ck_loans_written_off_amount_minor_sign")),
        sa.CheckConstraint("written_off_on >= disbursed_on", name=op.f("ck_loans_written_off_on_order")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_loans_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_loans_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
        sa.UniqueConstraint("loan_ref", name=op.f("uq_loans_loan_ref")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_loans_disbursed_on"), "loans", ["disbursed_on"], unique=False)
    op.create_index(op.f("ix_loans_shop_id"), "loans", ["shop_id"], unique=False)
    op.create_table(
        "repayments",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("loan_ref", sa.Text(), nullable=False),
        sa.Column("repayment_ref", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Integer(), nullable=False),
        sa.Column("booked_at", whole_number, nullable=True),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_repayments_amount_minor_sign")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_repayments_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_repayments_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "loan_ref", "repayment_ref", name=op.f("pk_repayments")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )

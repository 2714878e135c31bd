"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


# Written once, never changed: a decision, what it was based on, and the note of who did what.
REGISTERS = ("import_batches", "score_cards", "score_runs", "policy_versions", "decisions", "audit_events")


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
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION '% is a register: its rows are never changed', TG_TABLE_NAME; END $$"
        )
    op.create_table(
        "facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
        sqlite_strict=True,
    )
    op.create_table(
        "people",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("enabled", whole_number, nullable=False),
        sa.Column("demo", whole_number, nullable=False),
        sa.CheckConstraint(
            "role IN ('officer', 'manager', 'auditor', 'administrator')", name=op.f("ck_people_role_known")
        ),
        sa.CheckConstraint("enabled IN (0, 1)", name=op.f("ck_people_enabled_flag")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("handle", name=op.f("uq_people_handle")),
        sqlite_strict=True,
    )
    op.create_table(
        "policy_versions",
        sa.Column("version", whole_number, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_versions")),
        sqlite_strict=True,
    )
    op.create_table(
        "score_cards",
        sa.Column("card_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.PrimaryKeyConstraint("card_hash", name=op.f("pk_score_cards")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_events",
        sa.Column("sequence", whole_number, nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", whole_number, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_audit_events_person_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_events")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_audit_events_subject_subject_id"), "audit_events", ["subject", "subject_id"], unique=False)
    op.create_table(
        "import_batches",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_import_batches_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("signed_in_at", whole_number, nullable=False),
        sa.Column("ended_at", whole_number, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_ins")),
        sqlite_strict=True,
    )
    op.create_table(
        "applications_history",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("application_ref", sa.Text(), nullable=False),
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("submitted_at", whole_number, nullable=False),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("term_months", whole_number, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("consented_at", whole_number, nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_applications_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", "batch_id", name=op.f("pk_applications_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "orders_history",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("order_ref", sa.Text(), nullable=False),
        sa.Column("placed_at", whole_number, nullable=False),
        sa.Column("placed_day", sa.Integer(), nullable=False),
        sa.Column("buyer_ref", sa.Text(), nullable=True),
        sa.Column("gross_minor", whole_number, nullable=False),
        sa.Column("refunded_minor", whole_number, nullable=False),
        sa.Column("refunded_at", whole_number, nullable=True),
        sa.Column("refunded_day", sa.Integer(), nullable=True),
        sa.Column("fees_minor", whole_number, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cancelled_at", whole_number, nullable=True),
        sa.Column("settled_at", whole_number, nullable=True),
        sa.Column("promised_by", whole_number, nullable=True),
        sa.Column("delivered_at", whole_number, nullable=True),
        sa.Column("rating_hundredths", whole_number, nullable=True),
        sa.Column("reviewed_at", whole_number, nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_orders_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("shop_id", "order_ref", "batch_id", name=op.f("pk_orders_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purchases_history",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("purchase_ref", sa.Text(), nullable=False),
        sa.Column("purchased_on", sa.Integer(), nullable=False),
        sa.Column("supplier_ref", sa.Text(), nullable=True),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_purchases_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("shop_id", "purchase_ref", "batch_id", name=op.f("pk_purchases_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sales_days_history",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("orders", whole_number, nullable=False),
        sa.Column("cancelled_orders", whole_number, nullable=False),
        sa.Column("gross_minor", whole_number, nullable=False),
        sa.Column("refunded_minor", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_sales_days_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("shop_id", "day", "batch_id", name=op.f("pk_sales_days_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shops",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("shop_ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_ref", sa.Text(), nullable=True),
        sa.Column("owner_kind", sa.Text(), nullable=True),
        sa.Column("marketplace", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("rural", whole_number, nullable=True),
        sa.Column("opened_on", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rating_hundredths", whole_number, nullable=True),
        sa.Column("reviews", whole_number, nullable=True),
        sa.Column("generated", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("owner_kind IN ('individual', 'enterprise')", name=op.f("ck_shops_owner_kind_known")),
        sa.CheckConstraint("generated IN (0, 1)", name=op.f("ck_shops_generated_flag")),
        sa.CheckConstraint("rating_hundredths BETWEEN 100 AND 500", name=op.f("ck_shops_rating_hundredths_range")),
        sa.CheckConstraint("rural IN (0, 1)", name=op.f("ck_shops_rural_flag")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_shops_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("shop_ref", name=op.f("uq_shops_shop_ref")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_shops_owner_ref"), "shops", ["owner_ref"], unique=False)
    op.create_table(
        "shops_history",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("shop_ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_ref", sa.Text(), nullable=True),
        sa.Column("owner_kind", sa.Text(), nullable=True),
        sa.Column("marketplace", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("rural", whole_number, nullable=True),
        sa.Column("opened_on", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rating_hundredths", whole_number, nullable=True),
        sa.Column("reviews", whole_number, nullable=True),
        sa.Column("generated", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_shops_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", "batch_id", name=op.f("pk_shops_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wallet_entries_history",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("entry_ref", sa.Text(), nullable=False),
        sa.Column("booked_at", whole_number, nullable=False),
        sa.Column("booked_day", sa.Integer(), nullable=False),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("balance_minor", whole_number, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("counterparty_ref", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("replaced_batch_id", whole_number, nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_batch_id"], ["import_batches.id"], name=op.f("fk_wallet_entries_history_replaced_batch_id")
        ),
        sa.PrimaryKeyConstraint("shop_id", "entry_ref", "batch_id", name=op.f("pk_wallet_entries_history")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "applications",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("application_ref", sa.Text(), nullable=False),
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("submitted_at", whole_number, nullable=False),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("term_months", whole_number, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("consented_at", whole_number, nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_applications_amount_minor_sign")),
        sa.CheckConstraint("term_months BETWEEN 1 AND 600", name=op.f("ck_applications_term_months_range")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_applications_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_applications_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("application_ref", name=op.f("uq_applications_application_ref")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_applications_shop_id"), "applications", ["shop_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("order_ref", sa.Text(), nullable=False),
        sa.Column("placed_at", whole_number, nullable=False),
        sa.Column("placed_day", sa.Integer(), nullable=False),
        sa.Column("buyer_ref", sa.Text(), nullable=True),
        sa.Column("gross_minor", whole_number, nullable=False),
        sa.Column("refunded_minor", whole_number, nullable=False),
        sa.Column("refunded_at", whole_number, nullable=True),
        sa.Column("refunded_day", sa.Integer(), nullable=True),
        sa.Column("fees_minor", whole_number, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cancelled_at", whole_number, nullable=True),
        sa.Column("settled_at", whole_number, nullable=True),
        sa.Column("promised_by", whole_number, nullable=True),
        sa.Column("delivered_at", whole_number, nullable=True),
        sa.Column("rating_hundredths", whole_number, nullable=True),
        sa.Column("reviewed_at", whole_number, nullable=True),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint(
            "status IN ('completed', 'open', 'cancelled', 'refund')", name=op.f("ck_orders_status_known")
        ),
        sa.CheckConstraint("gross_minor >= 0", name=op.f("ck_orders_gross_minor_sign")),
        sa.CheckConstraint("rating_hundredths BETWEEN 100 AND 500", name=op.f("ck_orders_rating_hundredths_range")),
        sa.CheckConstraint("refunded_minor >= 0", name=op.f("ck_orders_refunded_minor_sign")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_orders_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_orders_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "order_ref", name=op.f("pk_orders")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_orders_cancellations",
        "orders",
        ["shop_id", "cancelled_at"],
        unique=False,
        sqlite_where=sa.text("cancelled_at IS NOT NULL"),
        postgresql_where=sa.text("cancelled_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_orders_shop_id_placed_day"), "orders", ["shop_id", "placed_day"], unique=False)
    op.create_table(
        "purchases",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("purchase_ref", sa.Text(), nullable=False),
        sa.Column("purchased_on", sa.Integer(), nullable=False),
        sa.Column("supplier_ref", sa.Text(), nullable=True),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("status IN ('completed', 'cancelled')", name=op.f("ck_purchases_status_known")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_purchases_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_purchases_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "purchase_ref", name=op.f("pk_purchases")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_purchases_shop_id_purchased_on"), "purchases", ["shop_id", "purchased_on"], unique=False)
    op.create_table(
        "sales_days",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("orders", whole_number, nullable=False),
        sa.Column("cancelled_orders", whole_number, nullable=False),
        sa.Column("gross_minor", whole_number, nullable=False),
        sa.Column("refunded_minor", whole_number, nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("source IN ('orders', 'totals')", name=op.f("ck_sales_days_source_known")),
        sa.CheckConstraint("gross_minor >= 0", name=op.f("ck_sales_days_gross_minor_sign")),
        sa.CheckConstraint("orders >= 0", name=op.f("ck_sales_days_orders_sign")),
        sa.CheckConstraint("refunded_minor >= 0", name=op.f("ck_sales_days_refunded_minor_sign")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_sales_days_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_sales_days_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "day", name=op.f("pk_sales_days")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "score_runs",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("as_of", sa.Integer(), nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.Column("card_hash", sa.Text(), nullable=False),
        sa.Column("features", sa.Text(), nullable=False),
        sa.Column("points", whole_number, nullable=False),
        sa.Column("soundness_points", whole_number, nullable=False),
        sa.Column("reputation_points", whole_number, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("default_probability_ppm", whole_number, nullable=False),
        sa.Column("contributions", sa.Text(), nullable=False),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D', 'E')", name=op.f("ck_score_runs_grade_known")),
        sa.CheckConstraint(
            "default_probability_ppm BETWEEN 0 AND 1000000", name=op.f("ck_score_runs_default_probability_ppm_range")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_score_runs_batch_id")),
        sa.ForeignKeyConstraint(["card_hash"], ["score_cards.card_hash"], name=op.f("fk_score_runs_card_hash")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_score_runs_person_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_score_runs_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_runs")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_score_runs_shop_id_id"), "score_runs", ["shop_id", "id"], unique=False)
    op.create_table(
        "wallet_entries",
        sa.Column("shop_id", whole_number, nullable=False),
        sa.Column("entry_ref", sa.Text(), nullable=False),
        sa.Column("booked_at", whole_number, nullable=False),
        sa.Column("booked_day", sa.Integer(), nullable=False),
        sa.Column("amount_minor", whole_number, nullable=False),
        sa.Column("balance_minor", whole_number, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("counterparty_ref", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("batch_id", whole_number, nullable=False),
        sa.CheckConstraint("account IN ('wallet', 'fund', 'bank')", name=op.f("ck_wallet_entries_account_known")),
        sa.CheckConstraint(
            "kind IN ('sale', 'refund', 'purchase', 'fee', 'transfer', 'fund_in', 'fund_out', 'loan_in', 'loan_repayment', 'other')",
            name=op.f("ck_wallet_entries_kind_known"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_wallet_entries_batch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_wallet_entries_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "entry_ref", name=op.f("pk_wallet_entries")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_wallet_entries_shop_id_booked_at"), "wallet_entries", ["shop_id", "booked_at"], unique=False
    )
    op.create_table(
        "decisions",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("application_id", whole_number, nullable=False),
        sa.Column("round", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("amount_minor", whole_number, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("term_months", whole_number, nullable=True),
        sa.Column("rate_bps", whole_number, nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("score_run_id", whole_number, nullable=True),
        sa.Column("policy_version", whole_number, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("override", whole_number, nullable=False),
        sa.Column("final", whole_number, nullable=False),
        sa.Column("decided_on", sa.Integer(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint(
            "authority IN ('officer', 'second_officer', 'manager')", name=op.f("ck_decisions_authority_known")
        ),
        sa.CheckConstraint(
            "outcome IN ('approve', 'approve_less', 'decline', 'refer')", name=op.f("ck_decisions_outcome_known")
        ),
        sa.CheckConstraint(
            "outcome NOT IN ('approve', 'approve_less') OR (coalesce(amount_minor, 0) > 0 AND coalesce(term_months, 0) > 0 AND coalesce(rate_bps, -1) >= 0 AND score_run_id IS NOT NULL)",
            name=op.f("ck_decisions_approval_complete"),
        ),
        sa.CheckConstraint("final IN (0, 1)", name=op.f("ck_decisions_final_flag")),
        sa.CheckConstraint("override IN (0, 1)", name=op.f("ck_decisions_override_flag")),
        sa.CheckConstraint("round >= 1", name=op.f("ck_decisions_round_sign")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_decisions_application_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_decisions_person_id")),
        sa.ForeignKeyConstraint(
            ["policy_version"], ["policy_versions.version"], name=op.f("fk_decisions_policy_version")
        ),
        sa.ForeignKeyConstraint(["score_run_id"], ["score_runs.id"], name=op.f("fk_decisions_score_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("application_id", "person_id", name=op.f("uq_decisions_application_id_person_id")),
        sa.UniqueConstraint("application_id", "round", name=op.f("uq_decisions_application_id_round")),
        sa.UniqueConstraint("request_key", name=op.f("uq_decisions_request_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_decisions_recorded_at"), "decisions", ["recorded_at"], unique=False)
    op.create_table(
        "holds",
        sa.Column("application_id", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("taken_at", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_holds_application_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_holds_person_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_holds")),
        sqlite_strict=True,
    )
    for table in REGISTERS:
        _make_append_only(table)

"""Models, what scores are measured against, and what was set aside"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

REGISTERS = ("score_references", "models", "model_stages", "shadow_scores")


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
        "score_references",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("card_hash", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Integer(), nullable=False),
        sa.Column("cases", whole_number, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["card_hash"], ["score_cards.card_hash"], name=op.f("fk_score_references_card_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_references")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_score_references_card_hash_id"), "score_references", ["card_hash", "id"], unique=False)
    op.create_table(
        "models",
        sa.Column("model_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("validation", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint("kind IN ('card', 'boosting')", name=op.f("ck_models_kind_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_models_person_id")),
        sa.PrimaryKeyConstraint("model_hash", name=op.f("pk_models")),
        sqlite_strict=True,
    )
    op.create_table(
        "model_stages",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("model_hash", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("person_id", whole_number, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint(
            "stage IN ('draft', 'shadow', 'champion', 'retired')", name=op.f("ck_model_stages_stage_known")
        ),
        sa.ForeignKeyConstraint(["model_hash"], ["models.model_hash"], name=op.f("fk_model_stages_model_hash")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_model_stages_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_stages")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_model_stages_model_hash_id"), "model_stages", ["model_hash", "id"], unique=False)
    op.create_table(
        "shadow_scores",
        sa.Column("score_run_id", whole_number, nullable=False),
        sa.Column("model_hash", sa.Text(), nullable=False),
        sa.Column("default_probability_ppm", whole_number, nullable=False),
        sa.Column("recorded_at", whole_number, nullable=False),
        sa.CheckConstraint(
            "default_probability_ppm BETWEEN 0 AND 1000000", name=op.f("ck_shadow_scores_default_probability_ppm_range")
        ),
        sa.ForeignKeyConstraint(["model_hash"], ["models.model_hash"], name=op.f("fk_shadow_scores_model_hash")),
        sa.ForeignKeyConstraint(["score_run_id"], ["score_runs.id"], name=op.f("fk_shadow_scores_score_run_id")),
        sa.PrimaryKeyConstraint("score_run_id", "model_hash", name=op.f("pk_shadow_scores")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    # Added as they are, since making the table anew would drop its triggers.
    op.add_column("score_runs", sa.Column("method", whole_number, nullable=False, server_default=sa.text("1")))
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE score_runs ADD COLUMN reference_id {kind} "
        "CONSTRAINT fk_score_runs_reference_id REFERENCES score_references (id)"
    )
    op.add_column("score_runs", sa.Column("manipulation", sa.Text(), nullable=True))
    for table in REGISTERS:
        _make_append_only(table)

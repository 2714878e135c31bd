"""Drafts of answers, and views of lists that people keep under a name"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

whole_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "drafts",
        sa.Column("application_id", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("round", whole_number, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_at", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_drafts_application_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_drafts_person_id")),
        sa.PrimaryKeyConstraint("application_id", "person_id", name=op.f("pk_drafts")),
        sqlite_strict=True,
    )
    op.create_table(
        "saved_views",
        sa.Column("id", whole_number, nullable=False),
        sa.Column("person_id", whole_number, nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("saved_at", whole_number, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_views_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("person_id", "page", "name", name=op.f("uq_saved_views_person_id_page_name")),
        sqlite_strict=True,
    )

"""A seal on each sign-in and set-up link"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    for table in ("sign_ins", "setup_links"):
        op.add_column(table, sa.Column("seal", sa.Text(), nullable=True))
        # Nobody can tell who made these: whoever is signed in does so once more, and needs a new link.
        op.execute(f"UPDATE {table} SET seal = ''")

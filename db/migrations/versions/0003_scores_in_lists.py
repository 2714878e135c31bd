"""An index by which long lists are narrowed to grades and sorted by points without reading whole scores"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(
        op.f("ix_score_runs_shop_id_id_points_grade"),
        "score_runs",
        ["shop_id", "id", "points", "grade"],
        unique=False,
    )
    op.drop_index(op.f("ix_score_runs_shop_id_id"), table_name="score_runs")

"""Runs that looked at everything, apart from those that were asked about a part of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of runs before nobody knows; nearly all looked at everything."""
    op.add_column("run", sa.Column("whole", sa.Boolean(), server_default=sa.true(), nullable=False))

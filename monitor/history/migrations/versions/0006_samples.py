"""How many rows rules were asked of, where they were a sample."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was measured before, rules were asked of all rows: NULL."""
    op.add_column("measurement", sa.Column("checked", sa.BigInteger(), nullable=True))
    op.add_column("day", sa.Column("checked", sa.LargeBinary(), nullable=True))

"""Channels beside Slack: one message per place, and what each place knows of an incident."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was told so far was told in Slack, or printed: no other place knows of it."""
    op.add_column("incident", sa.Column("views", sa.Text(), server_default="[]", nullable=False))
    with op.batch_alter_table("delivery") as table:
        table.drop_constraint("uq_delivery_fingerprint", type_="unique")
        table.create_unique_constraint(
            "uq_delivery_fingerprint", ["fingerprint", "episode", "intent", "sequence", "mode", "channel"]
        )

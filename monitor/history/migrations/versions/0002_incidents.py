"""Incidents remember what was said and done about them; messages change, answer, and are taken by one process."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; what is open has been told when it opened."""
    _incidents()
    _messages()
    op.create_table(
        "incident_step",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_incident_step"),
    )
    op.create_index("ix_incident_step_fingerprint", "incident_step", ["fingerprint"], unique=False)
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeat"),
    )


def _incidents() -> None:
    for column in (
        sa.Column("told_at", sa.String(length=32), nullable=True),
        sa.Column("streak", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stepped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("turns", sa.Text(), server_default="[]", nullable=False),
        sa.Column("flapping", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=True),
        sa.Column("fixed_in", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("limits", sa.Text(), server_default="", nullable=False),
        sa.Column("root", sa.Text(), server_default="", nullable=False),
        sa.Column("owed", sa.Text(), server_default="", nullable=False),
        sa.Column("owed_until", sa.String(length=32), nullable=True),
    ):
        op.add_column("incident", column)
    op.execute("UPDATE incident SET told_at = opened_at, streak = 1 WHERE state NOT IN ('known', 'withdrawn')")
    op.execute(
        "UPDATE incident SET root = (SELECT id FROM delivery WHERE delivery.fingerprint = incident.fingerprint "
        "AND delivery.episode = incident.episode AND delivery.intent = 'opened') WHERE EXISTS (SELECT id FROM delivery "
        "WHERE delivery.fingerprint = incident.fingerprint AND delivery.episode = incident.episode "
        "AND delivery.intent = 'opened')"
    )


def _messages() -> None:
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("mode", sa.Text(), server_default="post", nullable=False))
        table.add_column(sa.Column("root", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("broadcast", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("not_before", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("claims", sa.Integer(), server_default="1", nullable=False))
        table.add_column(sa.Column("claimed_by", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("claimed_until", sa.String(length=32), nullable=True))
        table.drop_constraint("uq_delivery_fingerprint", type_="unique")
        table.create_unique_constraint(
            "uq_delivery_fingerprint", ["fingerprint", "episode", "intent", "sequence", "mode"]
        )
    with op.batch_alter_table("delivery") as table:  # from now on a new message has been claimed by nobody
        table.alter_column("claims", existing_type=sa.Integer(), server_default="0", existing_nullable=False)

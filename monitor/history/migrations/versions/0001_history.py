"""The first shape of the history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _measurements()
    _packed_days()
    _tables_and_runs()
    _incidents()


def _measurements() -> None:
    """Hourly rows, and the texts that they name by number."""
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("first_hour", sa.Integer(), nullable=True),
        sa.Column("last_hour", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("table_name", "event", "version", "source", name="uq_series_table_name"),
    )
    op.create_table(
        "rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule"),
        sa.UniqueConstraint("hash", name="uq_rule_hash"),
    )
    op.create_table(
        "shape",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shape"),
        sa.UniqueConstraint("hash", name="uq_shape_hash"),
    )
    op.create_table(
        "measurement",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("invalid", sa.BigInteger(), nullable=False),
        sa.Column("undeclared", sa.BigInteger(), nullable=False),
        sa.Column("shape_id", sa.Integer(), nullable=False),
        sa.Column("present", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "window", "hour", name="pk_measurement"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failure",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "window", "hour", "rule_id", name="pk_failure"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "undeclared",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("window_since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window_until", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "day", "name", "window_since", name="pk_undeclared"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "duplicates",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("window_since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window_until", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "window_since", name="pk_duplicates"),
        sqlite_with_rowid=False,
    )


def _packed_days() -> None:
    """What judging reads."""
    op.create_table(
        "day",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shape_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("invalid", sa.LargeBinary(), nullable=False),
        sa.Column("undeclared", sa.BigInteger(), nullable=False),
        sa.Column("present", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "day", "shape_id", name="pk_day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "day_failure",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("failed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "day", name="pk_day_failure"),
        sqlite_with_rowid=False,
    )


def _tables_and_runs() -> None:
    """Watermarks, columns, plans, runs, the lease."""
    op.create_table(
        "landed_table",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=True),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("newest_window", sa.Integer(), nullable=True),
        sa.Column("reach", sa.Integer(), nullable=True),
        sa.Column("no_time_rows", sa.BigInteger(), nullable=False),
        sa.Column("contract_hash", sa.Text(), nullable=False),
        sa.Column("reread_at", sa.Integer(), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_landed_table"),
    )
    op.create_table(
        "snapshot",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("first_run", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "hash", name="pk_snapshot"),
    )
    op.create_table(
        "plan_revision",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.String(length=32), nullable=False),
        sa.Column("last_seen_at", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_plan_revision"),
    )
    op.create_index("ix_plan_revision_last_seen_at", "plan_revision", ["last_seen_at"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("plan_revision", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("tables", sa.Integer(), nullable=False),
        sa.Column("windows", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("queries", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("unmeasured", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_started_at", "run", ["started_at"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _incidents() -> None:
    """Judgements, incidents, messages."""
    op.create_table(
        "judgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_judgement"),
        sa.UniqueConstraint("key", name="uq_judgement_key"),
    )
    op.create_table(
        "incident",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.Column("resolved_at", sa.String(length=32), nullable=True),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "episode", name="pk_incident"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("blocks", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("slack_channel", sa.Text(), nullable=False),
        sa.Column("slack_ts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("fingerprint", "episode", "intent", "sequence", name="uq_delivery_fingerprint"),
    )
    op.create_index("ix_delivery_sent_at", "delivery", ["sent_at"], unique=False)

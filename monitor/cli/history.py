"""`trackwarden history`: what it holds, what is old enough to go, and tables for people."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.entry import Asked
from monitor.cli.moments import MOMENT, Moment, resolved
from monitor.errors import ReportError

if TYPE_CHECKING:
    import pandas as pd

    from monitor.frames import Frames

DEFAULT_KEEP = 400
NAMES = ("series", "failures", "windows", "runs", "incidents", "messages")
_FORMULA = "=+-@\t\r"


@click.group()
def history() -> None:
    """Look after the history: prune it, export it.

    \b
    Examples:
      trackwarden history prune --keep-days 400
      trackwarden history export exports
    """  # noqa: D301 - click's mark: the lines below it stay lines


@history.command()
@click.option(
    "--keep-days", type=click.IntRange(min=63), default=DEFAULT_KEEP, show_default=True,
    help="How many days stay; judging reads eight weeks.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Delete. Without it nothing changes, and what would go is counted.")
@click.pass_obj
def prune(asked: Asked, *, keep_days: int, yes: bool) -> None:
    """Delete what is old and needed by nobody, and give the room back.

    Hours, packed days, runs, windows and closed incidents with their messages go together. What stays, however old:
    incidents that are not closed, the plan in use, the columns that tables have, messages that wait.

    \b
    Exit codes:
      0   done, or counted
      4   the history failed
      75  a run is under way

    \b
    Examples:
      trackwarden history prune
      trackwarden history prune --keep-days 180 --yes
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.history.store import LEASE
    from monitor.wiring import Workspace

    before = datetime.now(UTC) - timedelta(days=keep_days)
    kept = Workspace.open(asked.workspace).history()
    try:
        if yes:
            size = kept.size()
            with kept.lease("history prune", LEASE):
                gone = kept.prune(before, dry_run=False)
                kept.vacuum()
            freed = f"; {_megabytes(size)} before, {_megabytes(kept.size())} now"
        else:
            gone, freed = kept.prune(before, dry_run=True), ""
    finally:
        kept.close()
    for name, rows in gone.items():
        click.echo(f"{rows:>12,}  {name}")
    total = sum(gone.values())
    verb = "deleted" if yes else "would be deleted: say --yes to delete them"
    click.echo(f"{total:,} rows of before {before:%Y-%m-%d} {verb}{freed}")


@history.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--format", "form", type=click.Choice(("parquet", "csv")), default="parquet", show_default=True)
@click.option("--table", "tables", type=click.Choice(NAMES), multiple=True, help="Only this one; may be repeated.")
@click.option("--since", type=MOMENT, help="Only hours from this one on: of series, failures and windows.")
@click.option("--until", type=MOMENT, help="Only hours before this one, which is left out.")
@click.pass_obj
def export(
    asked: Asked, *, folder: Path, form: str, tables: tuple[str, ...], since: Moment | None, until: Moment | None
) -> None:
    """Write what history knows as files: one table each, in FOLDER.

    A file is written beside its place and then put there, so that a reader never sees half of one. In CSV a text that
    a spreadsheet would take for a formula begins with an apostrophe.

    TIME is ISO 8601 (2026-06-30T18:00, UTC unless it says a zone) or how long ago (24h, 7d); it means the UTC hour that
    it lies in. Runs, incidents and messages are always written whole, and so are rows without any time unless --since
    is given.

    \b
    Exit codes:
      0  written
      4  the history failed, or the folder cannot be written

    \b
    Examples:
      trackwarden history export exports
      trackwarden history export exports --format csv --table series --since 30d
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.frames import Frames
    from monitor.wiring import Workspace

    now = datetime.now(UTC)
    span = (resolved(since, now) if since else None, resolved(until, now) if until else None)
    with Frames(Workspace.open(asked.workspace).history()) as frames:
        for name in tables or NAMES:
            file = folder / f"{name}.{form}"
            rows = _written(frames, name, file, span)
            click.echo(f"{file}: {rows:,} rows")


def _written(frames: "Frames", name: str, file: Path, span: tuple[datetime | None, datetime | None]) -> int:
    """The rows of a table, in its file."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            rows = (_parquet if file.suffix == ".parquet" else _csv)(frames, name, beside, span)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        problem = f"cannot be written: {error.strerror or type(error).__name__}"
        raise ReportError(
            problem, where=str(file), hint="make room, or name a folder that this user may write"
        ) from None
    return rows


def _parquet(frames: "Frames", name: str, file: Path, span: tuple[datetime | None, datetime | None]) -> int:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    rows, writer = 0, None
    try:
        for part in frames.batches(name, *span):
            table = pa.Table.from_pandas(part, preserve_index=False)
            writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
            rows += len(part)
    finally:
        if writer is not None:
            writer.close()
    return rows


def _csv(frames: "Frames", name: str, file: Path, span: tuple[datetime | None, datetime | None]) -> int:
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as written:
        for part in frames.batches(name, *span):
            _harmless(part).to_csv(written, index=False, header=rows == 0, date_format="%Y-%m-%dT%H:%M:%S.%fZ")
            rows += len(part)
    return rows


def _harmless(part: "pd.DataFrame") -> "pd.DataFrame":
    """Texts that no spreadsheet obeys; numbers stay numbers."""
    for name in [column for column, dtype in part.dtypes.items() if dtype == "string"]:
        text = part[name]
        risky = text.str.slice(0, 1).isin(list(_FORMULA))
        part[name] = text.where(~risky, "'" + text)
    return part


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"

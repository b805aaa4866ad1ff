"""`landings[].partition` on engines that have partitions: others are not read, and the same is counted without it.

A run is asked for ten days of rows, three hours apart. The partitions that its second run must not read are spoiled
where they are files; ClickHouse says itself how many parts it reads; BigQuery would refuse a statement that has no
filter by the partition, which the emulator does not, so each statement is looked at here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import sqlglot
from sqlglot import exp

from monitor.catalog import Family, TableRef
from monitor.landing.model import Partition
from monitor.measure.outside import Outside, outside, read_outside, span_of
from monitor.outcome import Options
from monitor.run import explain, run
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.survey import Planned
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Terms
from monitor.wiring import Workspace
from tests.engines.test_whole_job import Nobody, _history, _told
from tests.fakes import jobs
from tests.fakes.shares import ALL
from tests.unit.measure.builders import landed

SCHEMA = "tw_parts"
BEGAN = datetime(2026, 6, 21)  # noqa: DTZ001 - landed timestamps have no zone
FIRST, SECOND = "2026-06-29T10:00:00+00:00", "2026-06-30T10:00:00+00:00"
WANTED = ("2026-06-28", "2026-06-29", "2026-06-30")
"""The days that the second run's hours and a slack of a day lie in."""
CONFIG = """
plan: {{path: tracking_plan}}
profile: {{name: tests, target: own}}
landings:
  - source: android
    layout: json
    table: {table}
    event: {{column: name}}
    properties: {{column: payload}}
    version: [{{column: version}}]
    received: received_at
    id: event_id
    lag: 0h
"""
KEYED = "    partition: {{column: {column}, by: day, slack: {slack}{format}}}\n"
KINDS: Mapping[str, str] = {"date": "date", "text": "text", "number": "integer", "moment": "timestamp"}
"""How a table is partitioned: the kind of the column that says the day."""
ASKED = {
    "duckdb": ("date", "text", "number"),
    "clickhouse": tuple(KINDS),
    "spark": ("date", "text", "number") if ALL else ("date",),
}


@dataclass(frozen=True, slots=True)
class There:
    """The warehouse, its files, and the table of ten days."""

    engine: str
    profile: Profile
    folder: Path

    def write(self, statements: Iterable[str]) -> None:
        with connect(self.profile, Terms(writes=True)) as warehouse:
            warehouse.write(statements)


def rows() -> list[tuple[Any, ...]]:
    """The last but one says no day, as what a loader could not date."""
    found: list[tuple[Any, ...]] = []
    for n in range(80):
        at = BEGAN + timedelta(hours=3 * n)
        name, version, payload, _, _ = jobs._search(n)
        day = None if n == 73 else at
        said = (None,) * 4 if day is None else (f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d}", int(f"{day:%Y%m%d}"), _day(day))
        found.append((f"e-{n - n % 7 // 6}", name, version, payload, at, at + timedelta(days=2), *said))
    return found


def _day(at: datetime) -> datetime:
    return at.replace(hour=0)


@pytest.fixture(scope="module")
def there(engine: str, profile: Profile) -> Iterator[There]:
    if engine not in (*ASKED, "bigquery"):
        pytest.skip(f"{engine} has no partitions, or is asked by test_partitions.py")
    words = adapter(profile.type)
    assert words is not None
    with connect(profile, Terms(writes=True)) as warehouse:
        warehouse.write(words.make(SCHEMA))
        columns = {"event_id": "text", "name": "text", "version": "text", "payload": _document(warehouse)}
        columns |= {"received_at": "timestamp", "late_at": "timestamp"}
        columns |= {f"by_{kind}": native for kind, native in KINDS.items()}
        warehouse.land(TableRef(SCHEMA, "events"), columns, [_landed(engine, row) for row in rows()])
    yield There(engine, profile, profile.file.parent)
    with connect(profile, Terms(writes=True)) as warehouse:
        warehouse.write(words.drop(SCHEMA))


def _landed(engine: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """ClickHouse's partitions are never NULL: such a row stands at the beginning of time, and is none of ours."""
    if engine == "clickhouse" and row[6] is None:
        return (*row[:6], "2026-06-30", "2026-06-30", 20260630, datetime(2026, 6, 30))  # noqa: DTZ001 - as above
    return row


def _document(warehouse: Warehouse) -> str:
    return "json" if "json" in warehouse.kinds else "text"


def partitioned(there: There, kind: str) -> str:
    """Makes a table that is partitioned so; its name."""
    column, name, source = f"by_{kind}", f"days_{kind}", f"{SCHEMA}.events"
    made = {
        "duckdb": lambda: _of_files(there, column, name, source),
        "clickhouse": lambda: [_of_parts(column, name, source)],
        "spark": lambda: [_of_folders(column, name, source)],
    }
    there.write(made[there.engine]())
    return name


def _of_files(there: There, column: str, name: str, source: str) -> list[str]:
    """Parquet files in a folder for each day."""
    native = {"by_date": "DATE", "by_text": "VARCHAR", "by_number": "BIGINT"}[column]
    files = there.folder / name
    read = f"read_parquet('{files}/*/*.parquet', hive_partitioning = true, hive_types = {{'{column}': {native}}})"
    return [
        f"COPY (FROM {source}) TO '{files}' (FORMAT parquet, PARTITION_BY ({column}))",
        f"CREATE VIEW {SCHEMA}.{name} AS FROM {read}",
    ]


def _of_parts(column: str, name: str, source: str) -> str:
    days = f"SELECT * EXCEPT {column}, assumeNotNull({column}) AS {column} FROM {source}"
    return f"CREATE TABLE {SCHEMA}.{name} ENGINE = MergeTree PARTITION BY {column} ORDER BY tuple() AS {days}"


def _of_folders(column: str, name: str, source: str) -> str:
    days = f"SELECT * EXCEPT ({column}), {column} FROM {source}"
    return f"CREATE TABLE {SCHEMA}.{name} USING parquet PARTITIONED BY ({column}) AS {days}"


def workspace(folder: Path, there: There, table: str, kind: str | None) -> Path:
    place = jobs.workspace(folder, there.profile)
    written = {"text": ", format: '%Y-%m-%d'", "number": ", format: '%Y%m%d'"}.get(kind or "", "")
    keyed = "" if kind is None else KEYED.format(column=f"by_{kind}", slack="1d", format=written)
    (place / "trackwarden.yml").write_text(CONFIG.format(table=f"{SCHEMA}.{table}") + keyed)
    return place


def told(place: Path, moment: str) -> Any:
    return _told(run(Workspace.open(place, {}), Options(now=datetime.fromisoformat(moment), sums=True), Nobody()))


def planned(place: Path) -> tuple[str, dict[str, datetime]]:
    """What the second run asks."""
    (step,) = explain(Workspace.open(place, {}), Options(now=datetime.fromisoformat(SECOND)))
    assert isinstance(step, Planned)
    assert step.since is not None
    bounds = {"since": step.since, "until": step.until}
    return step.statements[0], {name: datetime.fromtimestamp(hour * 3600).astimezone() for name, hour in bounds.items()}


def spoil(there: There, table: str, kind: str) -> int:
    """What the files of days that are not wanted hold is no longer Parquet; how many days those are.

    The first day's stays: DuckDB looks there for the columns.
    """
    wanted = {day.replace("-", "") if kind == "number" else day for day in (*WANTED, "__HIVE_DEFAULT_PARTITION__")}
    wanted.add("20260621" if kind == "number" else "2026-06-21")
    spoiled = [
        path
        for path in there.folder.rglob(f"by_{kind}=*/*.parquet")
        if path.parent.parent.name == table and path.parent.name.partition("=")[2] not in wanted
    ]
    for path in spoiled:
        path.write_bytes(b"spoiled")
        path.with_name(f".{path.name}.crc").unlink(missing_ok=True)  # Hadoop's own checksums
    return len({path.parent for path in spoiled})


@pytest.mark.parametrize("kind", KINDS)
def test_days_that_cannot_hold_what_is_due_are_not_read_and_the_same_is_counted(
    there: There, kind: str, tmp_path: Path
) -> None:
    if kind not in ASKED.get(there.engine, ()):
        pytest.skip(f"{there.engine} is not partitioned by such a column")
    table = partitioned(there, kind)
    pruned, plain = (
        workspace(tmp_path / "pruned", there, table, kind),
        workspace(tmp_path / "plain", there, table, None),
    )
    first = [told(place, FIRST) for place in (pruned, plain)]
    expected = told(plain, SECOND)
    sql, moments = planned(pruned)
    only_what_is_wanted_is_read(there, sql, moments)
    spoiled = spoil(there, table, kind)
    assert told(pruned, SECOND) == expected
    assert first[0] == first[1]
    assert _history(pruned) == _history(plain)
    assert sum(one["rows"] for one in expected["versions"]) == 8
    if there.engine != "clickhouse":
        assert spoiled == 6
        again = workspace(tmp_path / "again", there, table, None)
        assert told(again, SECOND)["unmeasured"], "whoever reads every partition finds what is spoiled"


def only_what_is_wanted_is_read(there: There, sql: str, moments: Mapping[str, datetime]) -> None:
    """As the engine plans it; a file of what has no day is read, too."""
    asks = {"duckdb": "EXPLAIN", "clickhouse": "EXPLAIN indexes = 1", "spark": "EXPLAIN FORMATTED"}[there.engine]
    says = {"duckdb": "4/11", "clickhouse": "Parts: 3/10", "spark": "28, ... 3 entries]"}[there.engine]
    with connect(there.profile) as warehouse:
        if there.engine == "spark":
            warehouse.query("SET spark.sql.maxPlanStringLength=1000000")
        plan = "\n".join(str(row[-1]) for row in warehouse.query(f"{asks} {sql}", moments))
    assert says in plan, plan


# ── rows that no run would see ──────────────────────────────────────────────────────────────────────


def test_rows_that_are_far_from_their_partition_are_counted(there: There) -> None:
    """By the day that the table's rows say, as if each were two days late: all of the 16 newest but the dateless."""
    families = {"date": Family.DATE, "text": Family.TEXT, "number": Family.INTEGER, "moment": Family.TIMESTAMP}
    with connect(there.profile) as warehouse:
        table = warehouse.catalog([SCHEMA]).tables[TableRef(SCHEMA, "events")]
        for kind, family in families.items():
            form = "%Y%m%d" if kind == "number" else "%Y-%m-%d"
            partition = Partition(f"by_{kind}", family, "day", timedelta(0), form)
            made = landed(table, ["Searched"], times={"received": v.Column("received_at")})
            asked = replace(made, partition=partition)
            newest = int((BEGAN.replace(tzinfo=UTC) + timedelta(days=9, hours=21)).timestamp() // 3600)
            found = read_outside(warehouse.query(outside(asked, span_of(newest), writer(there.engine)))[0], asked)
            assert found == Outside(16, 0, ""), kind
            late = replace(asked, received=v.Column("late_at"))
            found = read_outside(warehouse.query(outside(late, span_of(newest + 48), writer(there.engine)))[0], late)
            assert found == Outside(16, 16 if there.engine == "clickhouse" else 15, "2d"), kind


# ── BigQuery's require_partition_filter ─────────────────────────────────────────────────────────────


BY = {
    "by_date": "by_date",
    "by_moment": "TIMESTAMP_TRUNC(by_moment, DAY)",
    "by_number": "RANGE_BUCKET(by_number, GENERATE_ARRAY(20260101, 20270101, 1))",
    "_PARTITIONTIME": "_PARTITIONDATE",
}
"""The column that a landing names → how BigQuery's table is partitioned."""


class Watched(Workspace):
    """A workspace that writes down every statement its warehouse is asked."""

    def warehouse(self) -> Warehouse:
        session = super().warehouse()
        sa.event.listen(session.pool, "before_cursor_execute", self._heard)
        return session

    def _heard(self, *words: object) -> None:
        self.__dict__.setdefault("statements", []).append(str(words[2]))


def unfiltered(statements: Iterable[str], table: str, column: str) -> list[str]:
    """What BigQuery would refuse: a SELECT from the table without a condition about the partition's column alone."""
    found = []
    for sql in statements:
        if table not in sql:
            continue
        said = re.sub(r"%\((\w+):STRING\)s", r"@\1", sql).replace("%%", "%")
        for select in sqlglot.parse_one(said, read="bigquery").find_all(exp.Select):
            source = select.args.get("from_") or select.args.get("from")
            if source is not None and isinstance(source.this, exp.Table) and source.this.name == table:
                found += [] if _filters(select, column) else [select.sql("bigquery")]
    return found


def _filters(select: exp.Select, column: str) -> bool:
    where = select.args.get("where")
    for part in where.this.flatten() if where is not None and isinstance(where.this, exp.And) else ():
        columns = {one.name for one in part.find_all(exp.Column)}
        if columns == {column} and part.find(exp.GTE) is not None and part.find(exp.Literal) is not None:
            return True
    return False


@pytest.mark.parametrize("column", BY)
def test_every_statement_has_the_filter_that_bigquery_requires(there: There, column: str, tmp_path: Path) -> None:
    if there.engine != "bigquery":
        pytest.skip("about require_partition_filter")
    table = f"days{column.lower()}"
    clause = f"PARTITION BY {BY[column]} OPTIONS (require_partition_filter = TRUE)"
    there.write([f"CREATE TABLE {SCHEMA}.{table} {clause} AS SELECT * FROM {SCHEMA}.events"])
    place = jobs.workspace(tmp_path / "pruned", there.profile)
    written = ", format: '%Y%m%d'" if column == "by_number" else ""
    slack = "20000d" if column == "_PARTITIONTIME" else "1d"  # the emulator's rows are all of today
    keyed = KEYED.format(column=column, slack=slack, format=written)
    (place / "trackwarden.yml").write_text(CONFIG.format(table=f"{SCHEMA}.{table}") + keyed)
    statements, ends = heard(place)
    asked = [sql for sql in statements if table in sql]
    assert len(asked) >= 7, "two scans, twice what is undeclared and repeated ids, a probe"
    assert not unfiltered(statements, table, column)
    without, expected = heard(workspace(tmp_path / "plain", there, table, None))
    assert unfiltered(without, table, column), "whoever names no partition would be refused"
    assert ends == expected


def heard(place: Path) -> tuple[list[str], list[Any]]:
    """What two runs asked, and what they told."""
    opened = Workspace.open(place, {})
    watched = Watched(opened.settings, opened.env)
    ends = [_told(run(watched, Options(now=datetime.fromisoformat(at), sums=True), Nobody())) for at in (FIRST, SECOND)]
    return watched.__dict__["statements"], ends

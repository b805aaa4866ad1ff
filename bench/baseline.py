"""The baseline: what an engineer would write by hand.

One SELECT per table through raw duckdb, the same grouping and the same counts, fetched; the same rows written with
`sqlite3` in one transaction per table.
"""

import re
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from bench.shape import VERSIONS, Prop, domain, event_name, properties, table_name

_COUNTED = "count(case when {p} then 1 end)"
_HOUR = "epoch_us(received_at) // 3600000000"


def typed(folder: Path, tables: int, rows: int) -> int:
    """Scan every typed table and keep the counts; the number of rows kept."""
    _ = rows
    return _write(folder, (_typed_sql(n) for n in range(tables)), [properties()] * tables)


def newer(folder: Path, tables: int, since: str) -> int:
    """The same of the rows that came since a moment (`2026-06-08 12:00:00`): one statement per table."""
    newer_rows = f" where received_at >= timestamp '{since}')) group by"
    statements = (_typed_sql(n).replace(")) group by", newer_rows) for n in range(tables))
    return _write(folder, statements, [properties()] * tables)


def documents(folder: Path, events: int, rows: int) -> int:
    """Scan the table of documents and keep the counts; the number of rows kept."""
    _ = rows
    return _write(folder, iter([_documents_sql(events)]), [properties("e_")])


def postgres(folder: Path, tables: int, rows: int) -> int:
    """Scan every typed table of a PostgreSQL server and keep the counts; the number of rows kept."""
    import psycopg  # noqa: PLC0415 - only here

    _ = rows
    with psycopg.connect((folder / "server.txt").read_text(encoding="utf-8")) as connection:
        connection.execute("set jit = off")
        return _kept(
            folder,
            ((connection.execute(_postgres_sql(n)).fetchall(), properties()) for n in range(tables)),
        )


def _postgres_sql(n: int) -> str:
    """The same in PostgreSQL's words, its flags computed once per row."""
    sql = _typed_sql(n).replace(_HOUR, "floor(extract(epoch from received_at) / 3600)::bigint")
    sql = re.sub(r"not regexp_matches\(([^,]+), ('[^']+')\)", r"\1 !~ \2", sql)
    flags, found, group = sql.rpartition(") group by ")
    return f"{flags} offset 0) flags{found}{group}".replace(") flags) group by", ") flags group by").replace(
        f"from (select * from bench.{table_name(n)})", f"from bench.{table_name(n)}"
    )


def _typed_sql(n: int) -> str:
    props = properties(domain(n))
    predicates = [f"{p.name} is null" for p in props]
    predicates += [_of_version(p, p.name, k) for p in props for k in range(len(p.fails))]
    return _select(f"bench.{table_name(n)}", "*", predicates, [p.name for p in props], "event_version")


def _documents_sql(events: int) -> str:
    per_event = [properties(f"e{n}_") for n in range(events)]
    shape = properties()
    arms = " ".join(
        f"when '{event_name(n)}' then json_extract_string(payload, [{', '.join(repr('$.' + p.name) for p in props)}])"
        for n, props in enumerate(per_event)
    )
    casts = {"DOUBLE": "try_cast({c} as double)", "BIGINT": "try_cast({c} as double)"}
    read = {p.name: casts.get(p.sql_type, "{c}").format(c=f"v[{k + 1}]") for k, p in enumerate(shape)}
    types = arms.replace("json_extract_string", "json_type")
    kinds = {"string": "'VARCHAR'", "boolean": "'BOOLEAN'", "integer": "'BIGINT','UBIGINT'",
             "number": "'BIGINT','UBIGINT','DOUBLE'"}  # fmt: skip
    predicates = [f"t[{k + 1}] is null" for k in range(len(shape))]
    predicates += [f"t[{k + 1}] not in ({kinds[p.type]})" for k, p in enumerate(shape)]
    predicates += [_of_version(p, read[p.name], k) for p in shape for k in range(len(p.fails))]
    rows = f"*, case event_name {arms} end as v, case event_name {types} end as t"
    present = [f"v[{k + 1}]" for k in range(len(shape))]
    others = f"len(json_keys(payload)) > {len(shape)}"
    return _select("raw.events", rows, [*predicates, others], present, "event_name, event_version")


def _of_version(prop: Prop, column: str, k: int) -> str:
    """The predicate; a CASE where later versions say otherwise."""
    first = prop.fails[k].format(c=column)
    if prop.later_fails is None or prop.later_fails[k] == prop.fails[k]:
        return first
    later = prop.later_fails[k].format(c=column)
    return f"case when event_version = '{VERSIONS[0]}' then {first} else {later} end"


def _select(table: str, rows: str, predicates: list[str], present: list[str], keys: str) -> str:
    flags = ", ".join(f"{predicate} as f{n}" for n, predicate in enumerate(predicates))
    shown = ", ".join(f"{value} as p{n}" for n, value in enumerate(present))
    invalid = " or ".join(f"f{n}" for n in range(len(predicates)))
    counts = ", ".join(_COUNTED.format(p=f"f{n}") for n in range(len(predicates)))
    there = ", ".join(f"count(p{n})" for n in range(len(present)))
    group = ", ".join(str(n + 1) for n in range(keys.count(",") + 3))
    return (
        f"select {keys}, context_source, h, count(*), {_COUNTED.format(p=invalid)}, {counts}, {there} from ("
        f"select {keys}, context_source, {_HOUR} as h, {flags}, {shown}"
        f" from (select {rows} from {table})) group by {group}"
    )


def _write(folder: Path, statements: Iterator[str], props: list[tuple[Prop, ...]]) -> int:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        return _kept(
            folder, ((warehouse.execute(sql).fetchall(), mine) for sql, mine in zip(statements, props, strict=True))
        )


def _kept(folder: Path, results: Iterable[tuple[list[tuple[Any, ...]], tuple[Prop, ...]]]) -> int:
    file = folder / "baseline.db"
    file.unlink(missing_ok=True)
    kept = 0
    history = sqlite3.connect(file, isolation_level=None)
    history.execute("pragma journal_mode = wal")
    history.execute("pragma synchronous = normal")
    history.execute(
        "create table measurement (series_id int, window int, hour int, rows int, invalid int, undeclared int,"
        " shape_id int, present blob, primary key (series_id, window, hour)) without rowid"
    )
    history.execute(
        "create table failure (series_id int, window int, hour int, rule_id int, failed int,"
        " primary key (series_id, window, hour, rule_id)) without rowid"
    )
    series: dict[tuple[Any, ...], int] = {}
    for number, (found, mine) in enumerate(results):
        kept += _keep(history, found, number, (series, len(mine)))
    history.close()
    return kept


def _keep(
    history: sqlite3.Connection, found: list[tuple[Any, ...]], table: int, known: tuple[dict[tuple[Any, ...], int], int]
) -> int:
    series, properties_ = known
    if not found:
        return 0
    width = len(found[0])
    rules = range(width - properties_)
    hour_at = next(n for n, value in enumerate(found[0]) if isinstance(value, int))
    pack = struct.Struct(f"<{properties_}H").pack
    counts, failures = [], []
    for row in found:
        key = (table, *row[:hour_at])
        number = series.setdefault(key, len(series))
        hour = row[hour_at]
        counts.append((number, hour, hour, row[hour_at + 1], row[hour_at + 2], 0, 0, pack(*row[-properties_:])))
        if row[hour_at + 2]:
            first = hour_at + 3
            failures += [(number, hour, hour, n, row[n]) for n in rules[first:] if row[n]]
    history.execute("begin immediate")
    history.executemany("insert into measurement values (?,?,?,?,?,?,?,?)", counts)
    history.executemany("insert into failure values (?,?,?,?,?)", failures)
    history.execute("commit")
    return len(counts)

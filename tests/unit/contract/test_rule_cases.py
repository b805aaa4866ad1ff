"""Executes tests/rules/*.yml: rows in, failing rows out, on every engine that scans are written for.

A case lands its rows either as `documents` (JSON texts; null: no document), which are tried in a JSON column and in a
text column, or as `columns` of the given kinds with `rows`. `fails` counts failing rows per rule, by the end of the
rule's id (`/p:enum`): a rule that is not listed fails nowhere. `verdicts` says which rules are not compiled. Kinds of
columns are named apart from engines, so that another engine is one more line in ENGINES.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.catalog import Table
from monitor.contract import bind
from monitor.contract.model import BoundTable, Compiled, Declined, Undecidable, Unmeasurable
from monitor.contract.rules import RULES
from monitor.landing.model import InColumns, InDocument, Landed, LandedEvent, LandedTable
from monitor.measure.read import read
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from tests.fakes.duck import Duck

CASES = Path(__file__).parents[2] / "rules"
WALKED = {"required", "additionalProperties", "items", "properties"}
ENGINES = {"duckdb": Duck}
NATIVE: Mapping[str, Mapping[str, str]] = {
    "duckdb": {
        "text": "VARCHAR", "integer": "BIGINT", "huge integer": "HUGEINT", "number": "DOUBLE",
        "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE", "json": "JSON",
        "uuid": "UUID", "list of text": "VARCHAR[]", "bytes": "BLOB",
    },
}  # fmt: skip
VERDICTS = {"compiled": Compiled, "undecidable": Undecidable, "refused": Declined, "unmeasurable": Unmeasurable}
AT = datetime(2026, 6, 1, 10, 30)  # noqa: DTZ001 - a landed timestamp has no zone


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one file, in one landing."""

    name: str
    schema: Any
    fails: Mapping[str, int]
    documents: Sequence[Any] = ()
    document_kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Sequence[Any]] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    invalid: int | None = None


def cases() -> Iterator[Case]:
    for file in sorted(CASES.glob("*.yml")):
        for said in yaml.safe_load(file.read_text(encoding="utf-8")):
            schema = said.get("schema") or {"type": "object", "properties": {"p": said["property"]}}
            rest = {key: said[key] for key in ("documents", "columns", "rows", "verdicts", "invalid") if key in said}
            kinds = said.get("in", ["json", "text"] if "documents" in said else [""])
            for kind in kinds:
                name = f"{file.stem}: {said['case']}{f' ({kind})' if kind else ''}"
                yield Case(name, schema, said.get("fails", {}), document_kind=kind, **rest)


@pytest.fixture(scope="module", params=sorted(ENGINES))
def warehouse(request: pytest.FixtureRequest) -> Duck:
    return ENGINES[request.param]()


def land(case: Case, warehouse: Duck) -> LandedTable:
    native = NATIVE[warehouse.engine]
    payload: InColumns | InDocument
    if case.columns:
        columns = {name: native[kind] for name, kind in case.columns.items()}
        table = warehouse.table("rows", {**columns, "at": "TIMESTAMP"}, [(*map(tupled, row), AT) for row in case.rows])
        payload = InColumns("original")
    else:
        rows = [(document, AT) for document in case.documents]
        table = warehouse.table("rows", {"payload": native[case.document_kind], "at": "TIMESTAMP"}, rows)
        doc = v.Column("payload")
        payload = InDocument(doc if case.document_kind == "json" else v.Parsed(doc), "original")
    return landed(table, payload)


def tupled(value: Any) -> Any:
    """A list is a list in a column, not a document."""
    return tuple(value) if isinstance(value, list) else value


def landed(table: Table, payload: InColumns | InDocument) -> LandedTable:
    return LandedTable(
        table,
        "0:web",
        (LandedEvent("Event", ("Event",), payload),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Literal("web"),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"at"}),
    )


def bound(case: Case, warehouse: Duck) -> BoundTable:
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", case.schema),)),), "revision")
    return bind(plan, Landed((land(case, warehouse),))).tables[0]


@pytest.mark.parametrize("case", tuple(cases()), ids=lambda case: case.name)
def test_the_rows_that_break_each_rule_are_counted(case: Case, warehouse: Duck) -> None:
    table = bound(case, warehouse)
    verdicts = {rule.id.partition("#")[2]: type(rule.verdict) for rule in table.versions[0].rules}
    for rule, verdict in case.verdicts.items():
        assert verdicts[rule] is VERDICTS[verdict], (rule, verdicts[rule])
    assert set(case.fails) <= set(verdicts), f"no such rule; there are {sorted(verdicts)}"

    scan = build(table, Range(since=False, no_time=False), writer(warehouse.engine))
    found = read(warehouse.query(scan.sql, {"until": datetime(2027, 1, 1, tzinfo=UTC)}), scan.map)

    failed: Counter[str] = Counter()
    for failure in found.failures:
        failed[failure.rule.partition("#")[2]] += failure.failed
    assert failed == Counter(case.fails)
    assert sum(count.rows for count in found.counts) == len(case.documents or case.rows)
    if case.invalid is not None:
        assert sum(count.invalid for count in found.counts) == case.invalid


def test_every_keyword_that_compiles_has_a_file_of_cases() -> None:
    assert {file.stem for file in CASES.glob("*.yml")} >= set(RULES) | WALKED

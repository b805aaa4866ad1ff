"""The official JSON Schema test suite, asked of a warehouse: each instance is a row, each group of tests one query.

A group passes, or is refused, or fails as a whole: the answers are those of the rules' predicates, so a single wrong
row is WRONG, a group that compiles and that the engine does not run is ERROR, and a group of which a keyword is
refused or undecidable is REFUSED.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from monitor.catalog import Table
from monitor.contract import bind
from monitor.contract.model import BoundTable, Compiled
from monitor.contract.scope import Reading
from monitor.errors import WarehouseError
from monitor.landing.model import InDocument, Landed, LandedEvent, LandedTable
from monitor.measure.read import read
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.sql.writer import Unsayable

DRAFTS: Mapping[str, str] = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
OUTCOMES = ("PASS", "WRONG", "REFUSED", "ERROR")
AT = datetime(2026, 6, 1, 10, 30)  # noqa: DTZ001 - a landed timestamp has no zone
UNTIL = datetime(2027, 1, 1, tzinfo=UTC)


class Warehouse(Protocol):
    """What the suite asks of an engine's fake: `tests.fakes.duck.Duck` is one."""

    engine: str

    def table(self, name: str, columns: Mapping[str, str], rows: Any = ()) -> Table:
        """Make a table anew with these rows."""

    def query(self, sql: str, moments: Mapping[str, datetime] | None = None) -> Sequence[Sequence[Any]]:
        """All rows of a statement."""


@dataclass(frozen=True, slots=True)
class Group:
    """One schema of the suite, and instances with what they are."""

    name: str
    schema: Any
    tests: tuple[tuple[str, Any, bool], ...]


def groups(folder: Path, draft: str, files: str = "*.json") -> Iterator[Group]:
    """The groups of a draft's required tests, or of those that `files` names (`optional/format/date.json`)."""
    for file in sorted((folder / "tests" / draft).glob(files)):
        for one in json.loads(file.read_text(encoding="utf-8")):
            tests = tuple((test["description"], test["data"], test["valid"]) for test in one["tests"])
            yield Group(f"{file.stem}: {one['description']}", one["schema"], tests)


def remotes(folder: Path, draft: str) -> dict[str, Any]:
    """The documents that the suite's remote references lead to, by URI: brought along, never fetched."""
    found: dict[str, Any] = {}
    for file in sorted((folder / "remotes").rglob("*.json")):
        inside = file.relative_to(folder / "remotes")
        if inside.parts[0] in DRAFTS and inside.parts[0] != draft:
            continue
        found[f"http://localhost:1234/{inside.as_posix()}"] = json.loads(file.read_text(encoding="utf-8"))
    return found


def in_draft(schema: Any, uri: str) -> dict[str, Any]:
    """The schema as an event version has it: a mapping that says its draft."""
    if isinstance(schema, bool):
        return {"$schema": uri, "not": {}} if not schema else {"$schema": uri}
    return schema if "$schema" in schema else {"$schema": uri, **schema}


@dataclass(frozen=True, slots=True)
class Side:
    """An engine, and its words for the columns that the suite lands in."""

    warehouse: Warehouse
    document: str = "JSON"
    text: str = "VARCHAR"
    timestamp: str = "TIMESTAMP"
    parsed: bool = False
    """Documents land as text, which the rules read as JSON."""


def outcome(side: Side, group: Group, uri: str, reading: Reading) -> tuple[str, list[str]]:
    """One group's outcome, and what is to be told: the tests that are wrong, the reason of a refusal or an error."""
    version = in_draft(group.schema, uri)
    table = bound(side, version, [instance for _, instance, _ in group.tests], reading)
    refused = [rule for rule in table.versions[0].rules if not isinstance(rule.verdict, Compiled)]
    if refused:
        return "REFUSED", [f"{group.name}: {refused[0].id.partition('#')[2]}: {refused[0].verdict}"]
    try:
        invalid = broken(side, table)
    except Unsayable as reason:
        return "REFUSED", [f"{group.name}: {reason}"]
    except WarehouseError as error:
        return "ERROR", [f"{group.name}: {error.hint}"]
    wrong = [
        f"{group.name}: {name}: is {'valid' if valid else 'invalid'}"
        for n, (name, _, valid) in enumerate(group.tests)
        if (n in invalid) is valid
    ]
    return ("WRONG", wrong) if wrong else ("PASS", [])


def bound(side: Side, schema: Any, instances: Sequence[Any], reading: Reading) -> BoundTable:
    """The instances landed, one row each, and the schema bound to them."""
    columns = {"n": side.text, "payload": side.document, "at": side.timestamp}
    rows = [(str(n), json.dumps(instance), AT) for n, instance in enumerate(instances)]
    payload = v.Column("payload")
    landed = LandedTable(
        side.warehouse.table("instances", columns, rows),
        "0:web",
        (LandedEvent("Event", ("Event",), InDocument(v.Parsed(payload) if side.parsed else payload, "original")),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Column("n"),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"n", "at"}),
    )
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", schema),)),), "revision")
    return bind(plan, Landed((landed,)), reading).tables[0]


def broken(side: Side, table: BoundTable) -> set[int]:
    """The rows that break a rule, by number: one query."""
    scan = build(table, Range(since=False, no_time=False), writer(side.warehouse.engine))
    found = read(side.warehouse.query(scan.sql, {"until": UNTIL}), scan.map)
    return {int(found.series[count.series].source) for count in found.counts if count.invalid}


def tally(side: Side, every: Iterable[Group], uri: str, reading: Reading) -> tuple[Counter[str], list[str]]:
    """How many tests have each outcome, and what is to be told of those that do not pass."""
    counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
    told: list[str] = []
    for group in every:
        word, names = outcome(side, group, uri, reading)
        wrong = len(names) if word == "WRONG" else 0
        counts["WRONG"] += wrong
        counts["PASS" if word == "WRONG" else word] += len(group.tests) - wrong
        told += [f"{word} {name}" for name in names]
    return counts, told

"""Finding the part of a contract that a warehouse refuses, and going on without it."""

from collections.abc import Set as AbstractSet

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract.model import BoundTable, Compiled, Unmeasurable
from monitor.contract.without import askable, without
from monitor.measure.isolate import refused
from monitor.measure.rows import Range
from monitor.measure.scan import build, check
from monitor.sql.engines import writer
from tests.fakes.duck import Duck
from tests.unit.measure.builders import COLUMNS, bound, landed, plan

NAMES = [f"p{n}" for n in range(9)]
SCHEMA = {"type": "object", "required": NAMES, "properties": {name: {"type": "string"} for name in NAMES}}
TABLE = Table(
    TableRef("", "t"),
    tuple(Column(name, Family.TEXT, "VARCHAR") for name in ("version", "source", "at", *NAMES, "more")),
)
CONTRACT = bound(plan({"A": [SCHEMA, SCHEMA]}), landed(TABLE, ["A"], COLUMNS))


class Refusing:
    """A warehouse that refuses whatever asks one of these."""

    def __init__(self, parts: AbstractSet[str]) -> None:
        self.parts = parts
        self.asked = 0

    def __call__(self, table: BoundTable) -> str | None:
        self.asked += 1
        guilty = self.parts & set(askable(table))
        return f"no {min(guilty)}" if guilty else None


def test_every_rule_property_and_undeclared_column_can_be_asked_alone() -> None:
    names = askable(CONTRACT)
    assert len(names) == len(set(names)) == 2 * (len(NAMES) * 2 + 1)
    assert {"a@1-0-0#/p0:required", "a@1-0-0#/p0:(present)", "a@1-1-0#:(undeclared)"} <= set(names)


def test_the_refused_parts_are_found_in_few_questions() -> None:
    guilty = {"a@1-0-0#/p3:required", "a@1-1-0#/p7:(present)"}
    warehouse = Refusing(guilty)
    assert refused(CONTRACT, warehouse) == {name: f"no {name}" for name in guilty}
    assert warehouse.asked < len(askable(CONTRACT))


def test_no_part_is_to_blame_for_a_table_that_is_refused_as_it_is() -> None:
    asked: list[BoundTable] = []

    def gone(table: BoundTable) -> str:
        asked.append(table)
        return "there is no such table"

    assert refused(CONTRACT, gone) == {}
    assert [askable(table) for table in asked] == [()]
    assert refused(CONTRACT, lambda _: None) == {}


def test_a_refused_rule_says_why_and_the_others_stay() -> None:
    name = "a@1-0-0#/p3:required"
    left = without(CONTRACT, {name: "Binder Error"})
    verdicts = {rule.id: rule.verdict for version in left.versions for rule in version.rules}
    assert verdicts[name] == Unmeasurable("the warehouse refuses it: Binder Error")
    assert isinstance(verdicts["a@1-1-0#/p3:required"], Compiled)
    assert set(askable(CONTRACT)) - set(askable(left)) == {name}
    assert left.hash != CONTRACT.hash


def test_a_document_that_nothing_is_asked_of_is_not_read() -> None:
    table = Table(TableRef("", "d"), (Column("payload", Family.JSON, "JSON"), *TABLE.columns[:3]))
    contract = bound(plan({"A": [SCHEMA], "B": [SCHEMA]}), landed(table, ["A", "B"]))
    left = without(contract, {name: "no" for name in askable(contract) if name.startswith("a@")})
    assert [any(version.extracts) for version in left.versions] == [False, True]


def test_a_check_binds_the_whole_scan_and_reads_no_row() -> None:
    duck = Duck()
    held = {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", **dict.fromkeys([*NAMES, "more"], "VARCHAR")}
    table = duck.table("t", held, [("1-0-0", "web", "2026-01-01", *["x"] * 10)])
    contract, reach = bound(plan({"A": [SCHEMA]}), landed(table, ["A"], COLUMNS)), Range(since=False, no_time=True)
    assert duck.query(check(contract, reach, writer("duckdb"))) == []
    duck.query("SET VARIABLE tw_until = TIMESTAMP '2027-01-01'")
    assert len(duck.query(build(contract, reach, writer("duckdb")).sql)) == 1

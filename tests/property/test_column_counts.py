"""The same in tables whose properties are columns: what compiles is counted as `jsonschema` counts it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.contract import bind
from monitor.contract.model import BoundVersion, Contract
from monitor.landing.model import InColumns, Landed, LandedEvent, LandedTable
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v
from tests.property.oracle import broken, carried
from tests.property.strategies import NUMBERS, TEXTS, bounds, instances, near, objects, scalar_keywords
from tests.property.test_scan_counts import (
    DUCK,
    EXAMPLES,
    START,
    compiled,
    counted_by_scan,
    differences,
    scanned,
    unpointed,
)

NAMES = (
    "currency",
    "order id",
    'quo"te',
    "it's",
    "per%cent",
    "$dollar",
    "é",
    "😀",
    ":colon",
    "--;",
    "tw_f0",
    "item",
    "k",
    "newest",
)
WHOLES = [n for n in NUMBERS if isinstance(n, int)]
FRACTIONS = [float(n) for n in NUMBERS]
UUIDS = ["5f0c7d5e-5c5b-4c5b-8c5b-5c5b5c5b5c5b", "00000000-0000-0000-0000-000000000000"]


@dataclass(frozen=True, slots=True)
class Landing:
    """How values of one planned kind may land: the column's type, and what it may hold."""

    kind: str
    native: str
    values: Sequence[Any]


def within(low: int, high: int) -> list[int]:
    return [n for n in WHOLES if low <= n <= high]


LANDINGS = (
    Landing("string", "VARCHAR", TEXTS),
    Landing("string", "UUID", UUIDS),
    Landing("string", "ENUM('abc', 'ABC', 'é')", ["abc", "ABC", "é"]),
    Landing("integer", "BIGINT", within(-(2**63), 2**63 - 1)),
    Landing("integer", "TINYINT", within(-128, 127)),
    Landing("integer", "UBIGINT", within(0, 2**64 - 1)),
    Landing("integer", "HUGEINT", within(-(2**127), 2**127 - 1)),
    Landing("integer", "DECIMAL(38,0)", within(-(10**38) + 1, 10**38 - 1)),
    Landing("integer", "DOUBLE", FRACTIONS),
    Landing("number", "DOUBLE", FRACTIONS),
    Landing("number", "DECIMAL(18,2)", [Decimal("1.50"), Decimal("0.10"), Decimal("-0.01"), Decimal(100)]),
    Landing("number", "DECIMAL(38,10)", [Decimal("1.5"), Decimal("0.1"), Decimal(100)]),
    Landing("boolean", "BOOLEAN", [True, False]),
    Landing("array", "VARCHAR", [[], [1], ["a", None], ["é😀", "ABC"], [1.0, True, "1"], [[1], {"a": 1}]]),
    Landing("array", "VARCHAR[]", [[], ["a", None], ["é😀", "ABC", "12"], ['quo"te', "\\"]]),
    Landing("array", "BIGINT[]", [[], [1, None, 2**53 + 1], [10]]),
    Landing("null", "VARCHAR", ["a", "", "null"]),
)


@dataclass(frozen=True, slots=True)
class Property:
    """A landed column and the schemas that the two versions have for it (None: not declared)."""

    name: str
    native: str
    schemas: tuple[Any, Any]
    values: Sequence[Any]


@st.composite
def properties(draw: st.DrawFn, name: str) -> Property:
    if draw(st.integers(0, 5)) == 0:
        return draw(documents(name))
    landing = draw(st.sampled_from(LANDINGS))
    schemas = tuple(draw(st.one_of(st.none(), of_kind(landing))) for _ in range(2))
    known = [value for schema in schemas if schema for value in near(schema) if type(value) in kinds_of(landing.values)]
    fitting = [value for value in known if value in landing.values] if landing.native != "VARCHAR" else known
    return Property(name, landing.native, (schemas[0], schemas[1]), [*landing.values, *fitting])


def kinds_of(values: Sequence[Any]) -> set[type]:
    return {type(value) for value in values}


@st.composite
def documents(draw: st.DrawFn, name: str) -> Property:
    """An object in one column: JSON, or its text."""
    schema = draw(objects(old=False, depth=1))
    native = draw(st.sampled_from(["JSON", "VARCHAR"]))
    if native == "VARCHAR":
        schema["type"] = "object"
    values = draw(
        st.lists(
            instances(schema).filter(lambda row: native == "JSON" or isinstance(row, dict)), min_size=1, max_size=4
        )
    )
    return Property(name, native, (schema, schema), [JsonValue(value) for value in values])


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A document in a column."""

    value: Any


@st.composite
def of_kind(draw: st.DrawFn, landing: Landing) -> Any:
    """A schema that the column can hold."""
    schema = draw(scalar_keywords(old=False))
    schema["type"] = draw(st.sampled_from([landing.kind, [landing.kind], [landing.kind, "null"]]))
    if landing.kind == "string" and draw(st.integers(0, 3)) == 0:
        schema["type"] = ["string", "integer"]
        schema["enum"] = ["abc", "a", ""]
    if landing.kind == "array":
        return {"type": schema["type"], "items": draw(scalar_keywords(old=False))}
    if landing.native in {"DOUBLE", "DECIMAL(18,2)", "DECIMAL(38,10)"}:  # floats are compared as floats
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const"):
            schema.pop(word, None)
        schema |= draw(bounds(old=False).filter(lambda found: all(abs(bound) < 2**53 for bound in found.values())))
        if draw(st.booleans()):
            schema["enum"] = [0, 1.5, 100, "a", None]
    return schema


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Property], tuple[Any, Any], list[dict[str, Any]]]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    held = [draw(properties(name)) for name in names]
    flat = draw(st.booleans())
    schemas = tuple(draw(version(held, index, flat=flat)) for index in range(2))
    if flat:
        held.append(Property("addr.city", "VARCHAR", (None, None), TEXTS))
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 10))):
        row = {p.name: draw(st.sampled_from([None, *p.values])) for p in held}
        rows.append({**row, "version": draw(st.sampled_from(["1-0-0", "1-1-0", "2-0-0", None]))})
    return held, (schemas[0], schemas[1]), rows


@st.composite
def version(draw: st.DrawFn, held: Sequence[Property], index: int, *, flat: bool) -> Any:
    declared = {p.name: p.schemas[index] for p in held if p.schemas[index] is not None}
    if flat:
        city = draw(scalar_keywords(old=False))
        city["type"] = "string"
        declared["addr"] = {"type": "object", "properties": {"city": city}, "required": ["city"]}
    schema: dict[str, Any] = {"type": "object", "properties": declared}
    schema["required"] = draw(st.lists(st.sampled_from([*declared, "absent"]), max_size=2, unique=True))
    if draw(st.booleans()):
        schema["additionalProperties"] = False
    return schema


def as_document(row: Mapping[str, Any], held: Sequence[Property]) -> dict[str, Any]:
    """The row as the JSON that it was before it landed; what is NULL was absent."""
    document: dict[str, Any] = {}
    for prop in held:
        value = row[prop.name]
        if value is None:
            continue
        parent, dot, child = prop.name.partition(".")
        into = document.setdefault(parent, {}) if dot else document
        into[child or parent] = as_json(value)
    return document


def as_json(value: Any) -> Any:
    if isinstance(value, JsonValue):
        return json.loads(json.dumps(value.value))
    return float(value) if isinstance(value, Decimal) else value


def as_landed(value: Any, native: str) -> Any:
    if isinstance(value, JsonValue):
        return json.dumps(value.value)
    return (
        json.dumps(value)
        if isinstance(value, list) and native == "VARCHAR"
        else tuple(value)
        if isinstance(value, list)
        else value
    )


def counted_in_python(
    contract: Contract, held: Sequence[Property], rows: Sequence[dict[str, Any]]
) -> dict[str, Counter[Any]]:
    counts: dict[str, Counter[Any]] = {
        name: Counter() for name in ("rows", "invalid", "undeclared", "present", "failed")
    }
    bound = {version.version: version for version in contract.tables[0].versions}
    for row in rows:
        key = ("Event", row["version"] or "", "web", 0)
        counts["rows"][key] += 1
        version = bound.get(key[1])
        if version is None:
            continue
        failed, document = judged(contract.plan, version, as_document(row, held))
        counts["invalid"][key] += bool(failed)
        counts["failed"].update((*key, rule) for rule in failed)
        counts["undeclared"][key] += any(row[name] is not None for name in version.undeclared_columns)
        counts["present"].update(
            (*key, p.pointer) for p in version.properties if p.present and present(row, p.column, document, p.pointer)
        )
    return {name: +counter for name, counter in counts.items()}


def present(row: Mapping[str, Any], column: str, document: Any, pointer: str) -> bool:
    return row[column] is not None if column else carried(document, unpointed(pointer))


def judged(plan: Plan, version: BoundVersion, document: Any) -> tuple[set[str], Any]:
    planned = plan.events[0].version(version.version)
    assert planned is not None
    ends = broken(planned.schema, document)
    return {f"{version.key}@{version.version}#{end}" for end in ends} & compiled(version), document


@EXAMPLES
@given(tables())
def test_a_scan_of_columns_equals_counting_in_python(
    case: tuple[list[Property], tuple[Any, Any], list[dict[str, Any]]],
) -> None:
    held, schemas, rows = case
    table = DUCK.table(
        "ev'ents\"; --",
        {**{p.name: p.native for p in held}, "version": "VARCHAR", "at": "TIMESTAMP"},
        [
            (*(as_landed(row[p.name], p.native) for p in held), row["version"], START.replace(tzinfo=None))
            for row in rows
        ],
    )
    event = Event("Event", "event", (EventVersion("1-0-0", schemas[0]), EventVersion("1-1-0", schemas[1])))
    landed = LandedTable(
        table,
        "0:web",
        (LandedEvent("Event", ("Event",), InColumns("original")),),
        event=v.Literal("Event"),
        version=v.Column("version"),
        source=v.Literal("web"),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"version", "at"}),
    )
    contract = bind(Plan((event,), "revision"), Landed((landed,)))
    assert differences(counted_by_scan(scanned(contract)), counted_in_python(contract, held, rows)) == {}

"""Running rule cases in a warehouse: schema → bound table → scan → counted failures, as a run would do it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias, assert_never

from monitor.catalog import Catalog, Table, TableRef
from monitor.contract import bind
from monitor.contract.model import BoundTable, Compiled, Declined, Undecidable, Unmeasurable
from monitor.contract.without import without
from monitor.errors import WarehouseError
from monitor.landing.model import InColumns, InDocument, Landed, LandedEvent, LandedTable
from monitor.measure.isolate import unsaid
from monitor.measure.read import Read, read
from monitor.measure.rows import Range
from monitor.measure.scan import Scan, build
from monitor.plan.model import Event, EventVersion, Plan
from monitor.selftest.case import Case
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer

_VERDICTS = {"compiled": Compiled, "undecidable": Undecidable, "refused": Declined, "unmeasurable": Unmeasurable}
_AT = datetime(2026, 6, 1, 10, 30)  # noqa: DTZ001 - a landed timestamp has no zone
_UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
_NUMBER, _TIME = "n", "at"
"""Columns of ours beside the case's own: which row it is, and when it came."""
_MOST_TOLD = 3
"""Rows of a difference that are shown."""


class Bench(Protocol):
    """What examining needs of a warehouse: an open session that may write."""

    @property
    def engine(self) -> str:
        """The engine file's name."""
        ...

    @property
    def kinds(self) -> Mapping[str, str]:
        """The kinds of columns that it has."""
        ...

    @property
    def loses(self) -> Mapping[str, frozenset[str]]:
        """What columns of a kind do not keep as it was sent."""
        ...

    def scratch(self, schema: str) -> AbstractContextManager[None]:
        """A new schema, dropped at the end."""
        ...

    def land(self, ref: TableRef, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """A new table with these rows."""
        ...

    def catalog(self, schemas: Sequence[str]) -> Catalog:
        """The tables of schemas."""
        ...

    def several(
        self, statements: Sequence[str], moments: Mapping[str, datetime]
    ) -> Iterator[Sequence[Sequence[Any]] | WarehouseError]:
        """All rows of each statement, or what the warehouse said instead."""
        ...


@dataclass(frozen=True, slots=True)
class Passed:
    """The same rows fail as everywhere."""


@dataclass(frozen=True, slots=True)
class Differs:
    """The warehouse counts otherwise: what was expected and what was found, rule by rule."""

    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The engine cannot be asked: a rule has no words there, or the warehouse lacks a type; said, never guessed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The warehouse refused what it should have taken."""

    problem: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A landed case, and the scan that counts it."""

    bound: BoundTable
    scan: Scan


Verdict: TypeAlias = Passed | Differs | Refused | Failed
Answer: TypeAlias = tuple[Case, Verdict]
Seen: TypeAlias = Callable[[str], object]
"""Told the name of each case as it is landed, and again as it is scanned."""


def examine(cases: Sequence[Case], bench: Bench, schema: str, seen: Seen = lambda name: name) -> Iterator[Answer]:
    """Land every case in a schema made for it, scan each table, compare. The schema is dropped in the end.

    Raises WarehouseError where the schema cannot be made; what one case meets is that case's answer.
    """
    with bench.scratch(schema):
        landed: list[tuple[Case, TableRef]] = []
        for number, case in enumerate(cases):
            seen(case.name)
            lacking = _lacking(case, bench)
            if lacking is not None:
                yield case, lacking
                continue
            ref = TableRef(schema, f"case_{number}")
            try:
                bench.land(ref, {**case.kinds, _NUMBER: "text", _TIME: "timestamp"}, _rows(case))
            except WarehouseError as error:
                yield case, Failed(f"{error.problem}: {error.hint}")
            else:
                landed.append((case, ref))
        tables = bench.catalog([schema]).tables
        scans: list[tuple[Case, Asked]] = []
        for case, ref in landed:
            asked = _asked(case, tables.get(ref), bench)
            if isinstance(asked, Asked):
                scans.append((case, asked))
            else:
                yield case, asked
        told = bench.several([asked.scan.sql for _, asked in scans], {"until": _UNTIL})
        for (case, asked), rows in zip(scans, told, strict=True):
            seen(case.name)
            yield case, _compared(case, asked, rows)


def _lacking(case: Case, bench: Bench) -> Refused | None:
    for kind in case.kinds.values():
        if kind not in bench.kinds:
            return Refused(f"{bench.engine} has no columns of the kind '{kind}'")
        lost = case.needs & bench.loses.get(kind, frozenset())
        if lost:
            return Refused(f"{bench.kinds[kind]} does not keep {', '.join(sorted(lost))}")
    return None


def _rows(case: Case) -> list[tuple[Any, ...]]:
    return [(*row, str(number), _AT) for number, row in enumerate(case.landed, start=1)]


def _asked(case: Case, table: Table | None, bench: Bench) -> Asked | Refused | Failed:
    if table is None:
        return Failed("the table that was landed is not in the catalog")
    whole = _bound(case, table)
    refused = unsaid(whole, writer(bench.engine))
    spoken = [f"{rule}: {words}" for rule, words in refused.items() if rule.partition("#")[2] in case.fails]
    if spoken:
        return Refused("; ".join(spoken))
    asked = without(whole, refused) if refused else whole
    return Asked(whole, build(asked, Range(since=False, no_time=False), writer(bench.engine)))


def _compared(case: Case, asked: Asked, rows: Sequence[Sequence[Any]] | WarehouseError) -> Verdict:
    if isinstance(rows, WarehouseError):
        return Failed(f"{rows.problem}: {rows.hint}")
    told = tuple(_differences(case, asked.bound, read(rows, asked.scan.map)))
    return Differs(told) if told else Passed()


def _bound(case: Case, table: Table) -> BoundTable:
    payload: InColumns | InDocument = InColumns("original")
    if not case.columns:
        document = v.Column("payload")
        is_text = case.document_kind == "text"
        payload = InDocument(v.Parsed(document) if is_text else document, "original")
    event = Event("Event", "event", (EventVersion("1-0-0", case.schema),))
    landed = LandedTable(
        table,
        "0:web",
        (LandedEvent("Event", ("Event",), payload),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Column(_NUMBER),  # a row is told from another by its source
        time=v.Column(_TIME),
        received=None,
        loaded=None,
        own_columns=frozenset({_NUMBER, _TIME}),
    )
    return bind(Plan((event,), "revision"), Landed((landed,))).tables[0]


def _differences(case: Case, bound: BoundTable, found: Read) -> Iterator[str]:
    """What is not as expected, in words; nothing where all is."""
    verdicts = {rule.id.partition("#")[2]: type(rule.verdict) for rule in bound.versions[0].rules}
    for rule, word in case.verdicts.items():
        if verdicts.get(rule) is not _VERDICTS[word]:
            yield f"{rule}: expected to be {word}, is {getattr(verdicts.get(rule), '__name__', 'no rule')}"
    for rule in sorted(set(case.fails) - set(verdicts)):
        yield f"{rule}: no such rule; there are {', '.join(sorted(verdicts))}"
    rows = int(found.counts.rows.sum())
    if rows != len(case.landed):
        yield f"expected {len(case.landed)} rows, read {rows}"
    failing: dict[str, list[int]] = {}
    for failure in found.failures:
        failing.setdefault(failure.rule.partition("#")[2], []).append(int(found.series[failure.series].source))
    for rule in sorted(set(case.fails) | set(failing)):
        expected, rows_of = case.fails.get(rule, 0), sorted(failing.get(rule, []))
        if len(rows_of) != expected:
            yield f"{rule}: expected {expected} of {len(case.landed)} rows to fail, {_told(case, rows_of)}"
    invalid = int(found.counts.invalid.sum())
    if case.invalid is not None and invalid != case.invalid:
        yield f"expected {case.invalid} invalid rows, counted {invalid}"


def _told(case: Case, rows: list[int]) -> str:
    if not rows:
        return "none did"
    shown = "; ".join(f"row {number}: {_shown(case.landed[number - 1])}" for number in rows[:_MOST_TOLD])
    more = f"; and {len(rows) - _MOST_TOLD} more" if len(rows) > _MOST_TOLD else ""
    return f"{len(rows)} did ({shown}{more})"


def _shown(row: Sequence[Any]) -> str:
    return ", ".join(
        "NULL" if value is None else repr(value) if isinstance(value, str) else str(value) for value in row
    )


def told(verdict: Verdict) -> tuple[str, ...]:
    """Why a case did not pass, line by line."""
    match verdict:
        case Passed():
            return ()
        case Differs(lines):
            return lines
        case Refused(reason) | Failed(reason):
            return (reason,)
        case _:
            assert_never(verdict)


def tally(answers: Sequence[Answer]) -> Mapping[tuple[str, str], Counter[type[Verdict]]]:
    """How many cases of each keyword ended how, per landing form."""
    counted: dict[tuple[str, str], Counter[type[Verdict]]] = {}
    for case, verdict in answers:
        counted.setdefault((case.keyword, case.form), Counter())[type(verdict)] += 1
    return counted

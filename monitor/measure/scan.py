"""From a bound table to one SELECT that reads it once: extract, flag, count.

The statement travels with its `SlotMap`: slot *k* is the k-th rule of the row's own event version, so the number
of aggregates is that of the widest version. Predicates that are equal in several versions are written once and
unguarded, because rows are grouped by version and the map says whose rule a slot is.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import sqlalchemy as sa

from monitor.contract import slots
from monitor.contract.model import BoundTable, Compiled, Extract, Rule
from monitor.measure.counting import any_of, null_of, nulls_of, rows_where
from monitor.measure.lookups import Lookups, replaced
from monitor.measure.readings import readings
from monitor.measure.rows import Range, Rows
from monitor.measure.slices import counted_only, sliced
from monitor.sql import tree
from monitor.sql import vocabulary as v
from monitor.sql.vocabulary import Expr
from monitor.sql.writer import Element, Writer

T = TypeVar("T", bound=Hashable)

_NEVER = v.Literal(value=False)


@dataclass(frozen=True, slots=True)
class VersionSlots:
    """What the numbers of one event version's groups mean."""

    event: str
    version: str
    raw_events: tuple[str, ...]
    raw_versions: tuple[str, ...]
    rules: tuple[tuple[int, str], ...]
    """Slot → rule id."""
    properties: tuple[tuple[int, str], ...]
    """Presence slot → property pointer."""


@dataclass(frozen=True, slots=True)
class SlotMap:
    """How to read a row of the scan, column by column."""

    event: str | None
    """The one landed event name of the table; None: the first column holds it."""
    windows: bool
    """Rows carry their arrival window apart from their hour."""
    rule_slots: int
    property_slots: int
    versions: tuple[VersionSlots, ...]

    @property
    def width(self) -> int:
        """Columns of the result: keys, three counts of rows, a count per slot."""
        keys = 3 + (self.event is None) + self.windows
        return keys + 3 + self.rule_slots + self.property_slots


@dataclass(frozen=True, slots=True)
class Scan:
    """One statement over a range of windows, and how to read its rows."""

    table: str
    sql: str
    map: SlotMap


def build(table: BoundTable, reach: Range, writer: Writer) -> Scan:
    """The scan of one table. The table must have a time (`arrival`)."""
    return _Build(table, reach, writer).scan()


def check(table: BoundTable, reach: Range, writer: Writer) -> str:
    """The scan of no row: the engine binds all of it, or says what it refuses, and reads nothing."""
    return _Build(table, reach, writer).check()


def landed_columns(table: BoundTable) -> frozenset[str]:
    """The landed columns that a table's rules and properties speak of; its keys and times are not among them."""
    wanted: set[str] = set()
    for version in table.versions:
        spoken: list[Expr | None] = [_fails(rule) for rule in version.rules]
        spoken += [p.present for p in version.properties]
        spoken += [version.undeclared, *(extract.doc for extract in version.extracts if extract)]
        wanted = wanted.union(*(tree.columns(expr) for expr in spoken if expr is not None))
    return frozenset(wanted)


class _Build:
    """One scan on its way from levels to a statement."""

    def __init__(self, whole: BoundTable, reach: Range, writer: Writer) -> None:
        whole = counted_only(whole) if reach.keys else whole
        self.whole = whole if reach.nth == 0 else None
        self.table = table = sliced(whole, reach.nth, reach.of)
        self.writer = writer
        self.rows = Rows(table, reach, writer)
        self.checked = [[rule for rule in version.rules if _fails(rule) is not None] for version in table.versions]
        self.rule_slots = slots.assign([[_must(_fails(rule)) for rule in rules] for rules in self.checked])
        self.counted = [[p for p in version.properties if p.present is not None] for version in table.versions]
        self.property_slots = slots.assign([[_must(p.present) for p in counted] for counted in self.counted])

    def scan(self) -> Scan:
        statement = self._count(self._flags())
        return Scan(self.table.key, self.writer.compile(statement), self._map())

    def check(self) -> str:
        scan = self._count(self._flags()).subquery(self.rows.name("scan"))
        return self.writer.compile(sa.select(sa.literal_column("*")).select_from(scan).limit(0))

    # ── level two: what is read out of documents, once per row ──────────────────────────────────────

    def _extract(self, below: sa.Subquery) -> sa.Subquery:
        by_reading = readings([version.extracts for version in self.table.versions])
        rows = self.rows
        below, named_docs = self._documents(below, [reading[0].doc for reading, _ in by_reading])
        arms = [(indexes, self._read(reading, named_docs)) for reading, indexes in by_reading]
        if len(arms) == 1 and len(arms[0][0]) == len(self.table.versions):
            texts, kinds = arms[0][1]
        else:
            texts = sa.case(*((rows.of(indexes), read[0]) for indexes, read in arms))
            kinds = sa.case(*((rows.of(indexes), read[1]) for indexes, read in arms))
        named = (texts.label(rows.name("texts")), kinds.label(rows.name("types")))
        chosen: list[Element] = [sa.literal_column("*"), *named]
        read: sa.Select[Any] = sa.select(*chosen).select_from(below)
        return self.writer.fence(read).subquery(rows.name("read"))

    def _documents(self, below: sa.Subquery, docs: Sequence[Expr]) -> tuple[sa.Subquery, dict[Expr, Element]]:
        """The rows with the documents that are no columns beside them, for engines that read nothing else."""
        worked_out = [doc for doc in dict.fromkeys(docs) if self.writer.reads_columns and not isinstance(doc, v.Column)]
        if not worked_out:
            return below, {}
        names = {doc: f"doc{n}" for n, doc in enumerate(worked_out)}
        chosen: list[Element] = [sa.literal_column("*")]
        chosen += [self.writer.expr(doc).label(self.rows.name(name)) for doc, name in names.items()]
        held = self.writer.fence(sa.select(*chosen).select_from(below)).subquery(self.rows.name("docs"))
        return held, {doc: self.rows.col(name) for doc, name in names.items()}

    def _read(self, reading: tuple[Extract, ...], named: Mapping[Expr, Element]) -> tuple[Element, Element]:
        doc = named[reading[0].doc] if reading[0].doc in named else self.writer.expr(reading[0].doc)
        return self.writer.extract_many(doc, [extract.path for extract in reading])

    # ── level three: one boolean per slot ───────────────────────────────────────────────────────────

    def _flags(self) -> sa.Subquery:
        """Names of our own and texts that the writer has quoted: assembling them as text is a tenth of the cost."""
        writer, rows = self.writer, self.rows
        reads = any(any(version.extracts) for version in self.table.versions)
        if reads:
            texts, kinds = rows.col("texts"), rows.col("types")
            writer.bind_extracted(lambda i: writer.at_position(texts, i), lambda i: writer.at_position(kinds, i))
        fails = _columns(self.rule_slots, [[_must(_fails(rule)) for rule in rules] for rules in self.checked])
        dear = Lookups.within(_each(fails), self.table.landed.table, rows.prefix)
        fails = [replaced(slot, dear.instead) for slot in fails] if dear.of else fails
        present = _columns(self.property_slots, [[_must(p.present) for p in counted] for counted in self.counted])
        undeclared = self._undeclared()
        chosen = [rows.name(key) for key in rows.keys]
        carried = [self._presence(slot) for slot in present]
        shown = {text: rows.name(f"p{n}") for n, text in reversed(list(enumerate(carried)))}
        taken = frozenset(shown.values())
        self._absent: dict[int, str] = {}
        for n, slot in enumerate(fails):
            value = null_of(slot)
            text = self._flag(slot) if value is None else self._value(value)
            if value is not None:
                self._absent[n] = shown.get(text, rows.name(f"f{n}"))
            if self._absent.get(n) not in taken:
                chosen.append(f"{text} AS {rows.name(f'f{n}')}")
        chosen += [f"{text} AS {rows.name(f'p{n}')}" for n, text in enumerate(carried)]
        if undeclared is not None:
            chosen.append(f"{undeclared} AS {rows.name('undeclared')}")
        elsewhere = self._elsewhere()
        if elsewhere is not None:
            chosen.append(f"{elsewhere} AS {rows.name('elsewhere')}")
        if rows.several:
            chosen.append(rows.name("k"))
        below = rows.with_kind(landed_columns(self.whole or self.table))
        if reads:
            below = self._extract(below)
        read = dear.beside(below, rows) if dear.of else below
        self._partial = [[i for i, expr in enumerate(slot) if expr is not None] for slot in fails]
        self._has_undeclared, self._breaks_elsewhere = undeclared is not None, elsewhere is not None
        flagged: sa.Select[Any] = sa.select(sa.literal_column(", ".join(chosen))).select_from(read)
        return self.writer.fence(flagged).subquery(rows.name("flags"))

    def _flag(self, per_version: Sequence[Expr | None]) -> str | None:
        """One slot: what each version asks there.

        Where versions differ only in the names of their keys, the cheap look at how many there are is shared.
        """
        asked = {expr for expr in per_version if expr is not None}
        looks = {v.MoreKeys(e.doc, e.path, e.places) for e in asked if isinstance(e, v.HasOtherKeys) and e.places}
        several = len(asked) > 1 and len(looks) == 1
        if several and all(isinstance(expr, v.HasOtherKeys) and expr.places for expr in asked):
            named = [replace(e, places=()) if isinstance(e, v.HasOtherKeys) else None for e in per_version]
            return f"CASE WHEN {self._say(looks.pop())} THEN {self._flag(named)} ELSE false END"
        return self.rows.by_version([None if expr is None else self._say(expr) for expr in per_version])

    def _value(self, at: Expr | v.Place) -> str:
        """What a slot asks to be there: a value, or the kind of one in a document."""
        if isinstance(at, v.At | v.Extracted | v.Item | v.Nth):
            return self.writer.compile(self.writer.kind(at))
        return self._say(at)

    def _say(self, expr: Expr) -> str:
        return self.writer.said(expr, self.rows.prefix)

    def _undeclared(self) -> str | None:
        """The row carries something that its own version does not declare: no flag of a rule, so it has no slot."""
        spoken = [None if v_.undeclared in {None, _NEVER} else v_.undeclared for v_ in self.table.versions]
        flag = self._flag(spoken)
        holders = [index for index, one in enumerate(spoken) if one is not None]
        if flag is None or len(holders) == len(spoken):
            return flag
        return f"({self.rows.arm(holders)} AND ({flag}))"

    def _elsewhere(self) -> str | None:
        """The row breaks a rule of another slice: it is invalid, whoever counts that rule."""
        if self.whole is None or self.whole is self.table:
            return None
        mine = [{rule.id for rule in version.rules} for version in self.table.versions]
        others = [
            [_must(_fails(rule)) for rule in version.rules if rule.id not in own and _fails(rule) is not None]
            for version, own in zip(self.whole.versions, mine, strict=True)
        ]
        flags = []
        for slot in _columns(slots.assign(others), others):
            holders = [index for index, expr in enumerate(slot) if expr is not None]
            flag = self._flag(slot)
            flags.append(f"({flag})" if len(holders) == len(slot) else f"({self.rows.arm(holders)} AND ({flag}))")
        return any_of(flags) if flags else None

    def _presence(self, per_version: Sequence[Expr | None]) -> str | None:
        """What is NULL where the row lacks the property; a flag where versions keep properties of several types."""
        said = [None if expr is None else self._say(expr) for expr in per_version]
        if len({text for text in said if text is not None}) == 1:
            return next(text for text in said if text is not None)
        return self.rows.by_version([text and f"CASE WHEN {text} IS NOT NULL THEN 1 END" for text in said])

    # ── level four: counting ────────────────────────────────────────────────────────────────────────

    def _count(self, flags: sa.Subquery) -> sa.Select[Any]:
        rows = self.rows
        everyone = len(self.table.versions)
        absent, columns = self._absent, [rows.name(f"f{n}") for n in range(len(self._partial))]
        fails = [f"{absent[n]} IS NULL" if n in absent else flag for n, flag in enumerate(columns)]
        own = [
            fail if len(holders) == everyone else f"({rows.arm(holders)} AND {fail})"
            for fail, holders in zip(fails, self._partial, strict=True)
        ]
        own += [rows.name("elsewhere")] if self._breaks_elsewhere else []
        counts = [
            "count(*)",
            rows_where(any_of(own)) if own else "0",
            rows_where(rows.name("undeclared")) if self._has_undeclared else "0",
            *(nulls_of(absent[n]) if n in absent else rows_where(flag) for n, flag in enumerate(columns)),
            *(f"count({rows.name(f'p{n}')})" for n in range(_width(self.property_slots))),
        ]
        keys = [rows.name(key) for key in rows.keys]
        chosen = keys + [f"{count} AS {rows.name(f'n{n}')}" for n, count in enumerate(counts)]
        ordinals = ", ".join(str(n + 1) for n in range(len(keys)))
        statement: sa.Select[Any] = sa.select(sa.literal_column(", ".join(chosen))).select_from(flags)
        return statement.group_by(sa.literal_column(ordinals))

    def _map(self) -> SlotMap:
        versions = tuple(
            VersionSlots(
                event=version.event,
                version=version.version,
                raw_events=version.raw_events,
                raw_versions=version.raw_versions,
                rules=tuple((self.rule_slots[n][_must(_fails(rule))], rule.id) for rule in self.checked[n]),
                properties=tuple((self.property_slots[n][_must(p.present)], p.pointer) for p in self.counted[n]),
            )
            for n, version in enumerate(self.table.versions)
        )
        event = None if self.rows.one_event is None else str(self.rows.one_event)
        return SlotMap(event, self.rows.windows, _width(self.rule_slots), _width(self.property_slots), versions)


def _fails(rule: Rule) -> Expr | None:
    """The rule's predicate, where it is one that can fail."""
    if isinstance(rule.verdict, Compiled) and rule.verdict.fails != _NEVER:
        return rule.verdict.fails
    return None


def _must(expr: Expr | None) -> Expr:
    assert expr is not None  # noqa: S101 - only asked of rules and properties that were kept for having one
    return expr


def _columns(assigned: Sequence[dict[Expr, int]], wants: Sequence[Sequence[Expr]]) -> list[list[Expr | None]]:
    """Per slot, what each version has there."""
    table: list[list[Expr | None]] = [[None] * len(assigned) for _ in range(_width(assigned))]
    for version, exprs in enumerate(wants):
        for expr in exprs:
            table[assigned[version][expr]][version] = expr
    return table


def _each(slots_: Sequence[Sequence[Expr | None]]) -> list[Expr]:
    return [expr for slot in slots_ for expr in slot if expr is not None]


def _width(assigned: Sequence[dict[Expr, int]]) -> int:
    return max((len(slot) for slot in assigned), default=0)

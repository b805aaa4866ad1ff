"""The contract as values: what every landed row must fit, and what cannot be checked and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from monitor.catalog import Family
from monitor.landing.model import LandedTable, MissingTable
from monitor.plan.model import Plan, Refused, Status
from monitor.sql.vocabulary import Expr, Path, Scalar


@dataclass(frozen=True, slots=True)
class Compiled:
    """Checked: `fails` is true for exactly the rows that break the rule."""

    fails: Expr


@dataclass(frozen=True, slots=True)
class Undecidable:
    """Not checkable once landed: the landing loses what the keyword speaks of."""

    reason: str
    vacuous: bool = False
    """Every value that can land there passes: the keyword speaks of another kind."""


@dataclass(frozen=True, slots=True)
class Declined:
    """Refused: the compiler does not know the keyword or its value."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unmeasurable:
    """Known, but the column landed as a type that the rule cannot be asked of: itself a finding."""

    reason: str


Verdict: TypeAlias = Compiled | Undecidable | Declined | Unmeasurable


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock Great Expectations expectation or a dbt test that says the same as the rule."""

    name: str
    arguments: tuple[tuple[str, Scalar | tuple[Scalar, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule without its id: a verdict, a sentence that follows the property's name, what stock tools call the same."""

    verdict: Verdict
    sentence: str
    expectation: Stock | None = None
    test: Stock | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One checkable statement about a landed row of one event version."""

    id: str
    """`order_completed@1-1-0#/currency:enum`: survives a change of the rule's value."""
    pointer: str
    """The property it speaks of, as a JSON pointer into the row: `/currency`; empty: the row."""
    keyword: str
    value: str
    """The keyword's value as compact JSON."""
    sentence: str
    """`currency is one of USD, EUR`"""
    verdict: Verdict
    expectation: Stock | None = None
    """Where the property is a column and a stock expectation counts the same rows."""
    test: Stock | None = None
    """The same for dbt's built-in data tests."""


@dataclass(frozen=True, slots=True)
class BoundProperty:
    """A planned property of one version and where it landed."""

    pointer: str
    name: str
    """For people: `address.city`."""
    types: tuple[str, ...]
    required: bool
    description: str = ""
    pii: bool | None = None
    """Declared personal data: yes, no, or not declared."""
    column: str = ""
    """The column that holds it; empty inside a document."""
    family: Family | None = None
    """The column's family now; None inside a document or where the column is absent."""
    native: str = ""
    """The engine's own word for the column's type."""
    landed: bool = True
    """False: the table has no such column."""
    fits: bool = True
    """False: the column's family cannot hold what the plan says."""
    present: Expr | None = None
    """True or not NULL where the row carries the property; None where it cannot be counted."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One property to be read out of a document."""

    doc: Expr
    path: Path


@dataclass(frozen=True, slots=True)
class BoundVersion:
    """One planned version of one event in one table."""

    event: str
    key: str
    version: str
    status: Status
    raw_events: tuple[str, ...]
    raw_versions: tuple[str, ...]
    """Spellings of the version that a row may carry."""
    properties: tuple[BoundProperty, ...]
    rules: tuple[Rule, ...]
    extracts: tuple[Extract | None, ...] = ()
    """By position (`vocabulary.Extracted`): what to read out of the document for this version."""
    undeclared: Expr | None = None
    """True where the row carries a column or key that this version does not declare."""
    undeclared_columns: tuple[str, ...] = ()
    """Columns of the table that this version does not declare, the collector's own left out."""
    document: Expr | None = None
    """The document, where the properties stand in one."""
    declared_keys: tuple[str, ...] = ()
    """The document's top-level keys that this version declares, as landed."""
    payload_missing: str = ""
    """The column whose absence means that this version's properties did not land."""


@dataclass(frozen=True, slots=True)
class BoundTable:
    """One landed table with every planned version that can stand in it."""

    landed: LandedTable
    versions: Sequence[BoundVersion]
    """Bound when they are looked at first."""
    hash: str
    """Changes when the scan's SQL would."""
    planned: bool = True

    @property
    def key(self) -> str:
        """The table's name in history: `web_prod.order_completed`."""
        return self.landed.key


@dataclass(frozen=True, slots=True)
class Contract:
    """The whole plan bound to what has landed."""

    plan: Plan
    tables: tuple[BoundTable, ...]
    missing: tuple[MissingTable, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def hash(self) -> str:
        """Of the plan's revision and every table's."""
        return _digest([self.plan.revision, *(f"{table.key}={table.hash}" for table in self.tables)])


def _digest(parts: list[str]) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:16]

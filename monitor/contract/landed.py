"""What a landing knows beyond columns and documents, as parts of a bound version, so that the same scan counts it.

Values that the warehouse discarded, rows that the collector refused, columns that a loader recovered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from monitor.contract.model import BoundVersion, Compiled, Rule
from monitor.contract.walk import pointer
from monitor.landing.model import LandedTable, Rejected
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

DISCARDED = "discarded"
"""The value was sent, and the warehouse did not take it: its column holds another type."""
REJECTED = "rejected"
"""The collector refused the event: it landed, if at all, among those that failed."""


def with_landing(version: BoundVersion, landed: LandedTable, prefix: str) -> BoundVersion:
    """The version with what its landing adds. `prefix` begins its rules' ids: `order_completed@1-1-0`."""
    if landed.discarded:
        version = _explained(version, landed.discarded, prefix)
    if landed.recovered:
        version = _with_recovered(version, landed.recovered)
    return version


def refused(version: BoundVersion, schema: Mapping[str, Any], payload: Rejected, prefix: str) -> BoundVersion:
    """Rows that the collector refused: every one fails, by the property of its schema that it was refused for.

    A row that was refused for several reasons fails for the first of them.
    """
    properties = schema.get("properties")
    names = tuple(name for name in properties if isinstance(name, str)) if isinstance(properties, Mapping) else ()
    rules = [_rejected(prefix, name, payload, sql.Compare(payload.reason, "=", sql.Literal(name))) for name in names]
    other = sql.Not(sql.OneOf(payload.reason, tuple(names))) if names else sql.Not(sql.IsNull(payload.reason))
    rest = sql.Or((sql.IsNull(payload.reason), other))
    return replace(version, rules=(*rules, _rejected(prefix, "", payload, rest)))


def _rejected(prefix: str, name: str, payload: Rejected, fails: Expr) -> Rule:
    at = pointer((name,)) if name else ""
    return Rule(
        id=f"{prefix}#{at}:{REJECTED}",
        pointer=at,
        keyword=REJECTED,
        value="true",
        sentence=f"{payload.by} accepts {name or 'the event as a whole'}",
        verdict=Compiled(fails),
    )


# ── discarded values ────────────────────────────────────────────────────────────────────────────────


def _explained(version: BoundVersion, discarded: Mapping[str, Expr], prefix: str) -> BoundVersion:
    """A required column that is NULL because its value was discarded is not missing: it is discarded."""
    columns = {prop.pointer: prop.column for prop in version.properties if prop.column in discarded}
    rules = tuple(
        _not_discarded(rule, discarded[columns[rule.pointer]])
        if rule.keyword == "required" and rule.pointer in columns
        else rule
        for rule in version.rules
    )
    return replace(version, rules=(*rules, *_discards(columns, discarded, prefix, version)))


def _not_discarded(rule: Rule, discarded: Expr) -> Rule:
    if not isinstance(rule.verdict, Compiled):
        return rule
    fails = sql.And((rule.verdict.fails, sql.Not(discarded)))
    # Stock tests count every NULL; this rule does not.
    return replace(rule, verdict=Compiled(fails), expectation=None, test=None)


def _discards(
    columns: Mapping[str, str], discarded: Mapping[str, Expr], prefix: str, version: BoundVersion
) -> Iterator[Rule]:
    names = {prop.pointer: prop.name for prop in version.properties}
    for at, column in columns.items():
        yield Rule(
            id=f"{prefix}#{at}:{DISCARDED}",
            pointer=at,
            keyword=DISCARDED,
            value="true",
            sentence=f"{names[at]} fits the type that its column has in the warehouse",
            verdict=Compiled(discarded[column]),
        )


# ── recovered columns ───────────────────────────────────────────────────────────────────────────────


def _with_recovered(version: BoundVersion, recovered: tuple[str, ...]) -> BoundVersion:
    """Columns that nobody planned, named where rows carry them."""
    held = tuple(sql.Not(sql.IsNull(sql.Column(name))) for name in recovered)
    known = () if version.undeclared is None else (version.undeclared,)
    extra = (*known, *held)
    undeclared = extra[0] if len(extra) == 1 else sql.Or(extra)
    names = tuple(dict.fromkeys((*version.undeclared_columns, *recovered)))
    return replace(version, undeclared=undeclared, undeclared_columns=names)

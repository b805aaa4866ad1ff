"""`run --json`: an outcome as one JSON object."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from monitor.contract.model import BoundTable, Compiled
from monitor.judge.model import Evidence, Finding

if TYPE_CHECKING:
    from monitor.outcome import Totals
    from monitor.run import Outcome, Sum


class SampleDocument(TypedDict):
    """Rules were asked of some rows only (`measure.sample`)."""

    rows: int
    """Of versions that the plan knows."""
    checked_rows: int
    """Of these, the ones that rules were asked of."""


class MeasuredDocument(TypedDict):
    """What this run read."""

    tables: int
    windows: int
    rows: int
    sample: SampleDocument | None
    """None: rules were asked of all rows."""
    queries: int
    seconds: float


class RuleDocument(TypedDict):
    """One rule that was asked, and how many rows broke it."""

    rule: str
    property: str
    keyword: str
    failed: int


class VersionDocument(TypedDict):
    """One version from one source, over all windows that this run measured."""

    event: str
    version: str
    """Empty: the landing does not say it."""
    source: str
    rows: int
    checked_rows: int
    """Of the rows, those that rules were asked of; `invalid_rows` and `rules` count among these."""
    invalid_rows: int
    failure_rate: float | None
    """Of the rows that were checked; None where there were none."""
    rules: Sequence[RuleDocument]
    """Every rule that is checked of a version that the plan knows; empty for others."""


class FindingDocument(TypedDict):
    """One finding that holds now."""

    kind: str
    severity: str
    event: str
    version: str
    source: str
    property: str
    message: str
    evidence: Mapping[str, object]
    """Name → value of each fact; `rules`: rule id → failing rows; `absorbed`: the findings that this one explains."""


class UnmeasuredDocument(TypedDict):
    """A table that could not be read: what it holds is unknown."""

    table: str
    problem: str
    hint: str
    events: Sequence[str]


class RunDocument(TypedDict):
    """The whole object."""

    run: str
    plan_revision: str
    measured: MeasuredDocument
    versions: Sequence[VersionDocument]
    findings: Sequence[FindingDocument]
    unmeasured: Sequence[UnmeasuredDocument]


def document(outcome: "Outcome") -> RunDocument:
    """The outcome of a run that was asked for its sums."""
    totals = outcome.totals
    tables = {table.key: table for table in outcome.binder.contract().tables} if outcome.sums else {}
    return {
        "run": outcome.run,
        "plan_revision": outcome.plan.revision,
        "measured": {
            "tables": totals.tables,
            "windows": totals.windows,
            "rows": totals.rows,
            "sample": _sample(totals),
            "queries": totals.queries,
            "seconds": round(totals.seconds, 3),
        },
        "versions": [_version(key, one, tables) for key, one in sorted(outcome.sums.items())],
        "findings": [_finding(finding) for finding in outcome.findings],
        "unmeasured": [
            {"table": one.table, "problem": one.problem, "hint": one.hint, "events": list(one.events)}
            for one in outcome.unmeasured
        ],
    }


def _sample(totals: "Totals") -> SampleDocument | None:
    if totals.checked == totals.planned:
        return None
    return {"rows": totals.planned, "checked_rows": totals.checked}


def _version(key: tuple[str, str, str], one: "Sum", tables: Mapping[str, BoundTable]) -> VersionDocument:
    event, version, source = key
    return {
        "event": event,
        "version": version,
        "source": source,
        "rows": one.rows,
        "checked_rows": one.checked,
        "invalid_rows": one.invalid,
        "failure_rate": one.invalid / one.checked if one.checked else None,
        "rules": list(_rules(event, version, one, [tables[name] for name in sorted(one.tables)])),
    }


def _rules(event: str, version: str, one: "Sum", tables: Iterable[BoundTable]) -> Iterator[RuleDocument]:
    """Each rule that is checked in one of the tables that the rows came from, once."""
    seen: set[str] = set()
    for table in tables:
        for bound in table.versions:
            if (bound.event, bound.version) != (event, version):
                continue
            for rule in bound.rules:
                if isinstance(rule.verdict, Compiled) and rule.id not in seen:
                    seen.add(rule.id)
                    failed = one.failed.get(rule.id, 0)
                    yield {"rule": rule.id, "property": dotted(rule.pointer), "keyword": rule.keyword, "failed": failed}


def dotted(pointer: str) -> str:
    """A JSON pointer as people write it.

    >>> dotted("/address/city"), dotted("/a~1b"), dotted("")
    ('address.city', 'a/b', '')
    """
    keys = pointer.split("/")[1:]
    return ".".join(key.replace("~1", "/").replace("~0", "~") for key in keys)


def _finding(finding: Finding) -> FindingDocument:
    return {
        "kind": finding.kind.value,
        "severity": finding.severity.word,
        "event": finding.event,
        "version": finding.version,
        "source": finding.source,
        "property": finding.property,
        "message": finding.message,
        "evidence": _evidence(finding.evidence, finding.absorbed),
    }


def _evidence(evidence: Evidence, absorbed: Sequence[Finding]) -> Mapping[str, object]:
    told: dict[str, object] = dict(evidence.facts)
    told["rules"] = dict(evidence.rules)
    told["absorbed"] = [
        {
            "kind": one.kind.value,
            "event": one.event,
            "version": one.version,
            "source": one.source,
            "property": one.property,
            "message": one.message,
        }
        for one in absorbed
    ]
    return told

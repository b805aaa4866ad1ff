"""One Great Expectations suite per event version and table, in the JSON that Great Expectations itself writes.

Stock expectations only, so that any Great Expectations user can run a suite without trackwarden: its batch is the
query in its own `meta.trackwarden.query` (`add_query_asset`). What no stock expectation says, or says otherwise
than the rule, is an `UnexpectedRowsExpectation`. What cannot be checked is listed with its reason.

Nothing in a suite changes with the plan's revision: it carries the hash of its own event version's schema, so a
change of the plan touches the suites of the versions that changed. Ids are made from names and stay.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID, uuid5

from monitor.contract.model import BoundTable, BoundVersion, Compiled, Contract, Rule, Stock
from monitor.plan.model import Event, Status, Tier
from monitor.sql import vocabulary as v
from monitor.targets.gx_sql import VersionRows
from monitor.targets.model import MARK, GeneratedFile
from monitor.targets.names import digest, slug

SUITES = "suites"
"""The suite store's folder in a project that we set up."""
GREAT_EXPECTATIONS = "1.24.1"
"""The version whose JSON this is."""

_IDS = UUID("5d9f7f2e-6d0e-5e0c-9d58-0b8f3c6f6a11")
_NEVER = v.Literal(value=False)
_SEVERITY = {Tier.CORE: "critical", Tier.STANDARD: "warning", Tier.EXPERIMENTAL: "info"}
_BETWEEN = "expect_column_values_to_be_between"
_EXACT = 2**53
"""Great Expectations reads bounds as floats: whole numbers from this on are not what they were."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One event version in one table, and the name of its suite."""

    name: str
    """`order_completed.1-1-0`; where the event lands in several tables `order_completed.1-1-0.web`."""
    event: Event
    table: BoundTable
    version: BoundVersion

    @property
    def path(self) -> PurePosixPath:
        """Where Great Expectations keeps a suite of that name, below its store's folder."""
        *folders, last = self.name.split(".")
        return PurePosixPath(*folders, f"{last}.json")

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are checked: those that some row could break."""
        return tuple(
            rule for rule in self.version.rules if isinstance(rule.verdict, Compiled) and rule.verdict.fails != _NEVER
        )


def listed(contract: Contract) -> tuple[Suite, ...]:
    """All suites by name. A version whose payload does not land has none, nor have refused events.

    Whether a name ends in a source follows from plan and configuration, not from which tables are there today.
    """
    held: dict[str, list[tuple[BoundTable, BoundVersion]]] = {}
    for table in contract.tables:
        for version in () if table.landed.rejected else table.versions:
            held.setdefault(version.event, []).append((table, version))
    suites: list[Suite] = []
    for event in contract.plan.events:
        labels = _labels(contract, event)
        for table, version in held.get(event.name, ()):
            label = labels[table.landed.landing] if len(labels) > 1 else ""
            name = ".".join(part for part in (slug(event.key), slug(version.version), label) if part)
            if not version.payload_missing:
                suites.append(Suite(name, event, table, version))
    return tuple(sorted(suites, key=lambda suite: suite.name))


def suites(contract: Contract, engine: str, folder: str = SUITES) -> tuple[GeneratedFile, ...]:
    """The suites as files below the suite store's `folder`, in the SQL of `engine` (`duckdb`)."""
    return tuple(GeneratedFile(PurePosixPath(folder) / suite.path, text(suite, engine)) for suite in listed(contract))


def text(suite: Suite, engine: str) -> str:
    """A suite's file."""
    rows = VersionRows(suite.table, suite.version, engine)
    planned = suite.event.version(suite.version.version)
    schema = json.dumps(planned.schema if planned else {}, sort_keys=True, default=str)
    about = {
        "note": f"{MARK}; edits are lost. Run it on a query asset of `query`.",
        "event": suite.event.name,
        "version": suite.version.version,
        "status": suite.version.status.value,
        "table": suite.table.key,
        "schema_hash": digest(schema)[:12],
        "query": rows.batch(),
        "unchecked": list(_unchecked(suite)),
    }
    said = {
        "name": suite.name,
        "id": _id(suite.name),
        "expectations": [_expectation(suite, rule, rows) for rule in suite.rules],
        "meta": {"great_expectations_version": GREAT_EXPECTATIONS, "trackwarden": about},
        "notes": _notes(suite),
    }
    return json.dumps(said, indent=2, sort_keys=True)  # no newline at its end: Great Expectations writes none


def _labels(contract: Contract, event: Event) -> dict[str, str]:
    """Landing → what tells its table from the others that hold the event, or would."""
    landings = [
        table.landed.landing for table in contract.tables for held in table.landed.events if held.event == event.name
    ]
    landings += [absent.landing for absent in contract.missing if _would_hold(absent.event, absent.source, event)]
    words = {landing: slug(landing.partition(":")[2]) for landing in dict.fromkeys(landings)}
    shared = Counter(words.values())
    return {
        landing: word if shared[word] == 1 else f"{word}_{slug(landing.partition(':')[0])}"
        for landing, word in words.items()
    }


def _would_hold(planned: str, source: str, event: Event) -> bool:
    if planned:
        return planned == event.name
    return not source or not event.sources or source in event.sources


def _expectation(suite: Suite, rule: Rule, rows: VersionRows) -> dict[str, Any]:
    # No `description`: Great Expectations' Data Docs would put it into their pages without escaping it.
    kwargs = _stock(suite.version, rule)
    return {
        "id": _id(suite.name, rule.id),
        "type": rule.expectation.name if rule.expectation and kwargs else "unexpected_rows_expectation",
        "kwargs": kwargs or {"unexpected_rows_query": rows.failing(rule)},
        "severity": _severity(suite),
        "notes": rule.sentence,
        "meta": {"trackwarden": {"rule": rule.id, "property": rule.pointer, "keyword": rule.keyword}},
    }


def _stock(version: BoundVersion, rule: Rule) -> dict[str, Any]:
    """The stock expectation's arguments; empty where it has none that counts the same rows."""
    column = next((p.column for p in version.properties if p.pointer == rule.pointer), "")
    if rule.expectation is None or not column or not _exact(rule.expectation):
        return {}
    arguments = {name: list(value) if isinstance(value, tuple) else value for name, value in rule.expectation.arguments}
    if rule.expectation.name == _BETWEEN:  # whose bounds it keeps as floats
        arguments = {name: float(value) if type(value) is int else value for name, value in arguments.items()}
    return {"column": column, **arguments}


def _exact(stock: Stock) -> bool:
    values = [
        value for _, argument in stock.arguments for value in (argument if isinstance(argument, tuple) else (argument,))
    ]
    return all(not isinstance(value, int) or abs(value) < _EXACT for value in values)


def _severity(suite: Suite) -> str:
    """By the event's tier; a draft's failures are for information."""
    return "info" if suite.version.status is Status.DRAFT else _SEVERITY[suite.event.tier]


def _unchecked(suite: Suite) -> Iterator[dict[str, str]]:
    for rule in suite.version.rules:
        if not isinstance(rule.verdict, Compiled):
            verdict = type(rule.verdict).__name__.lower()
            yield {"rule": rule.id, "says": rule.sentence, "verdict": verdict, "reason": rule.verdict.reason}


def _notes(suite: Suite) -> list[str]:
    event = suite.event
    owner = f", owned by {event.team}" if event.team else ""
    notes = [f"{event.name} {suite.version.version} ({suite.version.status.value}) in {suite.table.key}{owner}."]
    if event.description:
        notes.append(event.description)
    unchecked = sum(not isinstance(rule.verdict, Compiled) for rule in suite.version.rules)
    if unchecked:
        notes.append(f"{unchecked} rules cannot be checked on what landed: see meta.trackwarden.unchecked.")
    return notes


def _id(*parts: str) -> str:
    return str(uuid5(_IDS, digest("\0".join(parts))))

"""One version of an event: its rules with their verdicts, its properties as planned and as landed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from monitor.contract.model import (
    BoundProperty,
    BoundTable,
    BoundVersion,
    Compiled,
    Declined,
    Rule,
    Undecidable,
    Unmeasurable,
    Verdict,
)
from monitor.judge.model import Past, SeriesPast
from monitor.plan.model import Event, EventVersion
from monitor.report.hours import recent, total
from monitor.report.index import Known
from monitor.report.pages import PropertyRow, RuleRow, VersionPart

_LOUD_FIRST = ("unmeasurable", "refused", "undecidable", "compiled")


def versions_of(event: Event, known: Known) -> tuple[VersionPart, ...]:
    """Every version that is planned or that came, newest planned first, then those the plan does not know."""
    series = known.series.get(event.name, ())
    bound = known.bound.get(event.name, ())
    since, until = recent(known.past)
    everything = sum(total(one.rows, known.past, since, until) for one in series)
    parts = [
        _part(
            planned,
            [one for one in series if one.series.version == planned.version and one.series.known],
            [pair for pair in bound if pair[1].version == planned.version],
            (known.past, everything),
        )
        for planned in reversed(event.versions)
    ]
    strange: defaultdict[str, list[SeriesPast]] = defaultdict(list)
    for one in series:
        if not one.series.known:
            strange[one.series.version].append(one)
    absent = [
        _part(EventVersion(version, {}), group, [], (known.past, everything), planned=False)
        for version, group in sorted(strange.items())
    ]
    return (*parts, *absent)


def _part(
    planned_version: EventVersion,
    series: Sequence[SeriesPast],
    bound: Sequence[tuple[BoundTable, BoundVersion]],
    known: tuple[Past, int],
    *,
    planned: bool = True,
) -> VersionPart:
    past, everything = known
    since, until = recent(past)
    rows = sum(total(one.rows, past, since, until) for one in series)
    undeclared: Counter[str] = Counter()
    for one in series:
        undeclared.update(dict(one.undeclared))
    return VersionPart(
        version=planned_version.version,
        status=planned_version.status.value if planned else "",
        until=planned_version.until,
        where=planned_version.where,
        first_hour=min((one.first_hour for one in series), default=None),
        last_hour=max((one.last_hour for one in series), default=None),
        rows=rows,
        checked=sum(total(one.checked, past, since, until) for one in series),
        invalid=sum(total(one.invalid, past, since, until) for one in series),
        share=rows / everything if everything else 0.0,
        rows_ever=sum(int(one.rows.sum()) for one in series),
        rules=_rules(bound, series, past),
        properties=_properties(bound, series) or _as_planned(planned_version),
        undeclared=tuple(undeclared.most_common()),
        undeclared_rows=sum(one.undeclared_rows for one in series),
        payload_missing=next((version.payload_missing for _, version in bound if version.payload_missing), ""),
    )


def _rules(
    bound: Sequence[tuple[BoundTable, BoundVersion]], series: Iterable[SeriesPast], past: Past
) -> tuple[RuleRow, ...]:
    since, until = recent(past)
    failed: Counter[str] = Counter()
    failed_ever: Counter[str] = Counter()
    for one in series:
        for rule_id, counts in one.failed.items():
            failed[rule_id] += total(counts, past, since, until)
            failed_ever[rule_id] += int(counts.sum())
    places: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    rules: dict[str, Rule] = {}
    for table, version in bound:
        for rule in version.rules:
            rules.setdefault(rule.id, rule)
            places[(rule.id, *_said(rule.verdict))].append(table.key)
    rows = [
        _rule(rules[key], verdict, reason, tables=tuple(sorted(set(tables))) if len(tables) < len(bound) else ())
        for (key, verdict, reason), tables in places.items()
    ]
    counted = [_counted(row, failed, failed_ever) for row in rows]
    return tuple(sorted(counted, key=lambda row: (-row.failed, _LOUD_FIRST.index(row.verdict), row.property)))


def _rule(rule: Rule, verdict: str, reason: str, *, tables: tuple[str, ...]) -> RuleRow:
    name = rule.pointer.removeprefix("/").replace("/", ".")
    return RuleRow(rule.id, name, rule.keyword, rule.sentence, verdict, reason, tables)


def _counted(row: RuleRow, failed: Mapping[str, int], failed_ever: Mapping[str, int]) -> RuleRow:
    counts = (failed.get(row.id, 0), failed_ever.get(row.id, 0)) if row.verdict == "compiled" else (0, 0)
    return RuleRow(row.id, row.property, row.keyword, row.sentence, row.verdict, row.reason, row.tables, *counts)


def _said(verdict: Verdict) -> tuple[str, str]:
    match verdict:
        case Compiled():
            return "compiled", ""
        case Undecidable(reason):
            return "undecidable", reason
        case Declined(reason):
            return "refused", reason
        case Unmeasurable(reason):
            return "unmeasurable", reason
        case _:
            assert_never(verdict)


def _properties(
    bound: Sequence[tuple[BoundTable, BoundVersion]], series: Sequence[SeriesPast]
) -> tuple[PropertyRow, ...]:
    present: Counter[str] = Counter()
    for one in series:
        present.update(dict(one.present))
    places: dict[tuple[str, str, str], list[str]] = {}
    first: dict[tuple[str, str, str], BoundProperty] = {}
    for table, version in bound:
        for one_property in version.properties:
            key = (one_property.pointer, *_landed(one_property))
            places.setdefault(key, []).append(table.key)
            first.setdefault(key, one_property)
    return tuple(
        PropertyRow(
            name=first[key].name,
            planned=" or ".join(first[key].types) or "any",
            landed=key[1],
            problem=key[2],
            present=present.get(key[0], 0) if first[key].present is not None and series else None,
            of=sum(one.recent_checked for one in series),
            required=first[key].required,
            pii=first[key].pii,
            description=first[key].description,
            tables=tuple(sorted(set(tables))) if len(tables) < len(bound) else (),
        )
        for key, tables in places.items()
    )


def _landed(one: BoundProperty) -> tuple[str, str]:
    """How a property landed, and what is wrong with that."""
    if not one.column and one.landed:
        return "in the document", ""
    if not one.landed:
        return "", "no such column"
    column = f"{one.native} ({one.column})" if one.column != one.name else one.native
    return column, "" if one.fits else "cannot hold what is planned"


def _as_planned(version: EventVersion) -> tuple[PropertyRow, ...]:
    """The properties of a version that landed nowhere, as its schema writes them (top level)."""
    properties = version.schema.get("properties")
    required = version.schema.get("required")
    names = required if isinstance(required, list) else []
    if not isinstance(properties, Mapping):
        return ()
    return tuple(_planned(str(name), schema, required=name in names) for name, schema in properties.items())


def _planned(name: str, schema: Any, *, required: bool) -> PropertyRow:
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    kind = known.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    pii = known.get("pii")
    return PropertyRow(
        name=name,
        planned=" or ".join(str(one) for one in kinds),
        landed="",
        problem="",
        present=None,
        of=0,
        required=required,
        pii=pii if isinstance(pii, bool) else None,
        description=str(known.get("description") or ""),
        tables=(),
    )

"""Columns whose type does not hold what the plan says, or is not what it was."""

from collections.abc import Iterable, Sequence

from monitor.catalog import Family
from monitor.judge.columns import Use, uses
from monitor.judge.lookup import Lookup, by_source, only
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import listed, per_source
from monitor.plan.model import Tier

_WIDER = {(Family.INTEGER, Family.NUMBER), (Family.DATE, Family.TIMESTAMP)}
"""Changes that lose nothing."""


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per table and column: a warning where the plan's type no longer fits, else info.

    Critical where a core event's column was right before.
    """
    wrong: dict[tuple[str, str], list[Use]] = {}
    for use in lookup.once(uses):
        if use.prop.landed and (not use.prop.fits or use.unmeasurable or _changed(use)):
            wrong.setdefault((use.table.key, use.prop.column), []).append(use)
    for (table, column), found in sorted(wrong.items()):
        yield _finding(lookup, thresholds, (table, column), found)


def _changed(use: Use) -> bool:
    """Another family than before, and not only a wider one."""
    if use.before is None or use.prop.family is None or use.before.family is use.prop.family:
        return False
    return (use.before.family, use.prop.family) not in _WIDER


def _finding(lookup: Lookup, thresholds: Thresholds, subject: tuple[str, str], found: Sequence[Use]) -> Finding:
    table, column = subject
    names = sorted({use.version.event for use in found})
    event = lookup.events.get(names[0]) if len(names) == 1 else None
    series = [one for use in found for one in use.series]
    misfit = any(not use.prop.fits or use.unmeasurable for use in found)
    before = next((use.before.native for use in found if use.before and _changed(use)), None)
    core = event is not None and event.tier is Tier.CORE
    loud = Severity.CRITICAL if core and before else Severity.WARNING
    native = found[0].prop.native
    types = sorted({kind for use in found for kind in use.prop.types if kind != "null"})
    was = f", it was {before}" if before else ""
    plan = f"the plan says {' or '.join(types)}" if types else "the plan's rules cannot be asked of it"
    unmeasurable = sorted({rule for use in found for rule in use.unmeasurable})
    rows = sum(one.recent_rows for one in series)
    return Finding(
        kind=Kind.COLUMN_TYPE_CHANGED,
        severity=thresholds.capped(loud, event) if misfit else Severity.INFO,
        message=f"{column} of {table} landed as {native}{was}; {plan}",
        event=names[0] if len(names) == 1 else "",
        version=only(use.version.version for use in found),
        source=only(one.series.source for one in series),
        property=only(use.prop.name for use in found) or column,
        evidence=Evidence(
            facts=(
                ("table", table),
                ("column", column),
                ("landed as", native),
                ("was", before),
                ("plan", ", ".join(types)),
                ("versions", listed([f"{use.version.event} {use.version.version}" for use in found])),
                ("rules not measurable", len(unmeasurable)),
                ("rows", rows),
                ("sources", per_source(by_source(series))),
            ),
            rules=tuple((rule, 0) for rule in unmeasurable),
            affected=rows,
        ),
        env=found[0].table.landed.env,
        tables=(table,),
    )

"""Planned properties whose column is absent while rows arrive."""

from collections.abc import Iterable, Sequence

from monitor.judge.columns import Use, undeclared_everywhere, uses
from monitor.judge.lookup import Lookup, by_source, only
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.judge.near import near
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count, listed, per_source
from monitor.plan.model import Tier


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event and property.

    A required one is a warning, and critical where a core event had it before. An optional one is a finding only where
    it had landed before: a column appears with its first value, so its absence may only mean that there was none yet.
    """
    absent: dict[tuple[str, str, str], list[Use]] = {}
    for use in lookup.once(uses):
        if not use.prop.landed and (use.prop.required or use.before is not None):
            absent.setdefault((use.table.landed.env, use.version.event, use.prop.name), []).append(use)
    for (env, name, prop), found in sorted(absent.items()):
        yield _finding(lookup, thresholds, (env, name, prop), found)


def _finding(lookup: Lookup, thresholds: Thresholds, subject: tuple[str, str, str], found: Sequence[Use]) -> Finding:
    env, name, prop = subject
    event = lookup.events.get(name)
    series = [one for use in found for one in use.series]
    rows = sum(one.recent_rows for one in series)
    gone = any(use.before is not None for use in found)
    required = any(use.prop.required for use in found)
    core = event is not None and event.tier is Tier.CORE
    severity = Severity.CRITICAL if gone and required and core else Severity.WARNING
    tables = sorted({use.table.key for use in found})
    hint = near(found[0].prop.column, sorted(set().union(*(undeclared_everywhere(use.table) for use in found))))
    instead = f"; it may have become {hint}" if hint else ""
    said = "is gone" if gone else "never landed"
    where = f"{listed(tables)} has no column {found[0].prop.column}, with {count(rows, 'row')} arriving"
    what = f"The {'required' if required else 'planned'} property {prop} {said}"
    return Finding(
        kind=Kind.MISSING_COLUMN,
        severity=thresholds.capped(severity, event),
        message=f"{what}: {where}{instead}",
        event=name,
        version=only(use.version.version for use in found),
        source=only(one.series.source for one in series),
        property=prop,
        evidence=Evidence(
            facts=(
                ("column", found[0].prop.column),
                ("was", next((use.before.native for use in found if use.before), None)),
                ("rows", rows),
                ("tables", listed(tables)),
                ("versions", listed(sorted({use.version.version for use in found}))),
                ("sources", per_source(by_source(series))),
            ),
            affected=rows,
        ),
        env=env,
        tables=tuple(tables),
    )

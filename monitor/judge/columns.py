"""Columns of landed tables as kinds see them: which planned properties stand in which, and which nobody planned."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.catalog import Column
from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Contract, Unmeasurable
from monitor.judge.lookup import Lookup
from monitor.judge.model import Past, SeriesPast


@dataclass(frozen=True, slots=True)
class Use:
    """One planned property in one version and table, with the rows of that version that arrive."""

    table: BoundTable
    version: BoundVersion
    prop: BoundProperty
    series: tuple[SeriesPast, ...]
    before: Column | None
    """The property's column as the table had it earlier; None: it had none, or nothing is known."""

    @property
    def unmeasurable(self) -> tuple[str, ...]:
        """Ids of the rules on it that cannot be asked of the column's type."""
        return tuple(
            rule.id
            for rule in self.version.rules
            if rule.pointer == self.prop.pointer and isinstance(rule.verdict, Unmeasurable)
        )


def uses(contract: Contract, past: Past) -> Iterable[Use]:
    """Every planned property that is a column of its own, in versions whose rows arrive and whose payload landed."""
    lookup = Lookup.of(contract, past)
    for table in contract.tables:
        known = past.tables.get(table.key)
        before = known.before if known else None
        for version in table.versions:
            series = lookup.arriving(table.key, version.event, version.version)
            if not series or version.payload_missing:
                continue
            for prop in version.properties:
                if prop.column:
                    earlier = before.column(prop.column) if before else None
                    yield Use(table, version, prop, series, earlier)


def undeclared_everywhere(table: BoundTable) -> frozenset[str]:
    """Columns that no version in the table declares, the collector's own left out.

    A version whose properties did not land here declares none, and says nothing of columns.
    """
    held = [frozenset(version.undeclared_columns) for version in table.versions if not version.payload_missing]
    return frozenset.intersection(*held) if table.planned and held else frozenset()

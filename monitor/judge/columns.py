"""Columns of landed tables as kinds see them: which planned properties stand in which, and which nobody planned."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.catalog import Column, Table
from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Unmeasurable
from monitor.contract.outline import outline
from monitor.judge.lookup import Lookup
from monitor.judge.model import SeriesPast


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


def uses(lookup: Lookup) -> tuple[Use, ...]:
    """Every planned property that is a column of its own, in versions whose rows arrive and whose payload landed.

    Tables of which no column is remarkable are left out.
    """
    return tuple(_uses(lookup))


def _uses(lookup: Lookup) -> Iterator[Use]:
    for table in lookup.contract.tables:
        known = lookup.past.tables.get(table.key)
        before = known.before if known else None
        if not lookup.arrives(table.key) or not (_remarkable(table) or _moved(before, table.landed.table)):
            continue
        for version in table.versions:
            series = lookup.arriving(table.key, version.event, version.version)
            if not series or version.payload_missing:
                continue
            for prop in version.properties:
                if prop.column:
                    earlier = before.column(prop.column) if before else None
                    yield Use(table, version, prop, series, earlier)


def _remarkable(table: BoundTable) -> bool:
    """A planned property's column cannot hold it, or is required and absent."""
    known = outline(table)
    return known.misfit or known.lacking


def _moved(before: Table | None, now: Table) -> bool:
    """A column is gone, or is of another family than it was."""
    if before is None:
        return False
    families = {column.name: column.family for column in now.columns}
    return any(families.get(column.name) is not column.family for column in before.columns)


def undeclared_everywhere(table: BoundTable) -> tuple[str, ...]:
    """Columns that no version in the table declares, by name, the collector's own left out.

    A version whose properties did not land here declares none, and says nothing of columns.
    """
    return outline(table).undeclared if table.planned else ()

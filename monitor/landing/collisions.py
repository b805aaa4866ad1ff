"""What is worth knowing of names that collide: told by `doctor`, and stops nothing."""

from collections.abc import Iterator, Mapping, Sequence

from monitor.catalog import Table, TableRef
from monitor.errors import ConfigError
from monitor.landing.collector import Schema, names_of
from monitor.landing.columns import find
from monitor.landing.naming import NAMING
from monitor.plan.model import Event


def only_tracks(schema: Schema, table: Table) -> ConfigError:
    """No event has a table of its own: `tracks` is all there is."""
    hint = "their properties did not land: switch the events' own tables on to have them checked"
    return ConfigError(f"events are counted in {table.ref}: none has a table", where=schema.listing.where, hint=hint)


def crowd_notes(
    schema: Schema, shared: Mapping[TableRef, Sequence[Event]], crowded: Mapping[TableRef, Sequence[Event]]
) -> Iterator[ConfigError]:
    """Events that share a table which cannot tell them apart: `crowded` are all but the first of `shared`."""
    for ref, events in crowded.items():
        if events:
            names = ", ".join(repr(event.name) for event in events)
            problem = f"{names} and {shared[ref][0].name!r} land in one table, {ref}, which has no event_text"
            hint = f"all its rows are taken for {shared[ref][0].name!r}: rename the others"
            yield ConfigError(problem, where=schema.listing.where, hint=hint)


def clash_notes(schema: Schema, shared: Mapping[TableRef, Sequence[Event]]) -> Iterator[ConfigError]:
    """Properties of one version that share a column (`ID`, `id`, `_id`): what landed there may be any of them."""
    naming = NAMING[schema.collector.naming]
    for event in (event for events in shared.values() for event in events):
        for version in event.versions:
            columns: dict[str, list[str]] = {}
            for name in names_of(version):
                columns.setdefault(naming((name,)), []).append(name)
            for column, names in columns.items():
                if len(names) > 1:
                    listed = " and ".join(map(repr, names))
                    problem = f"{listed} of {event.name} {version.version} share the column {column}"
                    hint = "what landed there may be any of them: rename all but one"
                    yield ConfigError(problem, where=schema.listing.where, hint=hint)


def dropped_notes(schema: Schema, shared: Mapping[TableRef, Sequence[Event]]) -> Iterator[ConfigError]:
    """Properties that are named like one of the collector's columns: they are dropped, or land with `_` before."""
    naming, own = NAMING[schema.collector.naming], schema.collector.own_columns
    for ref, events in shared.items():
        table = next(table for table in schema.tables if table.ref == ref)
        for event in events:
            names = dict.fromkeys(name for version in event.versions for name in names_of(version))
            for name in names:
                column = naming((name,))
                if column in own and find(table, f"_{column}") is None:
                    problem = f"{name!r} of {event.name} is named like the collector's own column {column}"
                    hint = "it does not land: rename the property"
                    yield ConfigError(problem, where=schema.listing.where, hint=hint)

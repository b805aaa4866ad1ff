"""What Snowplow's rows say of themselves: the event, as `vendor/name`, and its version's MODEL."""

from collections import Counter
from collections.abc import Mapping

from monitor.config.landings import SnowplowLanding
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_text
from monitor.landing.held import Held, planned_for
from monitor.plan.model import Event, Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr


def parts_of(event: Event) -> tuple[str, str]:
    """`vendor/name` → vendor, name; a name without a vendor has an empty one."""
    vendor, _, name = event.name.rpartition("/")
    return vendor, name


def held_events(plan: Plan, settings: SnowplowLanding) -> tuple[Held, ...]:
    """The planned events of the landing's source, and what they are called in a row."""
    bare = Counter(parts_of(event)[1] for event in plan.events)
    return tuple(Held(event, _raw(event, bare)) for event in planned_for(plan, settings.source))


def _raw(event: Event, bare: Mapping[str, int]) -> tuple[str, ...]:
    """`vendor/name`; the name alone too, for rows without a vendor, where no other planned event has it."""
    name = parts_of(event)[1]
    return (event.name, name) if name != event.name and bare[name] == 1 else (event.name,)


def event_expr(columns: Columns) -> Expr:
    """`event_vendor/event_name`, or the name alone where the vendor is empty, as in models' extracts."""
    name = columns.find("event_name")
    if name is None:
        raise ConfigError(
            f"{columns.table.ref} has no column event_name",
            where=f"{columns.where}.table",
            hint="name Snowplow's events table; another table of events may be of the layout json",
        )
    vendor = columns.find("event_vendor")
    if vendor is None:
        return as_text(name)
    return sql.Coalesce((sql.Concat((as_text(vendor), sql.Literal("/"), as_text(name))), as_text(name)))


def model_of(version: str) -> str:
    """The first number of a SchemaVer: `2-1-0` → `2`."""
    return version.partition("-")[0].partition(".")[0]

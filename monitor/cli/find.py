"""Names that people type, found in the plan."""

from monitor.errors import ConfigError
from monitor.plan.model import Event, Plan
from monitor.plan.nearest import nearest


def planned_event(plan: Plan, name: str, where: str) -> Event:
    """The event of that name or key, letter case aside. Raises ConfigError with the nearest name."""
    asked = name.casefold()
    for event in plan.events:
        if asked in (event.name.casefold(), event.key.casefold()):
            return event
    near = nearest(name, [event.name for event in plan.events])
    hint = f"did you mean '{near}'?" if near else "`trackwarden plan show` lists the planned events"
    raise ConfigError(f"event {name!r} is not in the plan", where=where, hint=hint)

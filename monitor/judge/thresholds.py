"""The limits that findings are judged by, and how they differ from event to event."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.judge.model import Severity
from monitor.plan.model import Event, Tier


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Rates are shares (0.01 is 1%). Overrides: an event's stand before its team's, a team's before its tier's."""

    failure_rate_warning: float = 0.01
    failure_rate_critical: float = 0.05
    min_failures: int = 5
    """Fewer failing rows are no finding, whatever their share."""
    drop: tuple[float, float, float, float] = (0.5, 0.4, 0.3, 0.2)
    """The least drop that matters, over 1, 3, 6 and 24 hours."""
    spike: tuple[float, float, float, float] = (1.0, 0.8, 0.6, 0.4)
    """The least rise that matters, over the same windows."""
    min_expected: int = 15
    """Fewer expected rows say nothing about volume."""
    z: float = 5.0
    """Standard deviations beyond which a volume is no chance."""
    min_rows: int = 5
    """Undeclared, unplanned or unknown: below so many rows in the last days it is only worth a line (info)."""
    group_beyond: int = 20
    """More names than this of one table, or unplanned events at once, are one finding."""
    loudest: Severity = Severity.CRITICAL
    """No finding of the event is louder."""
    tiers: Mapping[Tier, "Thresholds"] = field(default_factory=dict)
    teams: Mapping[str, "Thresholds"] = field(default_factory=dict)
    events: Mapping[str, "Thresholds"] = field(default_factory=dict)

    def for_event(self, event: Event | None) -> "Thresholds":
        """The thresholds of one event; these ones where nothing overrides them."""
        if event is None:
            return self
        return self.events.get(event.name) or self.teams.get(event.team) or self.tiers.get(event.tier) or self

    def capped(self, severity: Severity, event: Event | None) -> Severity:
        """The severity, but an experimental event's is at most a warning."""
        loudest = self.for_event(event).loudest
        if event is not None and event.tier is Tier.EXPERIMENTAL:
            loudest = min(loudest, Severity.WARNING)
        return min(severity, loudest)

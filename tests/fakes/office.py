"""A history and a Slack, and what happens between them: findings come, people press, hours go by."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.alert.lanes import empty
from monitor.alert.outbox import DeliveryReport, Pace
from monitor.alert.routing import Destination, MessageContext, Routing
from monitor.alert.sender import Sender
from monitor.alert.slack import BotSender
from monitor.alert.tell import acted, decided
from monitor.history.store import History
from monitor.incidents.actions import Action, Refused, act
from monitor.incidents.lifecycle import transitions
from monitor.incidents.model import Incident, Intent, Observed, Patience
from monitor.judge.model import Finding
from tests.fakes.slack import FakeSlack
from tests.fakes.told import CONTEXT, Clock

HOUR = timedelta(hours=1)
EVERYBODY = Routing("C0", usual=Destination(mention="S0789"))
"""One channel, whoever owns an event."""


def seen(*findings: Finding, **also: Any) -> Observed:
    """What a run looked at: everything that these tests speak of."""
    events = frozenset({"Order Completed", "Checkout Started", "Product Viewed"})
    versions = frozenset((event, f"{n}-{m}-0") for event in events for n in (1, 2, 3) for m in range(3))
    return replace(Observed(findings, frozenset(), frozenset(), events, versions), **also)


@dataclass
class Office:
    """One workspace's incidents. Every run is an hour after the one before."""

    history: History
    slack: FakeSlack
    clock: Clock = field(default_factory=Clock)
    told: MessageContext = field(default_factory=lambda: replace(CONTEXT, routing=EVERYBODY))
    patience: Patience = field(default_factory=Patience)
    make: Callable[[], Sender] | None = None

    @classmethod
    def at(cls, folder: Path, slack: FakeSlack) -> "Office":
        """A new history in that folder."""
        return cls(History.open("sqlite:///history.db", root=folder), slack)

    @property
    def context(self) -> MessageContext:
        """What messages say now."""
        return replace(self.told, now=self.clock.now)

    def run(self, *findings: Finding, hours: float = 1, sends: bool = True, **also: Any) -> DeliveryReport:
        """A run that found these; then that much time goes by."""
        began = self.clock.now
        self.decide(*findings, **also)
        report = self.send() if sends else DeliveryReport()
        self.clock.now = max(began + hours * HOUR, self.clock.now)
        return report

    def decide(self, *findings: Finding, **also: Any) -> None:
        """What a run decides and keeps; nothing is sent."""
        told = self.context

        def decide(known: tuple[Incident, ...]) -> Any:
            return decided(transitions(known, seen(*findings, **also), told.now, self.patience), known, told)

        self.history.desk.change(decide)

    def send(self, budget: float = 60.0) -> DeliveryReport:
        """Empty the outbox."""
        return empty(self.history.desk, self.make or self.sender, Pace(self.clock, self.clock.sleep, budget))

    def sender(self) -> Sender:
        """Slack by the bot."""
        return BotSender(self.slack.token, "C0", base_url=self.slack.url, timeout=2)

    def says(self, what: Intent, key: str = "k1", **details: Any) -> bool:
        """Somebody does something about the one incident; whether it was done now."""
        told = self.context

        def decide(known: tuple[Incident, ...]) -> Any:
            step = act(known[0], Action(what, "ann", **details), told.now)
            assert not isinstance(step, Refused), step
            return acted(step, key, told)

        return self.history.desk.change(decide, once=key) is not None

    @property
    def incident(self) -> Incident:
        """The only one."""
        (one,) = self.history.incidents()
        return one

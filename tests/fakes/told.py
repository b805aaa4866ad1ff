"""Findings, transitions and pending messages for tests of what is told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from monitor.alert.message import messages
from monitor.alert.routing import Destination, MessageContext, Owner, Routing
from monitor.incidents.model import Delivery, Incident, Intent, State, Transition
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.plan.model import Tier

NOW = datetime(2026, 7, 1, 14, tzinfo=UTC)

FAILING = Finding(
    Kind.FAILURE_RATE,
    Severity.CRITICAL,
    "18.2% of 12,480 rows fail (limit 1%)",
    "Order Completed",
    "1-1-0",
    "ios",
    "currency",
    Evidence(
        (
            ("failing rows", 2_271),
            ("rows", 12_480),
            ("rate", 0.182),
            ("limit", 0.01),
            ("since", "2026-06-29T14:00Z"),
            ("usual", None),
        ),
        (("order_completed@1-1-0#/currency:enum", 2_271), ("order_completed@1-1-0#/currency:maxLength", 12)),
        affected=2_271,
    ),
)
DROP = Finding(
    Kind.VOLUME_DROP,
    Severity.CRITICAL,
    "−72%: 1,204 rows seen, 4,310 expected (3,700 to 4,900)",
    "Checkout Started",
    "",
    "android",
    "",
    Evidence((("seen", 1_204), ("expected", 4_310), ("since", "2026-06-30T15:00Z")), affected=3_106),
)
CONTEXT = MessageContext(
    run="run-20260701-1400",
    now=NOW,
    plan_revision="0f3a9c1d2e4b",
    routing=Routing("C0", {"checkout": Destination("C1", "S0789")}),
    owners={
        "Order Completed": Owner("checkout", Tier.CORE),
        "Checkout Started": Owner("checkout"),
        "Product Viewed": Owner(""),
    },
)


def transition(finding: Finding, intent: Intent | None = Intent.OPENED, *, number: int = 1) -> Transition:
    """A change that is told for that reason; the incident opened five hours ago."""
    after = Incident(
        fingerprint=f"v1:{number:016x}",
        episode=1,
        state=State.OPEN,
        severity=finding.severity,
        finding=finding,
        opened_at=NOW - timedelta(hours=5),
        seen_at=NOW,
        resolved_at=NOW if intent is Intent.RESOLVED else None,
        peak=finding.severity,
        sequence=1,
    )
    before = None if intent in (Intent.OPENED, Intent.ADOPTED) else after
    if intent is Intent.ESCALATED:
        before = replace(after, severity=Severity.WARNING)
    if intent is Intent.REOPENED:
        before = replace(after, state=State.RESOLVED, resolved_at=NOW - timedelta(hours=3))
    return Transition(before, after, intent, "version 1-1-0 left the plan" if intent is Intent.WITHDRAWN else "new")


def deliveries(count: int, *, channel: str = "") -> tuple[Delivery, ...]:
    """As many different messages to one channel (empty: the default)."""
    transitions = [transition(FAILING, number=number) for number in range(1, count + 1)]
    told = replace(CONTEXT, routing=replace(CONTEXT.routing, digest_over=10_000))
    written = messages(transitions, told)
    return tuple(replace(delivery, channel=channel) for delivery in written)


@dataclass
class Kept:
    """An outbox in memory: what is delivered, and why the rest is not."""

    pending: list[Delivery]
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    not_before: dict[str, datetime | None] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    earlier: int = 1
    """How often these messages were claimed before."""

    def claim(self, now: datetime, until: datetime, but: Collection[str] = ()) -> Sequence[Delivery]:
        """All that is pending."""
        assert now < until
        pending = [delivery for delivery in self.still_pending() if delivery.id not in but]
        return [replace(delivery, claims=self.earlier + 1) for delivery in pending]

    def unclaim(self, untried: Sequence[str]) -> None:
        """What is told is never given back."""
        assert not set(untried) & self.told.keys()

    def delivered(self, delivery_id: str, *, at: datetime, channel: str, ts: str) -> None:
        """Marked as told; a second time is a mistake."""
        assert at.tzinfo is not None
        assert delivery_id not in self.told
        self.told[delivery_id] = (channel, ts)

    def skipped(self, delivery_id: str, *, at: datetime, why: str) -> None:
        """Done with, and not sent."""
        assert at.tzinfo is not None
        assert why
        self.told[delivery_id] = ("", "")
        self.passed.append(why)

    def not_delivered(self, delivery_id: str, *, error: str, not_before: datetime | None = None) -> None:
        """One more try failed."""
        self.errors.setdefault(delivery_id, []).append(error)
        self.not_before[delivery_id] = not_before

    def still_pending(self) -> Sequence[Delivery]:
        """What the next run finds."""
        return [delivery for delivery in self.pending if delivery.id not in self.told]


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        """The moment."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time goes by."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

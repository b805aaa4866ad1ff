"""Every place in its own time: Slack, and each channel beside it, are emptied side by side.

A mail server that hangs holds up its own messages and nobody else's; a refusal of one place is none of another's.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from monitor.alert import outbox as lane
from monitor.alert.outbox import DeliveryReport, Pace
from monitor.alert.routing import PLACE
from monitor.alert.sender import Claims, Outcome, Sender, Skipped
from monitor.errors import NotifyError
from monitor.incidents.model import Delivery

SLACK = "Slack"
_CLAIM_BEYOND = timedelta(seconds=90)
"""A last try may begin as the time for sending ends, and take as long as a sender's timeouts."""


class Everywhere:
    """Slack and the channels beside it: a delivery names its place."""

    def __init__(self, slack: Sender, channels: Mapping[str, Sender]) -> None:
        """Take what sends to Slack, and what sends to each place (`channels.on-call`)."""
        self._slack, self._channels = slack, channels

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        """Hand one message to its place; one whose channel has left the configuration is done with."""
        if not delivery.channel.startswith(PLACE):
            return self._slack.send(delivery, maybe_sent=maybe_sent)
        channel = self._channels.get(delivery.channel)
        if channel is None:
            return Skipped(f"{delivery.channel} is not in the configuration any more: its messages are dropped")
        return channel.send(delivery, maybe_sent=maybe_sent)


def empty(outbox: Claims, sender: Callable[[], Sender], pace: Pace) -> DeliveryReport:
    """Claim what may be sent now, and send it, each place's messages in order, all places at once (`outbox.empty`).

    Raises what the outbox raises. What came meanwhile is sent too, while there is time.
    """
    began = pace.clock()
    until = began + timedelta(seconds=pace.budget_seconds) + _CLAIM_BEYOND
    reports: list[DeliveryReport] = []
    taken: set[str] = set()
    sends: list[Sender] = []
    while claimed := outbox.claim(pace.clock(), until, taken):
        taken |= {one.id for one in claimed}
        sends = sends or [sender()]  # a sender costs an import, and most runs have nothing to say
        left = pace.budget_seconds - (pace.clock() - began).total_seconds()
        parts = _parts(outbox, claimed)
        try:
            reports += _at_once(parts, sends[0], replace(pace, budget_seconds=max(left, 0.0)))
        finally:
            outbox.unclaim([one for part in parts for one in part.untried])
        if left <= 0 or (pace.clock() - began).total_seconds() >= pace.budget_seconds:
            break
    return _together(reports)


class _Part:
    """One place's share of what was claimed; the outbox behind it is written by one at a time."""

    def __init__(self, place: str, claimed: Sequence[Delivery], outbox: Claims, turn: Lock) -> None:
        self.place = place
        self.untried: Sequence[str] = [one.id for one in claimed]
        self._claimed, self._outbox, self._turn = claimed, outbox, turn

    def claim(self, now: datetime, until: datetime, but: Collection[str] = ()) -> Sequence[Delivery]:  # noqa: ARG002 - it is claimed already
        """All of it, once."""
        claimed, self._claimed = self._claimed, ()
        return claimed

    def unclaim(self, untried: Sequence[str]) -> None:
        """Given back with all others' when everybody is done: one process has one claim."""
        self.untried = untried

    def delivered(self, delivery_id: str, *, at: datetime, channel: str, ts: str) -> None:
        """The message is told."""
        with self._turn:
            self._outbox.delivered(delivery_id, at=at, channel=channel, ts=ts)

    def skipped(self, delivery_id: str, *, at: datetime, why: str) -> None:
        """The message is done with."""
        with self._turn:
            self._outbox.skipped(delivery_id, at=at, why=why)

    def not_delivered(self, delivery_id: str, *, error: str, not_before: datetime | None = None) -> None:
        """One more try failed."""
        with self._turn:
            self._outbox.not_delivered(delivery_id, error=error, not_before=not_before)


def _parts(outbox: Claims, claimed: Sequence[Delivery]) -> list[_Part]:
    """Slack first."""
    by_place: defaultdict[str, list[Delivery]] = defaultdict(list)
    for one in claimed:
        by_place[one.channel if one.channel.startswith(PLACE) else ""].append(one)
    turn = Lock()
    return [_Part(place, by_place[place], outbox, turn) for place in sorted(by_place)]


def _at_once(parts: Sequence[_Part], sender: Sender, pace: Pace) -> list[DeliveryReport]:
    """The first one here, every other one in a thread of its own."""

    def emptied(part: _Part) -> DeliveryReport:
        return _named(lane.empty(part, lambda: sender, pace), part.place)

    first, *others = parts
    if not others:
        return [emptied(first)]
    with ThreadPoolExecutor(len(others), thread_name_prefix="outbox") as threads:
        futures = [threads.submit(emptied, part) for part in others]
        reports = [emptied(first)]
        return [*reports, *(future.result() for future in futures)]


def _named(report: DeliveryReport, place: str) -> DeliveryReport:
    """Problems say where they are: the key of the configuration."""
    if not place:
        return report
    problems = tuple(NotifyError(one.problem, where=place, hint=one.hint) for one in report.problems)
    return replace(report, problems=problems)


def _together(reports: Sequence[DeliveryReport]) -> DeliveryReport:
    if len(reports) == 1:
        return reports[0]
    return DeliveryReport(
        sent=sum(one.sent for one in reports),
        printed=sum(one.printed for one in reports),
        waiting=sum(one.waiting for one in reports),
        failed=sum(one.failed for one in reports),
        problems=tuple(problem for one in reports for problem in one.problems),
        notes=tuple(dict.fromkeys(note for one in reports for note in one.notes)),
    )

"""The outbox emptied: each message sent once, at Slack's pace, within a time; what is left waits for the next run."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from monitor.alert.sender import Printed, Reach, Refused, Sender, Sent
from monitor.errors import NotifyError
from monitor.incidents.model import Delivery
from monitor.judge.words import count

_TRIES = 5
"""Tries of one message in one run."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0


class Outbox(Protocol):
    """Where deliveries are kept: what happened is written down at once, message by message."""

    def delivered(self, delivery_id: str, *, at: datetime, channel: str, ts: str) -> None:
        """The message is told, and never sent again."""
        ...

    def not_delivered(self, delivery_id: str, *, error: str) -> None:
        """One more try failed; the message stays pending."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how long to send."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    budget_seconds: float = 60.0
    """No new try starts after so many seconds."""
    per_channel_seconds: float = 1.0
    """Between two posts to one channel."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of the pending messages. With `problems` the command ends in exit code 5."""

    sent: int = 0
    printed: int = 0
    waiting: int = 0
    """Not sent yet; the next run tries again of itself."""
    failed: int = 0
    """Not sent, and not until somebody does what the problem says; they stay in the outbox too."""
    problems: tuple[NotifyError, ...] = ()
    notes: tuple[str, ...] = ()
    """What went well but should be known: sent elsewhere, without its layout, or perhaps twice."""


def deliver(
    pending: Sequence[Delivery], sender: Sender, mark: Outbox, pace: Pace, *, fresh: AbstractSet[str] = frozenset()
) -> DeliveryReport:
    """Send what is pending, in order, one post per second and channel, with retries that end with the time.

    `fresh` are the ids that this very run has written: nobody can have sent them. All others may have
    been sent by a run that died before it could say so, and are looked up before they are posted.
    Raises only what `mark` raises; a message that it could not mark is looked up by the next run.
    """
    items = [_Item(d, d, maybe_sent=d.id not in fresh, not_before=pace.clock()) for d in pending if d.sent_at is None]
    sending = _Sending(items, sender, mark, pace)
    while item := sending.next():
        sending.attempt(item)
    return sending.report()


@dataclass(slots=True, eq=False)
class _Item:
    """A message on its way. `delivery` is the one in the outbox, `form` the one to be sent."""

    delivery: Delivery
    form: Delivery
    maybe_sent: bool
    not_before: datetime
    tries: int = 0
    detour: str = ""
    """Why `form` differs from `delivery`."""


class _Sending:
    """One emptying of the outbox."""

    def __init__(self, items: list[_Item], sender: Sender, mark: Outbox, pace: Pace) -> None:
        self._queue, self._sender, self._mark, self._pace = items, sender, mark, pace
        self._deadline = pace.clock() + timedelta(seconds=pace.budget_seconds)
        self._free: dict[str, datetime] = {}
        self._outages = 0
        """Tries in a row that did not reach Slack at all."""
        self._told: Counter[str] = Counter()
        self._waiting: Counter[Refused] = Counter()
        self._failed: Counter[tuple[str, Refused]] = Counter()
        self._notes: list[str] = []

    def next(self) -> _Item | None:
        """The message that may be sent first, when its moment has come; None when all is done or the time is over."""
        if not self._queue:
            return None
        item = min(self._queue, key=self._ready)
        wait = (self._ready(item) - self._pace.clock()).total_seconds()
        if max(self._ready(item), self._pace.clock()) > self._deadline:
            return None
        if wait > 0:
            self._pace.sleep(wait)
        self._queue.remove(item)
        return item

    def attempt(self, item: _Item) -> None:
        """Try one message once, and write down what came of it."""
        outcome = self._sender.send(item.form, maybe_sent=item.maybe_sent)
        now = self._pace.clock()
        match outcome:
            case Refused():
                self._after(item, now, self._pace.per_channel_seconds)
                self._refused(item, outcome, now)
                return
            case Sent(channel, ts, note):
                self._after(item, now, self._pace.per_channel_seconds)
                self._mark.delivered(item.delivery.id, at=now, channel=channel, ts=ts)
                self._told["sent"] += 1
                self._notes += [text for text in (note, item.detour) if text]
            case Printed():
                self._mark.delivered(item.delivery.id, at=now, channel="", ts="")
                self._told["printed"] += 1
            case _:
                assert_never(outcome)
        self._outages = 0

    def report(self) -> DeliveryReport:
        """What came of it all."""
        return DeliveryReport(
            sent=self._told["sent"],
            printed=self._told["printed"],
            waiting=self._waiting.total() + len(self._queue),
            failed=self._failed.total(),
            problems=tuple(self._problems()),
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _refused(self, item: _Item, refused: Refused, now: datetime) -> None:
        item.tries += 1
        item.maybe_sent = item.maybe_sent or refused.ambiguous
        if refused.permanent and _detour(item, refused):
            self._queue.insert(0, item)
        elif refused.permanent:
            self._give_up(item, refused)
            if refused.reach is Reach.ACCOUNT:
                self._give_up_all(self._queue, refused)
        else:
            self._later(item, refused, now)

    def _later(self, item: _Item, refused: Refused, now: datetime) -> None:
        everywhere = refused.reach is Reach.ACCOUNT
        self._outages += everywhere
        tries = self._outages if everywhere else item.tries
        backoff = min(_FIRST_WAIT * 2.0 ** (tries - 1), _LONGEST_WAIT)
        wait = backoff if refused.retry_after is None else refused.retry_after
        item.not_before = now + timedelta(seconds=wait)
        same = [other for other in self._queue if everywhere or other.form.channel == item.form.channel]
        if tries >= _TRIES or item.not_before > self._deadline:
            self._give_up_all([item, *same], refused)
            return
        self._queue.insert(0, item)
        for other in [item, *same]:
            self._after(other, now, wait)

    def _give_up(self, item: _Item, refused: Refused) -> None:
        self._mark.not_delivered(item.delivery.id, error=refused.error)
        if refused.permanent:
            self._failed[item.delivery.channel if refused.reach is Reach.CHANNEL else "", refused] += 1
        else:
            self._waiting[refused] += 1

    def _give_up_all(self, items: Sequence[_Item], refused: Refused) -> None:
        for item in items:
            self._give_up(item, refused)
        self._queue = [item for item in self._queue if item not in items]

    def _problems(self) -> Iterator[NotifyError]:
        for (channel, refused), number in self._failed.items():
            where = f"Slack channel {channel}" if channel else "Slack"
            problem = f"{count(number, 'message')} not sent: {refused.error}"
            yield NotifyError(problem, where=where, hint=f"{refused.hint}; the next run sends what waits")
        for refused, number in self._waiting.items():
            hint = "; ".join(filter(None, (refused.hint, "the next run tries again")))
            yield NotifyError(f"{count(number, 'message')} not sent yet: {refused.error}", where="Slack", hint=hint)
        if self._queue:
            problem = f"{count(len(self._queue), 'message')} not sent yet: the time for sending was over"
            hint = (
                f"it is {self._pace.budget_seconds:g} s a run, one message a second and channel; the next run goes on"
            )
            yield NotifyError(problem, where="Slack", hint=hint)

    def _ready(self, item: _Item) -> datetime:
        return max(item.not_before, self._free.get(item.form.channel, item.not_before))

    def _after(self, item: _Item, now: datetime, seconds: float) -> None:
        free = now + timedelta(seconds=seconds)
        self._free[item.form.channel] = max(free, self._free.get(item.form.channel, free))


def _detour(item: _Item, refused: Refused) -> bool:
    """Choose another way for a message that will never pass as it is; False when there is none left."""
    form = item.form
    if refused.reach is Reach.CHANNEL and form.channel:
        item.form = replace(form, channel="")
        item.detour = f"{form.channel} refused ({refused.error}), told in the default channel instead: {refused.hint}"
        return True
    if refused.reach is Reach.MESSAGE and form.blocks not in ("", "[]"):
        item.form = replace(form, blocks="")
        item.detour = f"Slack refused a message's layout ({refused.error}), sent as one line of text: {refused.hint}"
        return True
    return False

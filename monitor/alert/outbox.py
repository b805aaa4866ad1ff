"""The outbox emptied: each message sent once, at Slack's pace, within a time; what is left waits for the next run.

What changes or answers a message waits for that message.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from monitor.alert.sender import Claims, Outbox, Printed, Reach, Refused, Sender, Sent, Skipped
from monitor.errors import NotifyError
from monitor.incidents.model import Delivery, Mode
from monitor.judge.words import count

_TRIES = 5
"""Tries of one message in one run."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0
WAITS_FOR_ROOT = "waits for the message that it belongs to"
_CLAIM_BEYOND = timedelta(seconds=90)
"""A last try may begin as the time for sending ends, and take as long as three of Slack's timeouts."""


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


def empty(outbox: Claims, sender: Callable[[], Sender], pace: Pace) -> DeliveryReport:
    """Claim what may be sent now, send it in order, one post per second and channel, and give back what could not be.

    What was claimed once before may have been sent by a process that died before it could say so, and is looked up
    before it is posted. Raises only what the outbox raises; a message that it could not mark is looked up next time.
    A claim holds for the time of sending and some more; one whose process has died is taken over at once. What came
    meanwhile, held back from others by this claim, is sent too.
    """
    began = pace.clock()
    until = began + timedelta(seconds=pace.budget_seconds) + _CLAIM_BEYOND
    claimed = outbox.claim(began, until)
    if not claimed:
        return DeliveryReport()  # a sender costs an import, and most runs have nothing to say
    sending = _Sending(sender(), outbox, pace)
    while claimed:
        sending.take(claimed)
        try:
            while item := sending.next():
                sending.attempt(item)
        finally:
            outbox.unclaim(sending.untried())
        now = pace.clock()
        # after the giving back: whoever was held back by this claim has either written before, or claims by itself
        claimed = outbox.claim(now, until, sending.taken) if sending.goes_on(now) else ()
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

    def __init__(self, sender: Sender, mark: Outbox, pace: Pace) -> None:
        self._sender, self._mark, self._pace = sender, mark, pace
        self._queue: list[_Item] = []
        self._untried: set[str] = set()
        self.taken: set[str] = set()
        """All messages that it ever had; those of them that are not sent wait for the next run."""
        self._roots: set[str] = set()
        """Messages on their way: what changes or answers them waits."""
        self._deadline = pace.clock() + timedelta(seconds=pace.budget_seconds)
        self._free: dict[str, datetime] = {}
        self._outages = 0
        """Tries in a row that did not reach Slack at all."""
        self._told: Counter[str] = Counter()
        self._waiting: Counter[Refused] = Counter()
        self._failed: Counter[tuple[str, Refused]] = Counter()
        self._notes: list[str] = []

    def take(self, claimed: Sequence[Delivery]) -> None:
        """Messages that are to be sent now, in order."""
        now = self._pace.clock()
        open_ones = [one for one in claimed if one.sent_at is None]
        self._queue += [_Item(one, one, maybe_sent=one.claims != 1, not_before=now) for one in open_ones]
        new = {one.id for one in claimed}
        self._roots |= new
        self._untried |= new
        self.taken |= new

    def goes_on(self, now: datetime) -> bool:
        """There is time to send more."""
        return now < self._deadline

    def next(self) -> _Item | None:
        """The message that may be sent first, when its moment has come; None when all is done or the time is over."""
        open_ones = [item for item in self._queue if not self._waits(item)]
        if not open_ones:
            return None
        item = min(open_ones, key=self._ready)
        wait = (self._ready(item) - self._pace.clock()).total_seconds()
        if max(self._ready(item), self._pace.clock()) > self._deadline:
            return None
        if wait > 0:
            self._pace.sleep(wait)
        self._queue.remove(item)
        return item

    def attempt(self, item: _Item) -> None:
        """Try one message once, and write down what came of it."""
        self._untried.discard(item.delivery.id)
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
                self._stands(item, channel, ts)
            case Printed():
                self._mark.delivered(item.delivery.id, at=now, channel="", ts="")
                self._told["printed"] += 1
                self._stands(item, "", "")
            case Skipped(why, note):
                self._mark.skipped(item.delivery.id, at=now, why=why)
                self._notes += [why] if note else []
                self._stands(item, "", "")
            case _:
                assert_never(outcome)
        self._outages = 0

    def untried(self) -> Sequence[str]:
        """What nobody has tried to send: it cannot have arrived."""
        return sorted(self._untried)

    def report(self) -> DeliveryReport:
        """What came of it all."""
        blocked = [item for item in self._queue if self._waits(item)]
        for item in blocked:
            self._mark.not_delivered(item.delivery.id, error=WAITS_FOR_ROOT)
        self._queue = [item for item in self._queue if item not in blocked]
        return DeliveryReport(
            sent=self._told["sent"],
            printed=self._told["printed"],
            waiting=self._waiting.total() + len(self._queue) + len(blocked),
            failed=self._failed.total(),
            problems=tuple(self._problems()),
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _waits(self, item: _Item) -> bool:
        """The message that it changes or answers is still on its way, here or with another process."""
        form = item.form
        return bool(form.root) and not form.root_ts and (not form.root_done or form.root in self._roots)

    def _stands(self, item: _Item, channel: str, ts: str) -> None:
        """What changes or answers this message may go now."""
        self._roots.discard(item.delivery.id)
        for other in self._queue:
            if other.form.root == item.delivery.id:
                other.form = replace(other.form, root_channel=channel, root_ts=ts, root_done=True)

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
        same = [other for other in self._queue if everywhere or _channel(other.form) == _channel(item.form)]
        if tries >= _TRIES or item.not_before > self._deadline:
            asked = item.not_before if refused.retry_after is not None else None
            self._give_up_all([item, *same], refused, asked)
            return
        self._queue.insert(0, item)
        for other in [item, *same]:
            self._after(other, now, wait)

    def _give_up(self, item: _Item, refused: Refused, not_before: datetime | None = None) -> None:
        self._mark.not_delivered(item.delivery.id, error=refused.error, not_before=not_before)
        if refused.permanent:
            self._failed[item.delivery.channel if refused.reach is Reach.CHANNEL else "", refused] += 1
        else:
            self._waiting[refused] += 1

    def _give_up_all(self, items: Sequence[_Item], refused: Refused, not_before: datetime | None = None) -> None:
        for item in items:
            self._give_up(item, refused, not_before)
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
        return max(item.not_before, self._free.get(_channel(item.form), item.not_before))

    def _after(self, item: _Item, now: datetime, seconds: float) -> None:
        free, channel = now + timedelta(seconds=seconds), _channel(item.form)
        self._free[channel] = max(free, self._free.get(channel, free))


def _channel(form: Delivery) -> str:
    """Where it goes: to its root's channel, which is not always the one that was meant."""
    return form.root_channel or form.channel


def _detour(item: _Item, refused: Refused) -> bool:
    """Choose another way for a message that will never pass as it is; False when there is none left."""
    form = item.form
    if refused.thread and form.root_ts:
        item.form = replace(form, root_ts="", root_channel="", mode=Mode.POST)
        item.detour = f"the message to be answered is gone ({refused.error}): told in the channel instead"
        return True
    if refused.reach is Reach.CHANNEL and form.channel and form.mode is Mode.POST:
        item.form = replace(form, channel="")
        item.detour = f"{form.channel} refused ({refused.error}), told in the default channel instead: {refused.hint}"
        return True
    if refused.reach is Reach.MESSAGE and form.blocks not in ("", "[]") and form.mode is not Mode.FILE:
        item.form = replace(form, blocks="")
        who = form.channel or "Slack"
        item.detour = f"{who} refused a message's layout ({refused.error}), sent as one line of text: {refused.hint}"
        return True
    return False

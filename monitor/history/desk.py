"""The desk: incidents and their messages, changed together. Any number of processes may sit at it."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection

from monitor.history import heartbeats, incidents, outbox
from monitor.incidents.model import Delivery, Incident, Step, Transition

_Transaction: TypeAlias = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Change:
    """What is decided about incidents, and what is to be said about it."""

    transitions: tuple[Transition, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    steps: tuple[Step, ...] = ()


Decide: TypeAlias = Callable[[tuple[Incident, ...]], Change]


class Desk:
    """Incidents and the outbox. Every method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        self._reading, self._writing = reading, writing

    def incidents(self) -> tuple[Incident, ...]:
        """The newest episode of every fingerprint."""
        with self._reading() as connection:
            return incidents.newest(connection)

    def change(self, decide: Decide, *, once: str = "") -> Change | None:
        """Decide on what is known and keep it, with its messages, in one transaction: nobody decides in between.

        `once` is a step's key: where that has happened already nothing is decided, and None given back.
        """
        with self._writing() as connection:
            if once and incidents.has_happened(connection, once):
                return None
            change = decide(incidents.newest(connection))
            incidents.keep(connection, (transition.after for transition in change.transitions))
            incidents.happened(connection, change.steps)
            outbox.add(connection, change.deliveries)
            return change

    def apply(self, transitions: Sequence[Transition], deliveries: Sequence[Delivery]) -> None:
        """Keep what is decided already. Twice is as once."""
        if transitions or deliveries:
            self.change(lambda _: Change(tuple(transitions), tuple(deliveries)))

    def story(self, fingerprint: str) -> tuple[Step, ...]:
        """Everything that happened to a fingerprint's episodes, oldest first."""
        with self._reading() as connection:
            return incidents.story(connection, fingerprint)

    # ── the outbox ──────────────────────────────────────────────────────────────────────────────────

    def pending(self) -> tuple[Delivery, ...]:
        """Messages not sent yet, oldest first."""
        with self._reading() as connection:
            return outbox.pending(connection)

    def deliveries(self, fingerprint: str, episode: int) -> tuple[Delivery, ...]:
        """All messages about one incident."""
        with self._reading() as connection:
            return outbox.of(connection, fingerprint, episode)

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One message; None: there is none of that id."""
        with self._reading() as connection:
            return outbox.named(connection, delivery_id)

    def claim(self, now: datetime, until: datetime, but: Collection[str] = ()) -> tuple[Delivery, ...]:
        """Take what may be sent now; no other process sends it before `until` (outbox.claim)."""
        with self._writing() as connection:
            return outbox.claim(connection, now, until, but)

    def unclaim(self, untried: Sequence[str]) -> None:
        """Give back what this process took and did not send; `untried`: the ids that it never tried."""
        with self._writing() as connection:
            outbox.unclaim(connection, untried)

    def delivered(self, delivery_id: str, *, at: datetime, channel: str, ts: str) -> None:
        """Slack took a message: where it stands there."""
        with self._writing() as connection:
            outbox.sent(connection, delivery_id, at, (channel, ts))

    def skipped(self, delivery_id: str, *, at: datetime, why: str) -> None:
        """A message is done without being sent."""
        with self._writing() as connection:
            outbox.skipped(connection, delivery_id, at, why)

    def not_delivered(self, delivery_id: str, *, error: str, not_before: datetime | None = None) -> None:
        """Slack did not take a message, and why; it stays pending. `error` never holds a secret."""
        with self._writing() as connection:
            outbox.failed(connection, delivery_id, error, not_before)

    # ── the listener ────────────────────────────────────────────────────────────────────────────────

    def beat(self, name: str, at: datetime | None) -> None:
        """A component is alive; None: it has stopped."""
        with self._writing() as connection:
            heartbeats.beat(connection, name, at)

    def last_beat(self, name: str) -> datetime | None:
        """When a component was alive last; None: never, or it has stopped."""
        with self._reading() as connection:
            return heartbeats.last(connection, name)

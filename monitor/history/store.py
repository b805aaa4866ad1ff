"""The history database, as the line sees it: a thin face over one file per record kind."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine

from monitor.catalog import Table
from monitor.history import catalogs, incidents, judgements, leases, opening, outbox, plans, runs, sqlite, windows
from monitor.history import past as pasts
from monitor.history.interned import Interned, rule, shape
from monitor.history.plans import PlanRecord
from monitor.history.record import Recording, Words, record
from monitor.history.runs import RunRecord
from monitor.history.trouble import shown, told
from monitor.history.windows import Watermark
from monitor.incidents.model import Delivery, Incident, Transition
from monitor.judge.model import Finding, Past
from monitor.measure.model import Measured, Unmeasured

__all__ = ["History", "PlanRecord", "Recording", "RunRecord", "Watermark"]


class History:
    """Everything that is remembered between runs.

    Every method is one transaction, and raises HistoryError where the database refuses it; what was
    there before is then unchanged. One process writes at a time (`lease`); any number may read.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._place = place
        self._words = Words(Interned(rule), Interned(shape))
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def open(cls, url: str, *, root: Path) -> "History":
        """Open (and where needed make, or bring to the newest shape) the history at a SQLAlchemy URL.

        A relative SQLite path lies below `root`; `sqlite://` is a history in memory. Raises HistoryError
        for what cannot be reached, is damaged, locked, read-only, not a history, or newer than this trackwarden.
        """
        parsed = opening.parse(url)
        place = shown(parsed)
        return cls(opening.open_engine(sqlite.resolve(parsed, root), place), place)

    def close(self) -> None:
        """Let go of the database; a scratch copy is gone."""
        self._engine.dispose()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def scratch(self) -> "History":
        """A throw-away copy, for a run that is to leave no trace. Close it."""
        folder = tempfile.TemporaryDirectory(prefix="trackwarden-")
        path = Path(folder.name) / "history.db"
        try:
            with told(self._place), self._engine.connect() as connection:
                sqlite.copy(connection, path)
            copied = History.open(f"sqlite:///{path.as_posix()}", root=path.parent)
        except BaseException:
            folder.cleanup()
            raise
        copied._folder = folder  # noqa: SLF001 - one of us
        return copied

    @contextmanager
    def lease(self, owner: str, now: datetime, ttl: timedelta) -> Iterator[None]:
        """Hold the workspace while the block runs. LeaseHeldError: another live process does.

        A lease older than its `ttl`, or whose process on this host has died, is taken over.
        """
        holder = leases.Holder.here(owner)
        with self._writing() as connection:
            token = leases.take(connection, holder, now, ttl)
        try:
            yield
        finally:
            with self._writing() as connection:
                leases.release(connection, holder, token)

    def begin_run(self, run: RunRecord) -> None:
        """Keep that a run has begun."""
        with self._writing() as connection:
            runs.keep(connection, run)

    def finish_run(self, run: RunRecord) -> None:
        """Keep how a run ended: the same id, complete."""
        self.begin_run(run)

    def runs(self, limit: int) -> tuple[RunRecord, ...]:
        """The last runs, newest first."""
        with self._reading() as connection:
            return runs.newest(connection, limit)

    def first_run(self) -> bool:
        """No finished run has measured a row yet: what is wrong now was so before trackwarden came."""
        with self._reading() as connection:
            return not runs.any_measured(connection)

    def adopting(self) -> bool:
        """All that is known was measured by the first run: nothing has come since trackwarden was adopted."""
        with self._reading() as connection:
            return not runs.any_measured(connection) or runs.measured_once(connection)

    def record(self, measured: Measured, table: Table, contract_hash: str, run_id: str) -> None:
        """Keep one table's scan in one transaction: it replaces windows [since, until) of that table.

        Packed days, totals, watermark and catalog snapshot follow in the same transaction.
        """
        self.record_many([Recording(measured, table, contract_hash, run_id)])

    def record_many(self, recordings: Iterable[Recording]) -> None:
        """Keep several tables' scans in one transaction: all of them, or none."""
        try:
            with self._writing() as connection:
                for recording in recordings:
                    record(connection, recording, self._words)
        except BaseException:
            self._words.forget()
            raise

    def touch(self, table: str, until: int) -> None:
        """A table had nothing new before window `until`: its watermark moves on."""
        self.touch_many({table: until})

    def touch_many(self, until: Mapping[str, int]) -> None:
        """The same for many tables at once; a watermark never moves back."""
        if until:
            with self._writing() as connection:
                windows.touch(connection, until)

    def watermarks(self) -> Mapping[str, Watermark]:
        """How far each table has been measured, by its name."""
        with self._reading() as connection:
            return {name: mark.watermark for name, mark in windows.marks(connection).items()}

    def landed_tables(self) -> tuple[Table, ...]:
        """Every table with the columns that it was last measured with."""
        with self._reading() as connection:
            known = catalogs.read(connection)
            kept = windows.marks(connection).values()
            return tuple(known[mark.name, mark.snapshot] for mark in kept if (mark.name, mark.snapshot) in known)

    def past(  # noqa: PLR0913 - what is asked for, and three settings by name
        self,
        settled: Mapping[str, int],
        until: int,
        *,
        days: int = 56,
        recent_days: int = 3,
        adopting: bool = False,
        unmeasured: Sequence[Unmeasured] = (),
    ) -> Past:
        """What is known of the tables in `settled` (name → first hour that may still get rows) as of hour `until`.

        Arrays cover `days` × 24 hours up to `until`. Failures, presence and undeclared names cover the last
        `recent_days` UTC days, the one of the last hour included; with `adopting` all days ever measured.
        """
        span = pasts.Span.of(until, days, recent_days)
        span = span.with_all_recent() if adopting else span
        with self._reading() as connection:
            return pasts.read(connection, settled, span, self._words, unmeasured)

    def judgement(self, key: str) -> tuple[Finding, ...] | None:
        """Findings kept under a key; None: not kept."""
        with self._reading() as connection:
            return judgements.recall(connection, key)

    def keep_judgement(self, key: str, findings: Sequence[Finding]) -> None:
        """Keep findings under a key that names all they depend on."""
        with self._writing() as connection:
            judgements.keep(connection, key, findings)

    def keep_plan(self, plan_revision: str, body: str, now: datetime) -> None:
        """Keep the plan that is in use; `body` is its text, whole."""
        with self._writing() as connection:
            plans.keep(connection, plan_revision, body, now)

    def plan(self, plan_revision: str | None = None) -> PlanRecord | None:
        """A revision, or the one last in use; None: there is none."""
        with self._reading() as connection:
            return plans.newest(connection) if plan_revision is None else plans.read(connection, plan_revision)

    def incidents(self) -> tuple[Incident, ...]:
        """The newest episode of every fingerprint."""
        with self._reading() as connection:
            return incidents.newest(connection)

    def apply(self, transitions: Sequence[Transition], deliveries: Sequence[Delivery]) -> None:
        """Keep incidents' next states and the messages about them, together. Twice is as once."""
        if transitions or deliveries:
            with self._writing() as connection:
                incidents.keep(connection, (transition.after for transition in transitions))
                outbox.add(connection, deliveries)

    def pending(self) -> tuple[Delivery, ...]:
        """Messages not sent yet, oldest first."""
        with self._reading() as connection:
            return outbox.pending(connection)

    def deliveries(self, fingerprint: str, episode: int) -> tuple[Delivery, ...]:
        """All messages about one incident."""
        with self._reading() as connection:
            return outbox.of(connection, fingerprint, episode)

    def delivered(self, delivery_id: str, *, at: datetime, channel: str, ts: str) -> None:
        """Slack took a message: where it stands there."""
        with self._writing() as connection:
            outbox.sent(connection, delivery_id, at, (channel, ts))

    def not_delivered(self, delivery_id: str, *, error: str) -> None:
        """Slack did not take a message, and why; it stays pending. `error` never holds a secret."""
        with self._writing() as connection:
            outbox.failed(connection, delivery_id, error)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees one state throughout."""
        with told(self._place), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its beginning."""
        with told(self._place), self._writer.begin() as connection:
            yield connection

"""The history database, as the line sees it: a thin face over one file per record kind."""

import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from monitor.catalog import Table
from monitor.errors import HistoryError, LeaseHeldError, TrackwardenError
from monitor.history import catalogs, judgements, leases, ledger, opening, plans, retention, runs, tidy, windows
from monitor.history import past as pasts
from monitor.history.desk import Desk
from monitor.history.interned import Interned, rule, shape
from monitor.history.ledger import Claim, WindowRecord, WindowState
from monitor.history.opening import Database
from monitor.history.plans import PlanRecord
from monitor.history.record import Recording, Words, record
from monitor.history.runs import RunRecord
from monitor.history.transactions import Transactions
from monitor.history.trouble import shown, told
from monitor.history.windows import Watermark
from monitor.incidents.model import Delivery, Incident
from monitor.judge.model import Finding, Past
from monitor.measure.model import Measured, Unmeasured

__all__ = [
    "CATCH_UP",
    "LEASE",
    "History",
    "PlanRecord",
    "Recording",
    "RunRecord",
    "Watermark",
    "WindowRecord",
    "WindowState",
]

LEASE = timedelta(minutes=2)
"""How long a run that was killed on another machine keeps others out. A run that lives renews its lease."""

_TABLES = 64
"""How many tables are written by the same statements; a transaction may hold more."""

CATCH_UP = 48
"""Windows that one run tells about, the newest ones; older ones are measured all the same."""


class History(Transactions):
    """Everything that is remembered between runs.

    Every method is one transaction, and raises HistoryError where the database refuses it; what was
    there before is then unchanged. One process runs at a time (`lease`); any number may read. What a run writes
    after it lost its lease is refused with LeaseHeldError.
    """

    def __init__(self, engine: Engine, place: str, kind: Database) -> None:
        super().__init__(engine, place, kind)
        self._words = Words(Interned(rule), Interned(shape))
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def open(cls, url: str, *, root: Path) -> "History":
        """Open (and where needed make, or bring to the newest shape) the history at a SQLAlchemy URL.

        SQLite or PostgreSQL. A relative SQLite path lies below `root`; `sqlite://` is a history in memory. Raises
        HistoryError for what cannot be reached, is damaged, locked, read-only, not a history, or newer than this
        trackwarden.
        """
        parsed = opening.parse(url)
        place, kind = shown(parsed), opening.database(parsed)
        return cls(opening.open_engine(kind.resolve(parsed, root), place), place, kind)

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
            with self._reading() as connection:
                self._kind.copy(connection, path)
            copied = History.open(f"sqlite:///{path.as_posix()}", root=path.parent)
        except BaseException:
            folder.cleanup()
            raise
        copied._folder = folder  # noqa: SLF001 - one of us
        return copied

    # ── windows ─────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def claimed(self, until: int, run_id: str, *, most: int = CATCH_UP) -> Iterator[tuple[int, ...]]:
        """The windows before `until` that are open, claimed while the block runs; newest first. Call within `lease`.

        When the block ends they are done (but those beyond the newest `most`: late); where it raises they are
        failed, or due again if somebody stopped it.
        """
        held = self._holding()
        with self._writing() as connection:
            ledger.plan(connection, until)
            wanted = Claim((), held.token, run_id)
            claim = ledger.claim(connection, until, wanted, held.holder.owner, self._kind.now(connection))
        try:
            yield claim.starts
        except BaseException as error:
            with suppress(TrackwardenError), self._writing() as connection:
                ledger.give_back(connection, held.token, _why(error))
            raise
        with self._writing() as connection:
            ledger.finish(connection, claim, self._kind.now(connection), most)

    def give_back(self, pid: int) -> bool:
        """Free the workspace of a process of this host that was ended; False: it held nothing."""
        with self._writing() as connection:
            token = leases.release_of(connection, socket.gethostname(), pid)
            if token is not None:
                ledger.give_back(connection, token, "")
        return token is not None

    def window_counts(self) -> Mapping[WindowState, int]:
        """How many windows stand where."""
        with self._reading() as connection:
            return ledger.counts(connection)

    def windows(self, since: int, until: int) -> Sequence[WindowRecord]:
        """The windows of a range of UTC hours, in order."""
        with self._reading() as connection:
            return ledger.read(connection, since, until)

    # ── runs ────────────────────────────────────────────────────────────────────────────────────────

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
                for some in _together(recordings):
                    record(connection, some, self._words)
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
        judged: bool = False,
    ) -> Past:
        """What is known of the tables in `settled` (name → first hour that may still get rows) as of hour `until`.

        Arrays cover `days` × 24 hours up to `until`. Failures, presence and undeclared names cover the last
        `recent_days` UTC days, the one of the last hour included; with `adopting` all days ever measured. With
        `judged` it lacks what no judgement looks at: `SeriesPast.invalid` and `present` are empty.
        """
        span = pasts.Span.of(until, days, recent_days)._replace(judged=judged)
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

    @property
    def desk(self) -> Desk:
        """Incidents and their messages."""
        return Desk(self._reading, self._writing)

    def incidents(self) -> tuple[Incident, ...]:
        """The newest episode of every fingerprint."""
        return self.desk.incidents()

    def pending(self) -> tuple[Delivery, ...]:
        """Messages not sent yet, oldest first."""
        return self.desk.pending()

    # ── retention, and tables for people ────────────────────────────────────────────────────────────

    def prune(self, before: datetime, *, dry_run: bool) -> Mapping[str, int]:
        """Delete what is older than that UTC day and needed by nobody; rows by table. Call within `lease`.

        With `dry_run` they are only counted. HistoryError: it would take what judging reads.
        """
        with self._reading() if dry_run else self._writing() as connection:
            if before > self._kind.now(connection) - retention.LEAST:
                days = retention.LEAST.days
                raise HistoryError(
                    f"at least {days} days are kept", where=self._place, hint="judging reads eight weeks"
                )
            return retention.count(connection, before) if dry_run else retention.prune(connection, before)

    def vacuum(self) -> None:
        """Give the room of what was deleted back."""
        with told(self._place):
            self._kind.vacuum(self._engine)

    def size(self) -> int:
        """Bytes on disk."""
        with self._reading() as connection:
            return self._kind.size(connection)

    def tidy(self, name: str, since: int | None, until: int | None) -> Iterator[list[tuple[Any, ...]]]:
        """A table of `tidy.TIDY`, some thousands of rows at a time, all of one state; hours from `since` to `until`."""
        with self._reading() as connection:
            yield from tidy.batches(connection, name, since, until)


def _together(recordings: Iterable[Recording]) -> Iterator[list[Recording]]:
    """Some at a time, in order; each table once, for a second record replaces what the first one wrote."""
    some: dict[str, Recording] = {}
    for recording in recordings:
        if recording.measured.table in some or len(some) == _TABLES:
            yield list(some.values())
            some = {}
        some[recording.measured.table] = recording
    yield list(some.values())


def _why(error: BaseException) -> str:
    """Why windows failed, without secrets; empty: they did not, somebody stopped the run."""
    if isinstance(error, LeaseHeldError) or not isinstance(error, Exception):
        return ""
    return error.problem if isinstance(error, TrackwardenError) else type(error).__name__

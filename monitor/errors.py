"""Every error a user can meet: the problem, the place, the next step, and the exit code it ends in."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What `trackwarden run` ends with; the other commands use the same numbers."""

    OK = 0
    FINDINGS = 1
    """Findings at or above `--fail-on`, or generated files out of date (`generate --check`)."""
    USAGE = 2
    """The configuration, the plan or the command line is wrong."""
    PARTIAL = 3
    """Some tables could not be measured; the rest was."""
    UNREACHABLE = 4
    """The warehouse or the history database failed."""
    NOT_NOTIFIED = 5
    """Everything was measured and kept; messages are still waiting in the outbox."""
    BUG = 70
    """Something that trackwarden did not foresee."""
    LEASE_HELD = 75
    """Another process is running this workspace."""
    INTERRUPTED = 130
    """Ctrl-C."""
    PIPE_CLOSED = 141
    """Whoever read our output has gone: `trackwarden run | head -1`."""


class TrackwardenError(Exception):
    """One problem, said so that the reader knows what to do next.

    `where` is a place the reader can go to (`plan/order.yml:14 currency`, a table, a URL without
    its secrets); `hint` is the next step. Neither ever holds a secret or a row's value.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, problem: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(problem, where, hint)
        self.problem = problem
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        step = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.problem}{step}"


class ConfigError(TrackwardenError):
    """`trackwarden.yml`, `profiles.yml` or an option of the command line is wrong."""


class PlanError(TrackwardenError):
    """The tracking plan cannot be read as written."""


class TargetError(TrackwardenError):
    """A generated project (Great Expectations, dbt) cannot be written where it should be."""


class WarehouseError(TrackwardenError):
    """The warehouse cannot be reached, or refused a statement."""

    exit_code = ExitCode.UNREACHABLE


class WarehouseLostError(WarehouseError):
    """The connection broke, or nobody answered in time: it says nothing against what was asked."""


class HistoryError(TrackwardenError):
    """The history database cannot be opened, read or written."""

    exit_code = ExitCode.UNREACHABLE


class ReportError(TrackwardenError):
    """The report cannot be written; the one that stood there stands."""

    exit_code = ExitCode.UNREACHABLE


class NotifyError(TrackwardenError):
    """Slack did not take a message; it stays in the outbox."""

    exit_code = ExitCode.NOT_NOTIFIED


class LeaseHeldError(TrackwardenError):
    """Another process is running this workspace."""

    exit_code = ExitCode.LEASE_HELD


class Problems(TrackwardenError):  # noqa: N818 - it is several errors, and reads so where it is raised
    """All errors of one reading, collected: a reader fixes them in one go, not one per run."""

    def __init__(self, errors: Iterable[TrackwardenError]) -> None:
        self.errors: Sequence[TrackwardenError] = tuple(errors)
        first = self.errors[0]
        super().__init__(first.problem, where=first.where, hint=first.hint)

    @property
    def code(self) -> ExitCode:
        """The exit code: the first error's, since one reading has one kind."""
        return self.errors[0].exit_code

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)

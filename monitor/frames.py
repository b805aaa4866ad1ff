"""The history as pandas frames, for people who count themselves.

    from monitor.frames import Frames

    with Frames.open("/srv/tracking") as frames:
        hours = frames.series(since="2026-06-01")
        hours.groupby(["event", "version"])["rows"].sum()

Every frame is tidy: one row an observation, one column a fact. Columns and their dtypes are those of `COLUMNS`
(docs/history.md explains them) also where there is no row. Times are UTC (`datetime64[us, UTC]`, missing: `NaT`), texts
`string`, counts `Int64` where they may be missing and `int64` where not.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from monitor.history.store import History
from monitor.history.tidy import TIDY, Kind
from monitor.measure.windows import hour_of

if TYPE_CHECKING:
    import pandas as pd

DTYPES: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "string",
    Kind.INT: "int64",
    Kind.COUNT: "Int64",
    Kind.FLOAT: "float64",
    Kind.BOOL: "bool",
    Kind.MOMENT: "datetime64[us, UTC]",
}

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    name: {column: DTYPES[kind] for column, kind in table.columns.items()} for name, table in TIDY.items()
}
"""Frame → column → dtype."""


class Frames:
    """The frames of one history. pandas is imported when the first one is made."""

    def __init__(self, history: History) -> None:
        """Take an open history; `close` closes it."""
        self._history = history

    @classmethod
    def open(cls, workspace: str | Path = ".") -> Self:
        """The history of a workspace: the folder of `trackwarden.yml`. Raises ConfigError or HistoryError."""
        from monitor.wiring import Workspace  # noqa: PLC0415 - whoever has a history needs no workspace

        return cls(Workspace.open(Path(workspace)).history())

    def close(self) -> None:
        """Let go of the history."""
        self._history.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def series(self, since: datetime | str | None = None, until: datetime | str | None = None) -> "pd.DataFrame":
        """Rows per table, event, version, source, hour and arrival window: how many, how many invalid or undeclared."""
        return self.frame("series", since, until)

    def failures(self, since: datetime | str | None = None, until: datetime | str | None = None) -> "pd.DataFrame":
        """Failing rows per rule, where there are some."""
        return self.frame("failures", since, until)

    def windows(self, since: datetime | str | None = None, until: datetime | str | None = None) -> "pd.DataFrame":
        """The UTC hours that were due: who did each, when, and how that ended."""
        return self.frame("windows", since, until)

    def runs(self) -> "pd.DataFrame":
        """Every run."""
        return self.frame("runs")

    def incidents(self) -> "pd.DataFrame":
        """Every episode of every incident, with its newest finding."""
        return self.frame("incidents")

    def messages(self) -> "pd.DataFrame":
        """Every message about an incident, sent or waiting."""
        return self.frame("messages")

    def frame(
        self, name: str, since: datetime | str | None = None, until: datetime | str | None = None
    ) -> "pd.DataFrame":
        """A frame by its name, of the hours from `since` to (not including) `until`. KeyError: no such frame."""
        import pandas as pd  # noqa: PLC0415 - .4 s

        parts = list(self.batches(name, since, until))
        return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]

    def batches(
        self, name: str, since: datetime | str | None = None, until: datetime | str | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The same some thousands of rows at a time; at least one frame, which may be empty."""
        columns, empty = COLUMNS[name], True
        for rows in self._history.tidy(name, _hour(since), _hour(until)):
            yield _frame(columns, rows)
            empty = False
        if empty:
            yield _frame(columns, [])


def _frame(columns: Mapping[str, str], rows: list[tuple[object, ...]]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - as above

    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    made = {
        name: pd.Series(
            pd.to_datetime(list(column), utc=True) if dtype.startswith("datetime") else list(column), dtype=dtype
        )
        for (name, dtype), column in zip(columns.items(), values, strict=True)
    }
    return pd.DataFrame(made, columns=list(columns))


def _hour(moment: datetime | str | None) -> int | None:
    """The UTC hour of a moment; text is ISO 8601, and UTC where it names no zone."""
    if moment is None:
        return None
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return hour_of(at if at.tzinfo else at.replace(tzinfo=UTC))

"""The facts as Prometheus metrics."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import CollectorRegistry, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from monitor.errors import ExitCode
from monitor.schedule.health import Health, Kept, Local


def exposition(local: Local, kept: Kept, fares: Health) -> bytes:
    """All metrics, in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(_of_health(local, kept, fares), _of_runs(local, kept)))
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, *parts: Iterable[Metric]) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        """Every metric."""
        for part in self._parts:
            yield from part


def _of_health(local: Local, kept: Kept, fares: Health) -> Iterable[Metric]:
    yield _gauge("healthy", "1: the last run that measured everything is as new as the schedule says.", int(fares.ok))
    yield _gauge(
        "history_readable", "1: the history can be read; other numbers of it are absent where 0.", int(not kept.problem)
    )
    yield from _moment("last_success", "The last run that measured everything.", kept.last_success)
    yield from _moment("next_run", "When this process runs next.", local.next_run)
    yield from _moment("process_started", "When this process started.", local.started_at)
    yield _gauge("running", "1: a run of this process is under way.", int(local.running_since is not None))
    if not kept.problem:
        windows = GaugeMetricFamily("trackwarden_windows", "Windows (UTC hours) by where they stand.", labels=["state"])
        for state, count in kept.windows.items():
            windows.add_metric([state.value], count)
        yield windows
        yield _gauge("outbox_waiting", "Messages that wait to be sent.", kept.waiting)


def _of_runs(local: Local, kept: Kept) -> Iterable[Metric]:
    if kept.runs:
        last = kept.runs[0]
        yield from _moment("last_run", "The newest run, however it ended.", last.started_at)
        yield _gauge("last_run_seconds", "How long it took.", last.seconds)
        yield _gauge("last_run_rows", "Rows that it measured.", last.rows)
        yield _gauge("last_run_findings", "Findings that hold after it.", last.findings)
        yield _gauge("last_run_unmeasured_tables", "Tables that it could not measure.", last.unmeasured)
    ended = CounterMetricFamily("trackwarden_runs", "Runs of this process by exit code.", labels=["exit_code"])
    for code, count in sorted(local.ended.items()):
        ended.add_metric([str(code)], count)
    yield ended
    broken = sum(local.ended.get(code, 0) for code in (ExitCode.PARTIAL, ExitCode.UNREACHABLE))
    yield CounterMetricFamily(
        "trackwarden_warehouse_errors", "Runs of this process that the warehouse or the history failed.", value=broken
    )
    yield CounterMetricFamily("trackwarden_runs_overdue", "Runs ended for taking too long.", value=local.overdue)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"trackwarden_{name}", told, value=value)


def _moment(name: str, told: str, at: datetime | None) -> Iterable[Metric]:
    """Seconds since 1970; absent where there is none."""
    if at is not None:
        yield _gauge(f"{name}_timestamp_seconds", told, at.timestamp())

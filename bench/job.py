"""One timed job in a process of its own: prints seconds, processor seconds, peak memory and rows as JSON.

Seconds are those of the job, its imports done; `whole` is the process from its first line to its last.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path

BEGAN = time.perf_counter()
_LATER = (
    "monitor.history.store",
    "monitor.landing.bind",
    "monitor.landing.versions",
    "monitor.plan.dump",
    "monitor.readers",
)
"""What a run imports only when it comes to it."""
_DUCKDB = ("duckdb", "duckdb_sqlalchemy", "monitor.warehouse.adapters.duckdb")
_DRIVERS = {"postgres": ("psycopg", "monitor.warehouse.adapters.postgresql")}


def main() -> None:
    """`python -m bench.job (run|contract|baseline|newer) KIND FOLDER SIZE ROWS MOMENT`."""
    who, what, folder, size, rows, now = sys.argv[1], sys.argv[2], Path(sys.argv[3]), *sys.argv[4:7]
    if who == "run":
        job = _run(what, folder, now)
    elif who == "contract":
        job = _contract(folder, int(size), int(rows), now)
    elif who == "newer":
        job = _newer(folder, int(size), now)
    else:
        job = _baseline(what, folder, int(size), int(rows))
    imported, used = time.perf_counter(), time.process_time()
    kept = job()
    ended, cpu = time.perf_counter(), time.process_time() - used
    whole = ended - BEGAN
    print(json.dumps({"job": ended - imported, "cpu": cpu, "whole": whole, "peak": _peak_megabytes(), "kept": kept}))


def _peak_megabytes() -> float:
    """Of this process alone: what `getrusage` says is never less than the parent's when it forked."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _run(what: str, folder: Path, now: str) -> Callable[[], int]:
    from monitor.run import Options, run  # noqa: PLC0415 - only here
    from monitor.wiring import Workspace  # noqa: PLC0415 - only here

    for name in (*_LATER, *_DRIVERS.get(what, _DUCKDB)):
        import_module(name)

    class Nobody:
        def begins(self, tables: int) -> None: ...
        def looked_at(self, table: str) -> None: ...
        def prints(self, message: str) -> None: ...

    def job() -> int:
        outcome = run(Workspace.open(folder), Options(now=datetime.fromisoformat(now)), Nobody())
        if outcome.unmeasured:
            raise SystemExit(f"not everything was measured: {outcome.unmeasured[0]}")
        return outcome.totals.rows

    return job


def _contract(folder: Path, events: int, width: int, what: str) -> Callable[[], int]:
    """Plan and catalog to contract; no table is scanned, so no SQL is written.

    `every rule`: all versions are bound, and the rules counted. `outlines`: what a run asks of tables that have no new
    rows, which is on disk after that.
    """
    from bench.build import wide_catalog  # noqa: PLC0415 - only here
    from monitor import __version__  # noqa: PLC0415 - only here
    from monitor.cache import Shelf  # noqa: PLC0415 - only here
    from monitor.contract import Binder  # noqa: PLC0415 - only here
    from monitor.contract.outline import Keeping, outline  # noqa: PLC0415 - only here
    from monitor.run.line import few_collections  # noqa: PLC0415 - only here
    from monitor.wiring import Workspace  # noqa: PLC0415 - only here

    for name in _LATER:
        import_module(name)
    catalog = wide_catalog(events, width)

    def job() -> int:
        with few_collections():  # as every run
            workspace = Workspace.open(folder)
            plan = workspace.plan()
            shelf = Shelf(workspace.cache / "outlines.json", __version__)
            contract = Binder(plan, workspace.landed(plan, catalog), keeping=Keeping(shelf)).contract()
            outlines = [outline(table) for table in contract.tables] if what == "outlines" else []
            rules = [] if outlines else [len(one.rules) for table in contract.tables for one in table.versions]
            shelf.keep()
            return sum(rules) or len(outlines)

    return job


def _newer(folder: Path, size: int, since: str) -> Callable[[], int]:
    from bench import baseline  # noqa: PLC0415 - only here

    return lambda: baseline.newer(folder, size, since)


def _baseline(what: str, folder: Path, size: int, rows: int) -> Callable[[], int]:
    from bench import baseline  # noqa: PLC0415 - only here

    jobs = {"typed": baseline.typed, "documents": baseline.documents, "postgres": baseline.postgres}
    return lambda: jobs[what](folder, size, rows)


main()

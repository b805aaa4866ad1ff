"""One timed job in a process of its own: prints seconds of the job, of the whole process, and peak memory, as JSON."""

import json
import resource
import sys
import time
from datetime import datetime
from pathlib import Path

BEGAN = time.perf_counter()


def main() -> None:
    """`python -m bench.job (run|baseline) (typed|documents) FOLDER SIZE ROWS`."""
    who, what, folder, size, rows = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    job = _ours(folder) if who == "run" else _theirs(what, folder, size, rows)
    imported = time.perf_counter()
    kept = job()
    ended = time.perf_counter()
    peak = _peak_megabytes()
    print(json.dumps({"job": ended - imported, "whole": ended - BEGAN, "peak": peak, "kept": kept}))


def _peak_megabytes() -> float:
    """Of this process alone: what `getrusage` says is never less than the parent's when it forked."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ours(folder: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202
    import duckdb  # noqa: F401, PLC0415

    from bench.shape import NOW  # noqa: PLC0415
    from monitor.run import Options, run  # noqa: PLC0415
    from monitor.wiring import Workspace  # noqa: PLC0415

    class Nobody:
        def begins(self, tables: int) -> None: ...
        def looked_at(self, table: str) -> None: ...
        def prints(self, message: str) -> None: ...

    def job() -> int:
        outcome = run(Workspace.open(folder), Options(now=datetime.fromisoformat(NOW)), Nobody())
        return outcome.totals.rows

    return job


def _theirs(what: str, folder: Path, size: int, rows: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from bench import baseline  # noqa: PLC0415

    return lambda: {"typed": baseline.typed, "documents": baseline.documents}[what](folder, size, rows)


main()

"""`make bench`: trackwarden's whole run beside hand-written SQL, in turn, on this machine; ratios, not seconds.

Each job runs in a process of its own, so that its peak memory is its own. Wall time is the job's, its imports done;
the whole process, imports included, stands beside it.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import build

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One catalog to be measured."""

    name: str
    kind: str
    size: int
    rows: int
    make: Callable[[Path, int, int], Path]
    most: float
    """The ratio that a full run may have."""
    most_again: float
    """The ratio that a run without new rows may have."""


CASES = (
    Case("200 tables x 2,000 rows, typed columns", "typed", 200, 2_000, build.typed, 1.8, 0.1),
    Case("20 events x 3 versions in 1 JSON table, 1M rows", "documents", 20, 1_000_000, build.documents, 1.8, 0.1),
)


def main() -> int:
    """Run every case; 1 where a ratio is above its bound."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {_model()}, Python {platform.python_version()}, {_versions()}"
    )
    print(f"medians of {ROUNDS} rounds, each: hand-written SQL, whole run, run without new rows\n")
    results = [_case(case) for case in CASES]
    return 0 if all(results) else 1


def _case(case: Case) -> bool:
    with tempfile.TemporaryDirectory(prefix="trackwarden-bench-") as temporary:
        folder = case.make(Path(temporary), case.size, case.rows)
        rounds = [_round(case, folder) for _ in range(ROUNDS)]
    print(case.name)
    base, full, again = zip(*rounds, strict=True)
    for label, runs in (("hand-written SQL", base), ("whole run", full), ("no new rows", again)):
        job, whole, peak = (statistics.median(run[key] for run in runs) for key in ("job", "whole", "peak"))
        print(f"  {label:18}{job:8.2f} s{whole:8.2f} s with imports{peak:8.0f} MB peak")
    ok = True
    for label, runs, most in (("whole run", full, case.most), ("no new rows", again, case.most_again)):
        ratio = statistics.median(run["job"] / other["job"] for run, other in zip(runs, base, strict=True))
        whole = statistics.median(run["whole"] / other["whole"] for run, other in zip(runs, base, strict=True))
        verdict = "ok" if ratio <= most else "ABOVE"
        ok = ok and ratio <= most
        print(f"  {label:18}{ratio:8.2f} x (with imports {whole:.2f}), bound {most}: {verdict}")
    print(flush=True)
    return ok


def _round(case: Case, folder: Path) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    base = _job("baseline", case, folder)
    shutil.rmtree(folder / "state", ignore_errors=True)
    full = _job("run", case, folder)
    again = _job("run", case, folder)
    if (full["kept"], again["kept"]) != (case.rows * (case.size if case.kind == "typed" else 1), 0):
        raise SystemExit(f"{case.name}: measured {full['kept']} rows, then {again['kept']}")
    return base, full, again


def _job(who: str, case: Case, folder: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "bench.job", who, case.kind, str(folder), str(case.size), str(case.rows)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def _versions() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - only here

    return ", ".join(f"{name} {version(name)}" for name in ("duckdb", "sqlalchemy"))


sys.exit(main())

"""`make bench`: trackwarden's whole run beside hand-written SQL, in turn, on this machine; ratios, not seconds.

Each job runs in a process of its own, so that its peak memory is its own. Wall time is the job's, its imports done;
the whole process, imports included, stands beside it, and so does processor time, which other work disturbs less.

    make bench                          # everything: about a quarter of an hour
    make bench ARGS="typed-200 plan"    # some cases
    make bench ARGS="--rounds 1"
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bench import build
from bench.shape import LATER, NOW

MORE_MEMORY = 100
"""Megabytes that a run may need beyond the hand-written baseline."""

Times: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Case:
    """One warehouse to be measured, and the ratios to the baseline that a run may have."""

    key: str
    name: str
    kind: str
    size: int
    rows: int
    cold: float
    """With nothing of ours on disk."""
    warm: float
    """With our caches, and every row measured again."""

    @property
    def total(self) -> int:
        """All rows."""
        return self.rows if self.kind == "documents" else self.rows * self.size


@dataclass(frozen=True, slots=True)
class Steady:
    """New rows after a full run, and the share of the full run's time that measuring them may take."""

    key: str
    name: str
    of: str
    """The case whose warehouse it is."""
    tables: int
    most: float


CASES = (
    Case("typed-200", "200 tables x 2,000 rows, typed columns", "typed", 200, 2_000, 1.5, 1.2),
    Case("typed-20", "20 tables x 50,000 rows, typed columns", "typed", 20, 50_000, 1.2, 1.1),
    Case("typed-1", "1 table x 5,000,000 rows, typed columns", "typed", 1, 5_000_000, 1.1, 1.1),
    Case("documents-1", "1 table x 1,000,000 JSON documents x 12 properties", "documents", 1, 1_000_000, 1.2, 1.2),
    Case("documents-200", "200 events x 3 versions in 1 JSON table, 1M rows", "documents", 200, 1_000_000, 1.3, 1.3),
    Case("postgres-20", "20 tables x 50,000 rows on PostgreSQL, JIT off", "postgres", 20, 50_000, 1.2, 1.2),
)
STEADY = (
    Steady("few", "1% new rows in 2 of the 200 tables", "typed-200", 2, 0.05),
    Steady("one", "1% new rows in the table of 5 million", "typed-1", 1, 0.05),
    Steady("all", "1% new rows in each of the 200 tables", "typed-200", 200, 0.45),
)
PLAN = (10_000, 50)
"""Events, and properties of each."""


def main() -> int:
    """Run the cases that are asked for; 1 where a ratio is above its bound."""
    known = [*(one.key for one in (*CASES, *STEADY)), "plan"]
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"one of {', '.join(known)}; all where none is said")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    wanted = set(asked.cases or known)
    if unknown := wanted - set(known):
        parser.error(f"there is no case {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    cores = os.cpu_count()
    print(f"{platform.machine()}, {cores} cores, {_model()}, Python {platform.python_version()}, {_versions()}")
    print(f"medians of {asked.rounds} rounds, jobs in turn; ratios are wall time of the jobs, imports done\n")
    results = [_case(case, asked.rounds) for case in CASES if case.key in wanted]
    results += [_steady(steady, asked.rounds) for steady in STEADY if steady.key in wanted]
    results += [_plan()] if "plan" in wanted else []
    return 0 if all(results) else 1


# ── all rows, beside hand-written SQL ───────────────────────────────────────────────────────────────


def _case(case: Case, rounds: int) -> bool:
    with _warehouse(case) as folder:
        done = [_round(case, folder) for _ in range(rounds)]
    print(case.name)
    base, cold, warm, again = zip(*done, strict=True)
    _table((("hand-written SQL", base), ("run, cold", cold), ("run, warm", warm), ("no new rows", again)))
    verdicts = [_ratio("run, cold", cold, base, case.cold), _ratio("run, warm", warm, base, case.warm)]
    above = max(statistics.median(run["peak"] for run in runs) for runs in (cold, warm))
    above -= statistics.median(run["peak"] for run in base)
    verdicts.append(above <= MORE_MEMORY)
    print(
        f"  {'memory':18}{above:+8.0f} MB beside the baseline, bound +{MORE_MEMORY}: {_word(verdicts[-1])}\n",
        flush=True,
    )
    return all(verdicts)


def _round(case: Case, folder: Path) -> tuple[Times, Times, Times, Times]:
    base = _job("baseline", case, folder)
    _forget(folder, caches=True)
    cold = _job("run", case, folder)
    _forget(folder, caches=False)
    warm = _job("run", case, folder)
    again = _job("run", case, folder)
    if (cold["kept"], warm["kept"], again["kept"]) != (case.total, case.total, 0):
        raise SystemExit(f"{case.name}: measured {cold['kept']} rows, then {warm['kept']}, then {again['kept']}")
    return base, cold, warm, again


def _forget(folder: Path, *, caches: bool) -> None:
    if caches:
        shutil.rmtree(folder / "state", ignore_errors=True)
    for file in (folder / "state").glob("history.db*"):
        file.unlink()


# ── new rows, beside the full run ───────────────────────────────────────────────────────────────────


def _steady(steady: Steady, rounds: int) -> bool:
    case = next(case for case in CASES if case.key == steady.of)
    new = max(1, case.rows // 100)
    done = []
    for _ in range(rounds):
        with _warehouse(case) as folder:
            everything = _job("run", case, folder)
            hourly = []
            for begin, moment in LATER:
                build.more(folder, range(steady.tables), new, begin)
                hourly.append(_job("run", case, folder, moment))
            by_hand = _job("newer", case, folder, LATER[-1][0])
            done.append((everything, hourly[-1], by_hand))  # the first of them builds the SQL of such runs
    full, fresh, hand = zip(*done, strict=True)
    if any(run["kept"] != new * steady.tables for run in fresh):
        raise SystemExit(f"{steady.name}: measured {[run['kept'] for run in fresh]} rows")
    print(steady.name)
    _table((("full run, cold", full), ("run of new rows", fresh), ("by hand", hand)))
    fine = _ratio("run of new rows", fresh, full, steady.most)
    _ratio("by hand", hand, full, steady.most)
    print(flush=True)
    return fine


# ── a large plan ────────────────────────────────────────────────────────────────────────────────────


def _plan() -> bool:
    with tempfile.TemporaryDirectory(prefix="trackwarden-bench-") as temporary:
        folder = build.wide(Path(temporary), *PLAN)
        case = Case("plan", "", "typed", *PLAN, 0, 0)
        cold, warm = (_job("contract", case, folder, what) for what in ("every rule", "outlines"))
    print(f"a plan of {PLAN[0]:,} events x {PLAN[1]} properties, a table for each: contract, no SQL")
    _table(((f"{cold['kept']:,.0f} rules", (cold,)), (f"{warm['kept']:,.0f} outlines", (warm,))))
    verdicts = [cold["job"] <= 60, warm["job"] <= 5, max(cold["peak"], warm["peak"]) < 1_000]
    for words, verdict in zip(("cold, bound 60 s", "warm, bound 5 s", "memory, bound 1 GB"), verdicts, strict=True):
        print(f"  {words}: {_word(verdict)}")
    return all(verdicts)


# ── jobs, and how they are told ─────────────────────────────────────────────────────────────────────


@contextmanager
def _warehouse(case: Case) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="trackwarden-bench-") as temporary:
        if case.kind != "postgres":
            make: Callable[[Path, int, int], Path] = build.typed if case.kind == "typed" else build.documents
            yield make(Path(temporary), case.size, case.rows)
            return
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - only where it is asked for

        from tests.fakes.postgres import running  # noqa: PLC0415 - only where it is asked for

        with running() as server:
            with server.connect() as connection:
                connection.autocommit = True
                connection.execute("alter system set jit = off")
                connection.execute("select pg_reload_conf()")
            login = make_conninfo(
                host=server.host, port=server.port, user=server.user, password=server.password, dbname=server.dbname
            )
            yield build.postgres(Path(temporary), case.size, case.rows, login)


def _job(who: str, case: Case, folder: Path, now: str = NOW) -> Times:
    """One job of its own process; `now`: a run's moment, or what of a contract is asked."""
    words = [sys.executable, "-m", "bench.job", who, case.kind, str(folder), str(case.size), str(case.rows), now]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        raise SystemExit(done.stderr)
    result: Times = json.loads(done.stdout.splitlines()[-1])
    return result


def _table(rows: Sequence[tuple[str, Sequence[Times]]]) -> None:
    for label, runs in rows:
        job, cpu, whole, peak = (statistics.median(run[key] for run in runs) for key in ("job", "cpu", "whole", "peak"))
        print(f"  {label:18}{job:8.2f} s{cpu:8.2f} s CPU{whole:8.2f} s with imports{peak:8.0f} MB peak")


def _ratio(label: str, runs: Sequence[Times], others: Sequence[Times], most: float) -> bool:
    job, cpu, whole = (
        statistics.median(run[key] / other[key] for run, other in zip(runs, others, strict=True))
        for key in ("job", "cpu", "whole")
    )
    fine = job <= most
    print(f"  {label:18}{job:8.2f} x (CPU {cpu:.2f}, with imports {whole:.2f}), bound {most}: {_word(fine)}")
    return fine


def _word(fine: bool) -> str:  # noqa: FBT001 - a verdict
    return "ok" if fine else "ABOVE"


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

"""Caches are speed, never judgement: with them, without them and with damaged ones runs find the same."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from bench import build
from bench.shape import NOW as TEXT
from monitor.judge.model import Finding, Kind
from monitor.outcome import Options
from monitor.run import run
from monitor.wiring import Workspace

NOW = datetime.fromisoformat(TEXT)
HOUR = timedelta(hours=1)


class Nobody:
    def begins(self, tables: int) -> None: ...
    def looked_at(self, table: str) -> None: ...
    def prints(self, message: str) -> None: ...


def _sql(folder: Path, *statements: str) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def _found(folder: Path, hours: int) -> tuple[Finding, ...]:
    outcome = run(Workspace.open(folder), Options(now=NOW + hours * HOUR), Nobody())
    assert not outcome.unmeasured
    return outcome.findings


def _forget(folder: Path) -> None:
    shutil.rmtree(folder / "state" / "cache", ignore_errors=True)


def _damage(folder: Path) -> None:
    for file in (folder / "state" / "cache").glob("*.json"):
        file.write_text(file.read_text()[: -len(file.name)])


def test_with_caches_without_them_and_with_damaged_ones_runs_find_the_same(tmp_path: Path) -> None:
    first = build.typed(tmp_path / "kept", 4, 2_000)
    _sql(
        first,
        "alter table bench.event_000 drop column d0_price",
        "alter table bench.event_001 alter column d0_step type varchar",
        "alter table bench.event_002 add column surprise varchar default 'x'",
    )
    folders = {name: tmp_path / name for name in ("kept", "forgotten", "damaged")}
    for name in ("forgotten", "damaged"):
        shutil.copytree(first, folders[name])
        for file in ("profiles.yml", "trackwarden.yml"):
            text = (folders[name] / file).read_text()
            (folders[name] / file).write_text(text.replace(str(first), str(folders[name])))
    said: list[set[tuple[Kind, str]]] = []
    for hours in (0, 1, 6):
        if hours == 6:
            for folder in folders.values():
                build.more(folder, [1, 3], 50, "2026-06-08 07:00:00")
                _sql(folder, "alter table bench.event_003 drop column d0_coupon")
        _forget(folders["forgotten"])
        _damage(folders["damaged"])
        kept, forgotten, damaged = (_found(folder, hours) for folder in folders.values())
        assert kept == forgotten == damaged
        said.append({(one.kind, one.property) for one in kept})
    wrong = {(Kind.COLUMN_TYPE_CHANGED, "d0_step"), (Kind.MISSING_COLUMN, "d0_price")}
    assert said[0] == said[1] == wrong | {(Kind.UNEXPECTED_COLUMN, "surprise")}
    assert said[2] == said[0] | {(Kind.MISSING_COLUMN, "d0_coupon")}
    assert (folders["kept"] / "state" / "cache" / "outlines.json").is_file()

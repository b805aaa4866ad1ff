"""A workspace on a DuckDB file in which a test lands rows as a collector does, and the whole job on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from monitor.judge.model import Finding, Kind
from monitor.run import Options, Outcome, run
from monitor.wiring import Workspace

PROFILES = """\
trackwarden:
  target: dev
  outputs:
    dev: {type: duckdb, path: warehouse.duckdb, schema: main, threads: 1}
"""


class _Silent:
    def begins(self, tables: int) -> None:
        pass

    def looked_at(self, table: str) -> None:
        pass

    def prints(self, message: str) -> None:
        pass


@dataclass(frozen=True)
class Job:
    """A folder with a plan, a profile, a warehouse and one landing."""

    root: Path

    @classmethod
    def made(cls, root: Path, landing: Mapping[str, Any], events: Mapping[str, Mapping[str, Any]]) -> "Job":
        """`events`: planned name → version → schema; a version's status is `live`."""
        (root / "tracking_plan" / "events").mkdir(parents=True)
        for number, (name, versions) in enumerate(events.items()):
            planned = {
                "event": name,
                "team": "growth",
                "versions": {version: {"status": "live", "schema": schema} for version, schema in versions.items()},
            }
            (root / "tracking_plan" / "events" / f"event_{number}.yml").write_text(yaml.safe_dump(planned))
        (root / "profiles.yml").write_text(PROFILES)
        settings = {
            "plan": {"path": "tracking_plan"},
            "profile": {"name": "trackwarden", "dir": "."},
            "landings": [dict(landing)],
        }
        (root / "trackwarden.yml").write_text(yaml.safe_dump(settings))
        return cls(root)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements on the warehouse; the last one's rows."""
        rows: list[tuple[Any, ...]] = []
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for statement in statements:
                rows = connection.execute(statement).fetchall()
        return rows

    def land(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows by column name; what a row does not name is NULL. Dicts and lists are landed as JSON."""
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for row in rows:
                names = ", ".join('"' + name.replace('"', '""') + '"' for name in row)
                marks = ", ".join("?" for _ in row)
                values = [json.dumps(value) if isinstance(value, dict | list) else value for value in row.values()]
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)

    def configure(self, **keys: Any) -> None:
        """Say more of the landing."""
        file = self.root / "trackwarden.yml"
        settings = yaml.safe_load(file.read_text())
        settings["landings"][0].update(keys)
        file.write_text(yaml.safe_dump(settings))

    def run(self, now: datetime) -> Outcome:
        """One run of the main job, as of a moment."""
        return run(Workspace.open(self.root, {}), Options(now=now, sums=True), _Silent())


def rows(outcome: Outcome) -> dict[tuple[str, str, str], int]:
    """Event, version, source → rows that this run measured."""
    return {key: one.rows for key, one in outcome.sums.items()}


def failed(outcome: Outcome, event: str, version: str, source: str = "web") -> dict[str, int]:
    """Rule (without event and version) → failing rows that this run measured."""
    found = outcome.sums[event, version, source].failed
    return {rule.partition("#")[2]: number for rule, number in found.items() if number}


def of(outcome: Outcome, kind: Kind) -> list[Finding]:
    """The findings of one kind."""
    return [one for one in outcome.findings if one.kind is kind]


def told(outcome: Outcome, *without: Kind) -> dict[Kind, list[tuple[str, str, str, int]]]:
    """Kind → event, version, property and affected rows of each finding."""
    kinds: dict[Kind, list[tuple[str, str, str, int]]] = {}
    for one in outcome.findings:
        if one.kind not in without:
            kinds.setdefault(one.kind, []).append((one.event, one.version, one.property, one.evidence.affected))
    return {kind: sorted(found) for kind, found in kinds.items()}

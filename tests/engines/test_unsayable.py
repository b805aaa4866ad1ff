"""A rule that an engine has no words for is unmeasurable there, and says why; the others of its table are asked."""

import json
from datetime import datetime
from pathlib import Path

from monitor.contract.model import Unmeasurable
from monitor.outcome import Options, Outcome
from monitor.run import run
from monitor.wiring import Workspace
from tests.fakes import jobs
from tests.fakes.warehouses import WITH_SCHEMAS, sqlite_file

GREEK = r"\p{Script=Greek}"
"""SQLite matches with Python's engine, which knows no scripts."""


class Nobody:
    def begins(self, tables: int) -> None: ...

    def prints(self, message: str) -> None: ...

    def looked_at(self, table: str) -> None: ...


def test_what_cannot_be_said_is_told_and_the_rest_is_counted(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    assert "sqlite" in WITH_SCHEMAS
    with sqlite_file(tmp_path) as profile:
        jobs.land(profile, schemas_there=True)
        jobs.workspace(folder, profile)
        file = folder / "tracking_plan" / "events" / "searched.yml"
        schema = {"type": "object", "properties": {"query": {"type": "string", "minLength": 2, "pattern": GREEK}}}
        versions = {version: {"status": "live", "schema": schema} for version in ("1-0-0", "1-1-0")}
        file.write_text(
            json.dumps({"event": "Searched", "team": "growth", "sources": ["android"], "versions": versions})
        )
        for moment in (jobs.FIRST, jobs.SECOND):
            outcome = run(Workspace.open(folder, {}), Options(datetime.fromisoformat(moment), sums=True), Nobody())
            assert outcome.unmeasured == ()
            searched = outcome.sums["Searched", "1-0-0", "android"]
            assert searched.rows
            assert searched.failed["searched@1-0-0#/query:minLength"]
            assert "RE2" in reason(outcome)


def reason(outcome: Outcome) -> str:
    table = next(one for one in outcome.binder.contract().tables if one.key == "tw_raw.events")
    rule = next(rule for rule in table.versions[0].rules if rule.id == "searched@1-0-0#/query:pattern")
    assert isinstance(rule.verdict, Unmeasurable)
    return rule.verdict.reason

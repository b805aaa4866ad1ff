"""ClickHouse over HTTP, as servers are asked: several sessions, united scans, and connections that break.

The engine is the real one, its HTTP interface ours (tests/fakes/clickhouse_http.py); a proxy between breaks what
passes to order. A run that loses one table measures the others, and the next run makes up for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import ExitCode
from monitor.outcome import Outcome
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters.base import Terms
from monitor.wiring import Workspace
from tests.engines.test_concurrency import told_by
from tests.engines.test_whole_job import _history, _run
from tests.fakes import clickhouse_http, jobs
from tests.fakes.clickhouse import ClickHouseMissingError
from tests.fakes.proxy import Fault, Proxy

pytestmark = pytest.mark.xdist_group("clickhouse")
THIRD = "2026-06-30T15:00:00+00:00"
SCAN = rb"order_completed(?:(?!POST /)[^\x00])*GROUP BY"
"""Within one request: a connection carries one after the other."""
SILENCE = 3
"""Seconds after which a silent server is given up here."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    folder = tmp_path_factory.mktemp("clickhouse_http")
    try:
        with clickhouse_http.running(folder) as fields:
            profile = Profile("clickhouse", fields, folder / "profiles.yml", "tests", "own")
            jobs.land(profile)
            yield profile
    except ClickHouseMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def proxied(server: Profile) -> Iterator[tuple[Profile, Proxy]]:
    """The same behind a proxy."""
    with Proxy("127.0.0.1", int(server.fields["port"])) as proxy:
        fields = {**server.fields, "port": proxy.port, "send_receive_timeout": SILENCE, "connect_timeout": 2}
        yield replace(server, fields=fields), proxy


@pytest.fixture(scope="module")
def healthy(server: Profile, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What history holds after three runs that nothing happened to."""
    place = jobs.workspace(tmp_path_factory.mktemp("healthy") / "workspace", server)
    for moment in (jobs.FIRST, jobs.SECOND, THIRD):
        assert _run(Workspace.open(place, {}), moment).exit_code(None) is ExitCode.OK
    return _history(place)


def unmeasured(outcome: Outcome) -> dict[str, str]:
    return {one.table: f"{one.problem}: {one.hint}" for one in outcome.unmeasured}


@pytest.mark.parametrize(
    ("fault", "said"),
    [(Fault.RESET, "connection to the warehouse was lost"), (Fault.CLOSE, "was lost"), (Fault.STALL, "was lost")],
)
def test_a_connection_that_breaks_is_one_table_unknown_and_the_next_run_makes_up_for_it(
    proxied: tuple[Profile, Proxy], healthy: Mapping[str, Any], tmp_path: Path, fault: Fault, said: str
) -> None:
    profile, proxy = proxied
    place = jobs.workspace(tmp_path / "workspace", profile)
    assert _run(Workspace.open(place, {}), jobs.FIRST).exit_code(None) is ExitCode.OK
    proxy.script(SCAN, fault)
    broken = _run(Workspace.open(place, {}), jobs.SECOND)
    assert broken.exit_code(None) is ExitCode.PARTIAL
    assert set(unmeasured(broken)) == {"tw_web.order_completed"}, unmeasured(broken)
    assert said in unmeasured(broken)["tw_web.order_completed"]
    proxy.heal()
    assert _run(Workspace.open(place, {}), THIRD).exit_code(None) is ExitCode.OK
    assert _history(place) == healthy


def test_a_server_that_goes_away_is_given_up_and_nothing_is_counted(
    proxied: tuple[Profile, Proxy], tmp_path: Path
) -> None:
    profile, proxy = proxied
    place = jobs.workspace(tmp_path / "workspace", profile)
    assert _run(Workspace.open(place, {}), jobs.FIRST).exit_code(None) is ExitCode.OK
    before = _history(place)
    proxy.script(rb"tw_place", Fault.AWAY)  # the probe over all tables
    gone = _run(Workspace.open(place, {}), jobs.SECOND)
    assert gone.exit_code(None) is ExitCode.UNREACHABLE
    assert len(gone.unmeasured) == 3
    assert _history(place) == before


def test_a_table_that_the_server_refuses_is_unknown_in_its_words_and_the_others_are_measured(
    server: Profile, tmp_path: Path
) -> None:
    """A view whose table is gone: the catalog still tells its columns."""
    with connect(server, Terms(writes=True)) as warehouse:
        views(warehouse)
        try:
            place = jobs.workspace(tmp_path / "workspace", server)
            config = place / "trackwarden.yml"
            config.write_text(config.read_text().replace(f"schema: {jobs.WEB}", "schema: tw_views"))
            outcome = _run(Workspace.open(place, {}), jobs.FIRST)
        finally:
            warehouse.write(["DROP DATABASE tw_views SYNC"])
    assert outcome.exit_code(None) is ExitCode.PARTIAL
    assert set(unmeasured(outcome)) == {"tw_views.signed_up"}
    assert "UNKNOWN_TABLE" in unmeasured(outcome)["tw_views.signed_up"]


def views(warehouse: Warehouse) -> None:
    warehouse.write(
        [
            "CREATE DATABASE tw_views",
            f"CREATE TABLE tw_views.gone AS {jobs.WEB}.signed_up",
            f"CREATE VIEW tw_views.order_completed AS SELECT * FROM {jobs.WEB}.order_completed",
            "CREATE VIEW tw_views.signed_up AS SELECT * FROM tw_views.gone",
            "DROP TABLE tw_views.gone SYNC",
        ]
    )


def test_sessions_side_by_side_and_united_scans_change_nothing(server: Profile, tmp_path: Path) -> None:
    alone = told_by(tmp_path / "alone", server, "{concurrency: 1}")
    assert told_by(tmp_path / "several", server, "{concurrency: 4}") == alone
    assert told_by(tmp_path / "batched", server, "{concurrency: 2, batch: 10}") == alone
    assert alone[1]["measurement"]


def test_united_statements_give_what_each_gives(server: Profile) -> None:
    asked = [
        "SELECT 'quo\"te\\'s \\\\ é 😀' AS t, NULL AS n, toUInt64(9007199254740993) AS c",
        "SELECT name AS t, NULL AS n, toUInt64(count(*)) AS c FROM tw_raw.events GROUP BY 1 ORDER BY 1",
        "SELECT '' AS t, NULL AS n, toUInt64(0) AS c FROM tw_raw.events WHERE 0",
    ]
    with connect(server, Terms(batch=10)) as warehouse:
        assert warehouse.batched == 10
        together = warehouse.batch([(sql, 3) for sql in asked])
        for sql, one in zip(asked, together, strict=True):
            assert isinstance(one, list)
            rows = [list(row) for row in warehouse.query(sql)]
            assert [list(row) for row in zip(*(values.listed() for values in one), strict=True)] == rows
        refused = warehouse.batch([(asked[0], 3), ("SELECT nothing", 1)])
        assert isinstance(refused[0], list)
        assert "UNKNOWN_IDENTIFIER" in str(refused[1])


def test_a_statement_that_takes_too_long_is_ended_by_the_server_and_the_session_goes_on(server: Profile) -> None:
    with connect(server, Terms(statement_seconds=1)) as warehouse:
        with pytest.raises(Exception, match="TIMEOUT_EXCEEDED"):
            warehouse.query("SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash128(number))")
        assert warehouse.query("SELECT 1")[0][0] == 1

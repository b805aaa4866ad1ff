"""What apps, people, disks and clocks may do to a workspace: each ends in a correct result or in one clear error."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.measure.windows import hour_of
from monitor.wiring import Workspace
from tests.fakes.block_kit import mentions
from tests.fakes.slack import FakeSlack

NOW = datetime.fromisoformat("2026-06-30T18:00+00:00")
UNTIL = ("--until", "2026-06-30T18:00")
NAMES = (
    'a"b', "x';--", "b`t", "100%", "%s %(y)s :name ?", "☃ 🛒", "N" * 300, "<script>alert(1)</script>", "{{ 1/0 }}",
    "../../x", "'; DROP TABLE canary; --", "a\\b", "select", "new\nline", "\u202erev", "<!channel> <@U012ABC>", "CON",
)  # fmt: skip
PAYLOADS = (
    None, "", "not json", "[", "[]", "5", "null", '{"a":' * 3_000 + "1" + "}" * 3_000, '{"total": 1e999}',
    '{"total": ' + "9" * 5_000 + "}", '{"order_id": "a", "order_id": "b"}', '{"order_id": "\\u0000"}',
    '{"order_id": "\\ud800"}', '{"total": NaN}', '{"schema_version": {"a": 1}}', '{"": 1, "a\\"b": 2, "$": 3}',
)  # fmt: skip

SETTINGS = """\
plan: {path: tracking_plan}
profile: {name: trackwarden, target: dev}
landings:
  - source: {column: platform}
    layout: json
    table: raw.events
    event: {column: event_name}
    properties: {column: payload}
    version: [{json: "$.schema_version"}, {fallback: oldest}]
    received: received_at
"""
SEGMENT = """\
  - {source: web, layout: segment, schema: web_prod}
"""
PROFILES = "trackwarden: {target: dev, outputs: {dev: {type: duckdb, path: warehouse.duckdb}}}\n"
EVENT = """\
event: Order Completed
team: <b>checkout</b>
description: "<img src=x onerror=alert(1)> {{ 1/0 }} <!channel>"
versions:
  1-0-0:
    schema:
      type: object
      required: [order_id]
      properties:
        order_id: {type: string, minLength: 1}
        total: {type: number, minimum: 0}
"""

Row: TypeAlias = tuple[str | None, str | None, str | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Shop:
    """A workspace with one JSON table, and the commands on it."""

    folder: Path

    def land(self, *rows: Row) -> None:
        """More rows: event, source, payload, arrival."""
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            connection.executemany("INSERT INTO raw.events VALUES (?, ?, ?, ?)", rows)

    def flow(self, hours: int, name: str = "Order Completed") -> None:
        """Six rows an hour of an event, the last of them three hours ago."""
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            connection.execute(
                """INSERT INTO raw.events SELECT ?, 'web', '{"order_id": "x"}', moment
                FROM range(?::TIMESTAMP, ?::TIMESTAMP, INTERVAL 10 MINUTE) r (moment)""",
                [name, f"{NOW - timedelta(hours=hours + 3):%F %T}", f"{NOW - timedelta(hours=3):%F %T}"],
            )

    def sql(self, *statements: str) -> Any:
        """Run statements on the warehouse; the last one's rows."""
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            return [connection.execute(statement).fetchall() for statement in statements][-1]

    def call(
        self, *arguments: str, env: Mapping[str, str] | None = None, debug: Sequence[str] = ()
    ) -> tuple[int, str, str]:
        """Exit code, stdout, stderr of a command; whatever it is, it is no bug and shows no traceback unasked."""
        given: dict[str, str | None] = {"HOME": str(self.folder), "DBT_PROFILES_DIR": None, **(env or {})}
        command = [*debug, "-C", str(self.folder), *arguments]
        ended = CliRunner(env=given, catch_exceptions=False).invoke(main, command)
        assert ended.exit_code != 70, ended.stderr
        assert debug or "Traceback" not in ended.output
        return ended.exit_code, ended.stdout, ended.stderr

    def ran(self, *more: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The document of a run that went well."""
        code, out, err = self.call("run", "--json", *(more or UNTIL), env=env)
        assert code == 0, err
        document: dict[str, Any] = json.loads(out)
        return document

    def configure(self, old: str, new: str) -> None:
        """Change the configuration."""
        file = self.folder / "trackwarden.yml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def known(self) -> object:
        """Everything that history knows of rows, watermarks and incidents."""
        history = Workspace.open(self.folder).history()
        try:
            marks = {name: mark.until for name, mark in history.watermarks().items()}
            past = history.past(dict.fromkeys(marks, hour_of(NOW)), hour_of(NOW))
            series = {
                (one.table, one.series): (one.rows.tobytes(), one.invalid.tobytes(), dict(one.present))
                for one in past.series
            }
            return marks, series, sorted((one.fingerprint, one.state) for one in history.incidents())
        finally:
            history.close()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    events = tmp_path / "tracking_plan" / "events"
    events.mkdir(parents=True)
    (events / "order_completed.yml").write_text(EVENT, encoding="utf-8")
    (tmp_path / "trackwarden.yml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "profiles.yml").write_text(PROFILES, encoding="utf-8")
    made = Shop(tmp_path)
    made.sql(
        "CREATE SCHEMA raw",
        "CREATE TABLE raw.events (event_name VARCHAR, platform VARCHAR, payload VARCHAR, received_at TIMESTAMP)",
        "CREATE TABLE canary (sings INTEGER)",
    )
    return made


Write: TypeAlias = Callable[[Path], object]


# ── the warehouse ───────────────────────────────────────────────────────────────────────────────────


def test_payloads_that_no_parser_likes_are_rows_all_the_same(shop: Shop) -> None:
    at = NOW.replace(tzinfo=None) - timedelta(hours=9)
    shop.land(*(("Order Completed", "web", payload, at) for payload in PAYLOADS))
    document = shop.ran()
    assert document["measured"]["rows"] == len(PAYLOADS)
    assert sum(one["rows"] for one in document["versions"]) == len(PAYLOADS)


def test_names_of_tables_columns_and_events_are_only_names(shop: Shop) -> None:
    at = NOW.replace(tzinfo=None) - timedelta(hours=9)
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in NAMES}
    columns = ", ".join(f"{one} VARCHAR" for one in quoted.values())
    fixed = "id VARCHAR, event VARCHAR, event_text VARCHAR, received_at TIMESTAMP"
    shop.sql(
        "CREATE SCHEMA web_prod",
        f"CREATE TABLE web_prod.order_completed ({fixed}, order_id VARCHAR, {columns})",
        *(f"CREATE TABLE web_prod.{one} ({fixed})" for one in quoted.values()),
        *(f"INSERT INTO web_prod.{one} VALUES ('i', 'e', 'e', '{at}')" for one in quoted.values()),
        f"INSERT INTO web_prod.order_completed SELECT 'i', 'order_completed', 'Order Completed', '{at}', 'o', "
        + ", ".join("'v'" for _ in NAMES),
    )
    shop.land(*((name, name, json.dumps({"order_id": "x", name: 1}), at) for name in NAMES))
    shop.land(*(("Order Completed", "web", json.dumps({"order_id": "x", name: 1}), at) for name in NAMES))
    shop.configure("landings:\n", f"landings:\n{SEGMENT}")
    assert shop.ran()["measured"]["rows"] == 1 + 3 * len(NAMES)
    for command in (["generate"], ["generate", "--check"], ["report"], ["plan", "show"], ["doctor"]):
        assert shop.call(*command)[0] == 0
    assert shop.sql("SELECT count(*) FROM canary") == [(0,)]
    for page in (shop.folder / "reports").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert not any(path.name.startswith("x") for path in shop.folder.parent.iterdir()), "nothing was written outside"


def test_a_column_of_users_in_the_place_of_the_source_loses_no_row(shop: Shop) -> None:
    shop.sql(
        """INSERT INTO raw.events SELECT 'Order Completed', 'user-' || i, '{"order_id": "x"}', TIMESTAMP '2026-06-30'
        FROM range(5000) r (i)"""
    )
    versions = shop.ran()["versions"]
    assert sum(one["rows"] for one in versions) == 5_000
    assert len(versions) == 1_001
    assert {one["source"]: one["rows"] for one in versions}["(other)"] == 4_000


# ── messages ────────────────────────────────────────────────────────────────────────────────────────


def test_a_name_mentions_nobody_in_slack(shop: Shop) -> None:
    shop.configure("landings:\n", "slack: {token: \"{{ env_var('SLACK_BOT_TOKEN') }}\", channel: C0SHOP}\nlandings:\n")
    shop.flow(24 * 9)
    with FakeSlack("C0SHOP") as slack:
        env = {"SLACK_API_URL": slack.url, "SLACK_BOT_TOKEN": slack.token}
        shop.ran("--until", "2026-06-29T18:00", env=env)
        shop.flow(3, "<!channel> <@U012ABC>")
        shop.flow(3, "b`t")
        shop.ran(env=env)
        assert slack.messages, "the names were told"
        said = json.dumps([(one.text, one.blocks) for one in slack.messages], ensure_ascii=False)
        assert "<!channel>" not in said
        assert "<@U012ABC>" not in said
        assert "&lt;!channel&gt;" in said
        assert [mention for one in slack.messages for mention in mentions(one.blocks)] == []
        assert slack.token not in said


# ── disk, cache, clock, processes ───────────────────────────────────────────────────────────────────


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _rewrite(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace("Order Completed", "Order Com"), encoding="utf-8")


@pytest.mark.parametrize("spoil", [_cut, _rewrite, lambda file: file.write_text('{"version": "0.1.0", "held": 5}')])
def test_a_spoilt_cache_changes_nothing(shop: Shop, spoil: Write) -> None:
    shop.flow(48)
    shop.ran("--until", "2026-06-29T18:00")
    for file in (shop.folder / "state" / "cache").iterdir():
        spoil(file)
    again = shop.ran()
    assert again["measured"]["rows"] == 23 * 6, "the hours from 16:00, when the first run ended, to 15:00"
    assert [one["event"] for one in again["versions"]] == ["Order Completed"]


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31", "1969-12-31", "999999w"])
def test_a_moment_beyond_the_calendar_is_a_usage_error_or_the_beginning(shop: Shop, moment: str) -> None:
    assert shop.call("run", "--until", moment)[0] == 2
    assert shop.call("run", "--since", moment, *UNTIL)[0] == 2
    assert not (shop.folder / "state" / "history.db").exists()


def test_a_run_killed_again_and_again_ends_in_the_same_history(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop.flow(24 * 20)
    calm = Shop(tmp_path_factory.mktemp("calm") / "workspace")
    shutil.copytree(shop.folder, calm.folder)
    calm.ran()
    command = [sys.executable, "-c", "from monitor.cli import main; main()", "-C", str(shop.folder), "run", *UNTIL]
    for seconds in (0.3, 0.5, 0.7, 0.9):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as victim:
            time.sleep(seconds)
            victim.send_signal(signal.SIGKILL)
    shop.ran()
    assert shop.known() == calm.known()


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "settings",
    [
        "history: {url: 'sqlite:///state/h.db?password=SENTINEL9'}",
        "history: {url: 'sqlite://me:SENTINEL9@host/h.db'}",
        "history: {url: 'nonsense SENTINEL9'}",
        "report: {url: 'https://me:SENTINEL9@reports.example.com'}",
        "slack: {webhook: 'ftp://example.com/SENTINEL9'}",
        "slack: {token: [SENTINEL9]}",
        "slack: {webhok: 'https://hooks.slack.com/services/SENTINEL9'}",
    ],
)
def test_a_secret_in_the_wrong_place_is_told_nowhere(shop: Shop, settings: str) -> None:
    shop.flow(24)
    shop.configure("landings:", f"{settings}\nlandings:")
    for arguments in (["doctor"], ["run", *UNTIL], ["report"]):
        for debug in ([], ["-v"]):
            _, out, err = shop.call(*arguments, debug=debug)
            assert "SENTINEL9" not in out + err

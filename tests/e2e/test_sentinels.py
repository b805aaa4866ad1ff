"""A secret of each kind and an address in rows, on three warehouses, through every command and every error.

They appear in no output, no log at DEBUG, no file that trackwarden writes, no history, and nothing that Slack gets.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import sqlalchemy as sa
import yaml

from monitor.catalog import TableRef
from monitor.history.store import History
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Terms
from tests.fakes.slack import DROP_AFTER, FakeSlack, Fault, broken, refusing
from tests.fakes.warehouses import WAREHOUSES, WITH_SCHEMAS, MissingError

ROOT = Path(__file__).parents[2]
MAIL = "jane.sentinel@mail.example"
SESAME = "s3same"
"""A part of every secret."""
PASSWORD, TOKEN, APP_TOKEN = f"{SESAME}-of-the dsn/é", f"xoxb-{SESAME}-bot-token", f"xapp-{SESAME}-app"
WEB, RAW = "tw_web", "tw_raw"
BROKEN = f"SELECT 'Broken' AS name, version, payload, received_at FROM {RAW}.events"

PROPERTIES: dict[str, Any] = {
    "pattern": {"type": "string", "pattern": "^[0-9]+$"},
    "enum": {"type": "string", "enum": ["a", "b"]},
    "const": {"const": "a"},
    "long": {"type": "string", "maxLength": 3},
    "integer": {"type": "integer", "minimum": 3},
    "number": {"type": "number", "maximum": 3},
    "boolean": {"type": "boolean"},
    "moment": {"type": "string", "format": "date-time"},
    "address": {"type": "string", "format": "ipv4"},
    "items": {"type": "array", "items": {"type": "string", "maxLength": 3}, "uniqueItems": True},
    "inside": {"type": "object", "properties": {"deep": {"type": "integer"}}, "required": ["other"]},
}
NAMES = ("pattern", "enum", "const", "long", "integer", "number", "boolean", "moment", "address")
GOOD: dict[str, Any] = {
    "pattern": "1", "enum": "a", "const": "a", "long": "abc", "integer": 4, "number": 2.5, "boolean": True,
    "moment": "2026-06-30T10:00:00Z", "address": "10.0.0.1", "items": ["a"], "inside": {"deep": 1, "other": 2},
}  # fmt: skip
BAD = {**dict.fromkeys(NAMES, MAIL), "items": [MAIL, MAIL], "inside": {"deep": MAIL}, "undeclared": MAIL}
PLAN = {
    name: {
        "event": name.replace("_", " ").title(), "team": "growth", "sources": [source],
        "versions": {"1-0-0": {"status": "live", "schema": {"type": "object", "properties": PROPERTIES}}},
    }
    for name, source in (("signed_up", "web"), ("searched", "android"), ("broken", "shaky"))
}  # fmt: skip
CONFIG = """
plan: {path: tracking_plan}
profile: {name: tests, target: own}
history: {url: "{{ env_var('HISTORY_URL', 'sqlite:///state/history.db') }}"}
schedule: {every: 1h}
"""
LANDING: dict[str, Any] = {
    "layout": "json", "event": {"column": "name"}, "properties": {"column": "payload"},
    "version": [{"column": "version"}], "received": "received_at", "lag": "0m",
}  # fmt: skip
TYPED: dict[str, Any] = {
    "source": "web", "layout": "segment", "schema": WEB, "version": [{"column": "version"}], "lag": "0m",
}  # fmt: skip
COMMANDS = """
import json, logging, sys
from monitor.cli import main
for name in ("slack_sdk", "urllib3", "psycopg", "alembic", "apscheduler", "sqlalchemy.pool", "asyncio"):
    logging.getLogger(name).setLevel(logging.DEBUG)
for arguments in json.loads(sys.argv[1]):
    print("$", *arguments, flush=True)
    print("$", *arguments, file=sys.stderr, flush=True)
    try:
        main(arguments)
    except SystemExit as ended:
        print("exit", ended.code, flush=True)
"""


@dataclass
class Shop:
    """A workspace on one warehouse, and all that was ever said there."""

    engine: str
    owner: Profile
    """Whoever may write there."""
    profile: Profile
    folder: Path
    slack: FakeSlack
    env: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def call(self, *commands: str, **env: str) -> list[int]:
        """The exit codes of `trackwarden --debug …`, one command after the other in one process."""
        asked = [["-C", str(self.folder), "--debug", *command.split("|")] for command in commands]
        given = {
            **os.environ, "PYTHONPATH": str(ROOT), "HOME": str(self.folder), "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_API_URL": self.slack.url, "SLACK_APP_TOKEN": APP_TOKEN, **self.env, **env,
        }  # fmt: skip
        given.pop("DBT_PROFILES_DIR", None)
        done = subprocess.run(
            [sys.executable, "-c", COMMANDS, json.dumps(asked)],
            env=given, capture_output=True, text=True, check=False, cwd=self.folder, timeout=300,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        codes = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("exit ")]
        assert len(codes) == len(commands), done.stderr[-3000:]
        return codes

    def configure(self, **said: Any) -> None:
        """The workspace's own file, with these sections."""
        landings = [
            TYPED,
            {**LANDING, "source": "android", "table": f"{RAW}.events"},
            {**LANDING, "source": "shaky", "table": f"{RAW}.broken"},
        ]
        (self.folder / "trackwarden.yml").write_text(CONFIG + yaml.safe_dump({"landings": landings, **said}))

    def connects(self, **fields: Any) -> None:
        """The way to the warehouse, some of it changed."""
        own = {key: _absolute(value, self.profile) for key, value in self.profile.fields.items()}
        profiles = {"tests": {"target": "own", "outputs": {"own": {**own, **fields}}}}
        (self.folder / "profiles.yml").write_text(yaml.safe_dump(profiles))

    def everything(self) -> Iterator[tuple[str, str]]:
        """What was said, what Slack got, what stands in files, and in a history on a server."""
        yield "the output", "\n".join(self.said)
        yield "Slack", repr((self.slack.messages, self.slack.ephemeral, self.slack.uploads))
        yield "the history", "\n".join(self.dumped())
        given = {"profiles.yml", "trackwarden.yml"}
        for file in sorted(self.folder.rglob("*")):
            if file.is_file() and file.name not in given:
                yield str(file.relative_to(self.folder)), file.read_bytes().decode("utf-8", "replace")
                if file.suffix == ".parquet":
                    yield f"{file.name}, unpacked", pq.read_table(file).to_pandas().to_string()

    def dumped(self) -> Iterator[str]:
        """Every row of a history on a server."""
        if "HISTORY_URL" not in self.env:
            return
        engine = sa.create_engine(self.env["HISTORY_URL"])
        with engine.connect() as connection:
            for name in sa.inspect(connection).get_table_names():
                for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'):
                    yield repr([bytes(one) if isinstance(one, memoryview) else one for one in row])
        engine.dispose()


def _absolute(value: Any, profile: Profile) -> Any:
    """Paths of the profile start at its own folder, which is not the workspace's."""
    beside = profile.file.parent / value if isinstance(value, str) and value else None
    return str(beside) if beside is not None and beside.is_file() else value


def land(profile: Profile, engine: str, now: datetime) -> None:
    """Good rows until six hours ago, and bad ones since; one view that no statement can read."""
    found = adapter(profile.type)
    assert found is not None
    moments = [now - timedelta(minutes=10 * n + 1) for n in range(6 * 30)]
    with connect(profile, Terms(writes=True)) as warehouse:
        for schema in () if engine in WITH_SCHEMAS else (WEB, RAW):
            warehouse.write(found.make(schema))
        document = "json" if "json" in warehouse.kinds else "text"
        rows = [(at, BAD if now - at < timedelta(hours=6) else GOOD) for at in reversed(moments)]
        warehouse.land(
            TableRef(RAW, "events"),
            {"name": "text", "version": "text", "payload": document, "mail": "text", "received_at": "timestamp"},
            [("Searched", "1-0-0", json.dumps(held), MAIL, at.replace(tzinfo=None)) for at, held in rows],
        )
        columns = {"id": "text", "event_text": "text", "version": "text", "received_at": "timestamp"}
        warehouse.land(
            TableRef(WEB, "signed_up"),
            {**columns, **dict.fromkeys(NAMES, "text"), "undeclared": "text"},
            [
                (MAIL, "Signed Up", "1-0-0", at.replace(tzinfo=None), *(str(held[name]) for name in NAMES), MAIL)
                for at, held in rows
            ],
        )
        breaks(warehouse, "json_extract(mail, '$.a') = 1" if engine == "sqlite" else "CAST(mail AS integer) = 1")


def breaks(warehouse: Warehouse, condition: str) -> None:
    """The view's rows cannot be read: the engine says which value it stumbled over."""
    warehouse.write(
        [
            f"DROP VIEW IF EXISTS {RAW}.broken",
            f"CREATE VIEW {RAW}.broken AS {BROKEN} WHERE {condition}",
        ]
    )


in_full = pytest.mark.skipif(os.environ.get("TRACKWARDEN_FAULTS") != "all", reason="make test-faults runs it")


@pytest.fixture(params=[pytest.param("duckdb", marks=in_full), pytest.param("sqlite", marks=in_full), "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, now: datetime) -> Iterator[Shop]:
    """Bad rows in a warehouse, and a workspace that is to look at them."""
    engine = str(request.param)
    folder = tmp_path / "workspace"
    (folder / "tracking_plan" / "events").mkdir(parents=True)
    for name, event in PLAN.items():
        (folder / "tracking_plan" / "events" / f"{name}.yml").write_text(yaml.safe_dump(event, sort_keys=False))
    with ExitStack() as stack:
        try:
            profile = stack.enter_context(WAREHOUSES[engine](tmp_path))
        except MissingError as missing:
            pytest.skip(str(missing))
        land(profile, engine, now)
        slack = stack.enter_context(FakeSlack("C0"))
        slack.token, slack.app_token = TOKEN, APP_TOKEN
        one = Shop(engine, profile, profile, folder, slack)
        if engine == "postgresql":
            one.profile = replace(profile, fields={**profile.fields, "user": "reader", "password": PASSWORD})
            one.env["HISTORY_URL"] = reader(profile)
        one.connects()
        yield one


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def server(profile: Profile, *statements: str) -> None:
    """Statements of the server's owner."""
    with connect(profile, Terms(writes=True)) as warehouse:
        warehouse.write(statements)


def reader(profile: Profile) -> str:
    """A user with the secret password; the address of a schema of its own, the password among its options."""
    server(
        profile,
        f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'",
        "CREATE SCHEMA kept AUTHORIZATION reader",
        f"GRANT USAGE ON SCHEMA {WEB}, {RAW} TO reader",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {WEB}, {RAW} TO reader",
    )
    host, port, name = (profile.fields[key] for key in ("host", "port", "dbname"))
    secret = quote(PASSWORD, safe="")
    return f"postgresql+psycopg://reader@{host}:{port}/{name}?password={secret}&options=-csearch_path%3Dkept"


BOT = {
    "slack": {
        "token": "{{ env_var('SLACK_BOT_TOKEN') }}", "app_token": "{{ env_var('SLACK_APP_TOKEN') }}", "channel": "C0",
    }
}  # fmt: skip
HOOK = {"slack": {"webhook": "{{ env_var('SLACK_WEBHOOK') }}"}}


REFUSED = {
    "duckdb": "Could not convert string '…' to INT32", "postgresql": 'invalid input syntax for type integer: "…"',
    "sqlite": "malformed JSON",
}  # fmt: skip
"""What the engine says of the view, without the value that it could not read."""


@pytest.mark.slow
def test_no_secret_and_no_value_of_a_row_is_told_anywhere(shop: Shop, now: datetime) -> None:
    shop.configure(**BOT)
    works_through(shop, now - timedelta(hours=6))
    slack_fails(shop)
    warehouse_fails(shop)

    told = dict(shop.everything())
    assert REFUSED[shop.engine] in told["the output"]
    for place, text in told.items():
        for secret in (MAIL, "jane.sentinel", SESAME, quote(PASSWORD)):
            at = text.find(secret)
            assert at < 0, f"{place}: …{text[max(0, at - 300) : at + 80]}"


def works_through(shop: Shop, before: datetime) -> None:
    """Every command, on a warehouse that answers; Slack comes to its senses."""
    shop.slack.script("chat.postMessage", broken(500), DROP_AFTER)
    assert set(shop.call(f"run|--until|{before.isoformat()}", "run", "run|--json")) <= {3, 5}
    assert len(shop.slack.messages) > 1, "what is bad is told, or the test would not look at messages"
    shop.call(
        "run|--explain", "run|--dry-run|--since|3h", "run|--outputs", "doctor", "plan|lint",
        "incidents|list|--all", f"incidents|show|{incident(shop, 0)}", f"incidents|ack|{incident(shop, 0)}|--note|x",
        "history|export|exports", "history|export|exports|--format|csv", "history|prune|--yes",
        "schedule|--once|--log|json",
    )  # fmt: skip


def incident(shop: Shop, number: int) -> str:
    """The id of one of them."""
    history = History.open(shop.env.get("HISTORY_URL", "sqlite:///state/history.db"), root=shop.folder)
    try:
        return sorted(one.fingerprint for one in history.incidents())[number].partition(":")[2]
    finally:
        history.close()


def slack_fails(shop: Shop) -> None:
    """A token that was revoked; webhooks that are gone, that nobody answers, that are none."""
    shop.slack.script("chat.postMessage", *[refusing("token_revoked")] * 4)
    shop.slack.script("chat.update", *[refusing("token_revoked")] * 4)
    assert shop.call(f"incidents|resolve|{incident(shop, 1)}", "doctor")[0] == 5
    shop.configure(**HOOK)
    gone, silent = f"{shop.slack.webhook_url}/{SESAME}", f"http://127.0.0.1:1/services/{SESAME}"
    for number, hook in enumerate((gone, silent, f"ht tp://{SESAME}"), 2):
        shop.slack.script("webhook", *[Fault(status=404, error="no_service")] * 4)
        assert 5 in shop.call(f"incidents|resolve|{incident(shop, number)}", SLACK_WEBHOOK=hook)
    assert "webhook" in shop.slack.calls
    shop.configure(**BOT)


def warehouse_fails(shop: Shop) -> None:
    """A history and a warehouse that are not there, and what a warehouse refuses."""
    nowhere = f"postgresql+psycopg://tw:{SESAME}@127.0.0.1:1/x?password={SESAME}&token={SESAME}"
    assert shop.call("run", "doctor", "report", HISTORY_URL=nowhere) == [4, 4, 4]
    assert shop.call("run", HISTORY_URL=f"postgresql://:{SESAME}@[x") == [4]
    if shop.engine == "postgresql":
        with_a_server(shop)
    else:
        fields: dict[str, Any] = {"duckdb": {"path": "nowhere.duckdb"}, "sqlite": {"schemas_and_paths": {"main": "/x"}}}
        shop.connects(**fields[shop.engine])
        assert shop.call("run", "doctor") == [4, 4]
    shop.connects(type="postgres", host="127.0.0.1", port=1, user="reader", password=PASSWORD, dbname="x", schema="s")
    assert shop.call("run", "doctor") == [4, 4]


def with_a_server(shop: Shop) -> None:
    """What only a server refuses."""
    server(
        shop.owner,
        f"DROP VIEW {RAW}.broken",
        f"CREATE VIEW {RAW}.broken AS {BROKEN} WHERE mail::json ->> 'a' = 'b'",
        f"GRANT SELECT ON {RAW}.broken TO reader",
    )
    assert shop.call("run", "doctor")[0] == 3
    server(shop.owner, f"REVOKE SELECT ON {RAW}.events FROM reader")
    shop.call("run", "doctor")
    shop.connects(password=f"{SESAME}-another")
    assert shop.call("run", "doctor") == [4, 4]

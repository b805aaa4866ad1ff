"""Channels beside Slack, from `trackwarden.yml` to what people get: `doctor`, `run`, `incidents`."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.fakes.hooks import FakeHooks, Hitch
from tests.fakes.mail import FakeMail
from tests.fakes.slack import FakeSlack, refusing
from tests.unit.cli.conftest import Call

SENTINEL = "s3ntinel"
CHANNELS = """
channels:
  hook: {url: "{{ env_var('HOOK_URL', '') }}"}
  mail: {url: "{{ env_var('MAIL_URL', '') }}", severity: critical, team: nobody-at-all}
"""


@pytest.fixture
def hooks() -> Iterator[FakeHooks]:
    with FakeHooks() as server:
        yield server


def breaks(workspace: Path) -> None:
    """A column that the plan declares is gone."""
    with duckdb.connect(str(workspace / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE web_prod.order_completed DROP COLUMN currency")


def configure(workspace: Path, more: str, **instead: str) -> None:
    config = workspace / "trackwarden.yml"
    text = config.read_text(encoding="utf-8")
    for old, new in instead.items():
        text = text.replace(f"  # {old}:", f"  {new}:")
    config.write_text(text + more, encoding="utf-8")


def test_the_doctor_names_each_channels_service_and_sends_nothing(
    workspace: Path, call: Call, hooks: FakeHooks
) -> None:
    configure(workspace, CHANNELS)
    with FakeMail() as mail:
        env = {"HOOK_URL": hooks.url(SENTINEL), "MAIL_URL": mail.url("ann@example.com", user=f"user:{SENTINEL}")}
        ended = call("-C", workspace, "doctor", env=env)
        assert mail.sessions == hooks.calls == 0
    assert ended.code == 0
    assert "hook: JSON by 127.0.0.1" in ended.out
    assert "mail: E-Mail by 127.0.0.1" in ended.out
    assert "no event of the plan belongs to nobody-at-all" in ended.out.replace("\n", " ").replace("  ", "")
    assert "only the channels are told" in ended.out
    assert SENTINEL not in ended.out + ended.err


def test_a_channel_without_a_url_is_off_and_messages_are_printed_as_before(workspace: Path, call: Call) -> None:
    configure(workspace, CHANNELS)
    ended = call("-C", workspace, "doctor")
    assert "hook: off, its url is empty" in ended.out
    assert "messages are printed, not sent" in ended.out


def test_the_doctor_says_what_is_wrong_with_a_url_and_does_not_show_it(workspace: Path, call: Call) -> None:
    configure(workspace, CHANNELS)
    ended = call("-C", workspace, "doctor", env={"HOOK_URL": f"nosuch://{SENTINEL}"})
    assert ended.code == 2
    assert "the service URL is not one that apprise understands" in " ".join(ended.out.split())
    assert "channels.hook.url" in ended.out
    assert SENTINEL not in ended.out + ended.err


def test_a_url_that_is_none_is_an_error_of_the_configuration(workspace: Path, call: Call) -> None:
    configure(workspace, CHANNELS)
    ended = call("-C", workspace, "doctor", env={"HOOK_URL": SENTINEL})
    assert ended.code == 2
    assert "channels.hook.url" in ended.out + ended.err
    assert "is no service URL" in ended.out + ended.err
    assert SENTINEL not in ended.out + ended.err


def test_the_doctor_tries_the_app_token(workspace: Path, call: Call) -> None:
    configure(workspace, "", token="token")
    text = (workspace / "trackwarden.yml").read_text(encoding="utf-8")
    added = text.replace("slack:\n", "slack:\n  app_token: \"{{ env_var('SLACK_APP_TOKEN') }}\"\n", 1)
    (workspace / "trackwarden.yml").write_text(added, encoding="utf-8")
    with FakeSlack() as slack:
        slack.listen()
        env = {"SLACK_API_URL": slack.url, "SLACK_BOT_TOKEN": slack.token, "SLACK_APP_TOKEN": slack.app_token}
        ended = call("-C", workspace, "doctor", env=env)
        assert ended.code == 0
        assert "the app token may listen to buttons" in ended.out
        ended = call("-C", workspace, "doctor", env={**env, "SLACK_APP_TOKEN": f"xapp-{SENTINEL}"})
        assert ended.code == 5
        assert "the app token was refused: invalid_auth" in ended.out
        assert "connections:write" in ended.out
        slack.script("apps.connections.open", refusing("socket_mode_not_enabled"))
        ended = call("-C", workspace, "doctor", env=env)
        assert "socket_mode_not_enabled" in ended.out
        assert SENTINEL not in ended.out + ended.err


def test_a_run_tells_the_channels_alone_where_there_is_no_slack(workspace: Path, call: Call, hooks: FakeHooks) -> None:
    breaks(workspace)
    configure(workspace, CHANNELS)
    env = {"HOOK_URL": hooks.url("hook")}
    ended = call("-C", workspace, "run", env=env)
    assert ended.code in (0, 3), ended.err
    assert "not sent" not in ended.out
    assert [posted.said["title"][:19] for posted in hooks.posted] == ["📋 Known at adoption"]


def test_a_run_whose_channel_is_down_ends_with_5_names_it_and_the_next_one_sends(
    workspace: Path, call: Call, hooks: FakeHooks
) -> None:
    breaks(workspace)
    configure(workspace, CHANNELS)
    env = {"HOOK_URL": hooks.url(SENTINEL)}
    hooks.always = Hitch(404, body=SENTINEL)
    ended = call("-C", workspace, "run", env=env)
    assert ended.code == 5
    assert "1 message not sent: the service answered 404" in ended.err
    assert "channels.hook" in ended.err
    listed = call("-C", workspace, "incidents", "list", "--json", env=env)
    assert {one["channel"] for one in json.loads(listed.out)["waiting"]} == {"channels.hook"}
    hooks.always = None
    again = call("-C", workspace, "run", env=env)
    assert again.code in (0, 3)
    assert len(hooks.posted) == 1
    for told in (ended, again, listed):
        assert SENTINEL not in told.out + told.err
    kept = b"".join(one.read_bytes() for one in (workspace / "state").rglob("*") if one.is_file())
    assert SENTINEL.encode() not in kept

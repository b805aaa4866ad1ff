"""One channel beside Slack against real protocols: what is sent, what comes of it, and that no secret gets out."""

import json
import logging
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apprise
import pytest

from monitor.alert.channel import PAGERS, ChannelSender, described, kind_of, service_of
from monitor.alert.overheard import THREADS
from monitor.alert.routing import Routing
from monitor.alert.sender import Outcome, Reach, Refused, Sent, Skipped
from monitor.alert.single import single
from monitor.cli.debugging import log_everything
from monitor.incidents.model import Delivery, Intent, Mode
from monitor.judge.model import Severity
from tests.fakes.hooks import FakeHooks, Hitch
from tests.fakes.mail import DROPPED_AFTER, DROPPED_BEFORE, FakeMail, Trouble
from tests.fakes.told import CONTEXT, FAILING, transition
from tests.fakes.tunnel import Tunnel

TOLD = replace(CONTEXT, report_url="https://reports.example/tracking", routing=Routing())
OPENED = single(transition(FAILING), "channels.x", TOLD)
RESOLVED = single(transition(FAILING, Intent.RESOLVED), "channels.x", TOLD)
SENTINEL = "s3ntinel"


@pytest.fixture
def mail() -> Iterator[FakeMail]:
    with FakeMail() as server:
        yield server


@pytest.fixture
def hooks() -> Iterator[FakeHooks]:
    with FakeHooks() as server:
        yield server


def send(url: str, delivery: Delivery = OPENED, *, maybe_sent: bool = False, patience: float = 20) -> Outcome:
    return ChannelSender("channels.x", url, timeout=1, patience=patience).send(delivery, maybe_sent=maybe_sent)


# ── what arrives ────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_has_the_messages_facts_in_html_and_in_plain_text(mail: FakeMail) -> None:
    assert send(mail.url("ann@example.com")) == Sent()
    (letter,) = mail.letters
    assert letter.recipients == ("ann@example.com",)
    assert letter.message["Subject"] == "🔴 Order Completed 1-1-0 on ios: 18.2% of 12,480 rows fail (limit 1%)"
    for kind in ("plain", "html"):
        said = letter.part(kind)
        for fact in ("1-1-0", "2,271", "currency:enum", "checkout", "What to do", "trackwarden incidents ack 00000000"):
            assert fact in said, (kind, fact)
        assert "https://reports.example/tracking/index.html" in said


def test_letters_about_one_incident_are_one_conversation_that_no_machine_answers(mail: FakeMail) -> None:
    for delivery in (OPENED, RESOLVED):
        send(mail.url("ann@example.com"), delivery)
    opened, resolved = (letter.message for letter in mail.letters)
    assert opened["References"] == resolved["References"] == "<v1-0000000000000001.1@trackwarden.invalid>"
    assert opened["Message-ID"] != resolved["Message-ID"]
    assert opened["Auto-Submitted"] == "auto-generated"
    assert resolved["Subject"].startswith("✅ Resolved after 5 h: Order Completed")


def test_a_letter_as_plain_text_where_the_url_asks_for_it(mail: FakeMail) -> None:
    send(mail.url("ann@example.com", also="&format=text"))
    (letter,) = mail.letters
    assert letter.message.get_content_type() == "text/plain"
    assert "failing rows: 2,271" in letter.part("plain")


@pytest.mark.parametrize(
    ("severity", "intent", "kind"),
    [
        (Severity.CRITICAL, Intent.OPENED, "failure"),
        (Severity.CRITICAL, Intent.ESCALATED, "failure"),
        (Severity.WARNING, Intent.REOPENED, "warning"),
        (Severity.INFO, Intent.OPENED, "info"),
        (Severity.CRITICAL, Intent.RESOLVED, "success"),
        (Severity.CRITICAL, Intent.WITHDRAWN, "success"),
    ],
)
def test_how_loud_a_message_is_reaches_the_service(
    hooks: FakeHooks, severity: Severity, intent: Intent, kind: str
) -> None:
    told = single(transition(replace(FAILING, severity=severity), intent), "channels.x", TOLD)
    assert send(hooks.url(), told) == Sent()
    assert hooks.posted[0].said["type"] == kind


def test_a_webhook_gets_names_as_they_are(hooks: FakeHooks) -> None:
    odd = single(transition(replace(FAILING, event="@here <b> [x](y) `z`")), "channels.x", TOLD)
    send(hooks.url(), odd)
    assert "@here <b> [x](y) 'z'" in hooks.posted[0].said["title"]  # a backtick would end a span in Slack


def test_what_changes_or_answers_a_message_is_not_for_channels(hooks: FakeHooks) -> None:
    for mode in (Mode.UPDATE, Mode.REPLY, Mode.FILE):
        assert isinstance(send(hooks.url(), replace(OPENED, mode=mode)), Skipped)
    assert hooks.calls == 0


# ── what comes of it ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("trouble", "error", "permanent", "ambiguous"),
    [
        (Trouble("GREETING", "421 4.3.2 busy"), "the mail server answered 421", False, False),
        (Trouble("EHLO", hang=3), "no answer in time", False, True),
        (Trouble("MAIL", "451 4.7.1 later"), "the mail server answered 451", False, False),
        (Trouble("RCPT", "550 5.1.1 nobody"), "the mail server answered 550", True, False),
        (Trouble("DATA", "554 5.7.1 no"), "the mail server answered 554", True, False),
        (Trouble("END", "452 4.2.2 full"), "the mail server answered 452", False, False),
        (DROPPED_BEFORE, "the connection broke", False, True),
        (DROPPED_AFTER, "the connection broke", False, True),
        (Trouble("END", hang=3, take=True), "no answer in time", False, True),
    ],
)
def test_what_a_mail_server_does_is_told_apart(
    mail: FakeMail, trouble: Trouble, error: str, *, permanent: bool, ambiguous: bool
) -> None:
    mail.script(trouble)
    outcome = send(mail.url("ann@example.com"))
    assert isinstance(outcome, Refused)
    assert (outcome.error, outcome.permanent, outcome.ambiguous) == (error, permanent, ambiguous)


@pytest.mark.parametrize(
    ("hitch", "error", "permanent", "ambiguous"),
    [
        (Hitch(400), "the service answered 400", True, False),
        (Hitch(401), "the service answered 401", True, False),
        (Hitch(404), "the service answered 404", True, False),
        (Hitch(410), "the service answered 410", True, False),
        (Hitch(429), "the service answered 429", False, False),
        (Hitch(500, take=True), "the service answered 500", False, True),
        (Hitch(503), "the service answered 503", False, True),
        (Hitch(302, headers={"Location": "http://127.0.0.1:1/"}), "the service answered 302", True, False),
        (Hitch(drop=True), "the connection broke", False, True),
        (Hitch(hang=3), "no answer in time", False, True),
    ],
)
def test_what_a_web_service_does_is_told_apart(
    hooks: FakeHooks, hitch: Hitch, error: str, *, permanent: bool, ambiguous: bool
) -> None:
    hooks.script(hitch)
    outcome = send(hooks.url())
    assert isinstance(outcome, Refused)
    assert (outcome.error, outcome.permanent, outcome.ambiguous) == (error, permanent, ambiguous)


def test_what_nobody_heard_is_not_sent_twice_for_nothing() -> None:
    for url, error in (
        ("json://127.0.0.1:1/x", "the connection was refused"),
        ("mailto://127.0.0.1:1/?from=a@example.com&to=b@example.com&mode=insecure", "the connection was refused"),
    ):
        outcome = send(url)
        assert isinstance(outcome, Refused)
        assert (outcome.error, outcome.permanent, outcome.ambiguous) == (error, False, False)


def test_one_recipient_of_two_that_is_refused_does_not_make_the_other_get_it_twice(mail: FakeMail) -> None:
    mail.script(Trouble("RCPT", "550 5.1.1 nobody", only="bob@example.com"))
    outcome = send(mail.url("ann@example.com", "bob@example.com"))
    note = "channels.x: not all of its recipients took a message (the mail server answered 550)"
    assert outcome == Sent(note=note)
    assert [letter.recipients for letter in mail.letters] == [("ann@example.com",)]


def test_a_try_that_may_have_arrived_is_made_again_and_said(hooks: FakeHooks) -> None:
    outcome = send(hooks.url(), maybe_sent=True)
    assert isinstance(outcome, Sent)
    assert "may have come twice" in outcome.note


def test_a_service_that_never_answers_is_left_alone_after_a_while(mail: FakeMail) -> None:
    mail.always = Trouble("EHLO", hang=30)
    sender = ChannelSender("channels.x", mail.url("ann@example.com"), timeout=20, patience=0.3)
    first, second = (sender.send(OPENED, maybe_sent=False) for _ in range(2))
    assert first == Refused(permanent=False, error="no answer in time", reach=Reach.ACCOUNT, ambiguous=True)
    assert second == Refused(permanent=False, error="an earlier try has not ended yet", reach=Reach.ACCOUNT)
    assert mail.sessions == 1
    assert all(one.daemon for one in threading.enumerate() if one.name.startswith(THREADS))


@pytest.mark.parametrize("url", ["nosuch://x", "pagerduty://", "mailto://", "json://", "x y z", "workflows://a"])
def test_a_url_that_apprise_does_not_understand_is_refused_with_its_key_and_never_shown(url: str) -> None:
    outcome = send(url)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.reach) == (True, Reach.ACCOUNT)
    assert "channels.x.url" in outcome.hint
    assert url not in outcome.error + outcome.hint


def test_without_apprise_the_refusal_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "apprise.py").write_text("raise ImportError('no such extra')\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from monitor.alert.channel import service_of\n"
        "print(service_of('channels.x', 'json://127.0.0.1:1/'))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "apprise is not installed" in said
    assert "pip install 'trackwarden[channels]'" in said


def test_apprise_is_imported_by_nothing_but_a_message_to_a_channel() -> None:
    code = (
        "import sys, monitor.run, monitor.wiring, monitor.cli.handling, monitor.alert.channel\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'apprise'])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_making_a_service_opens_no_file_and_no_socket_for_writing() -> None:
    code = (
        "import sys\n"
        "from monitor.alert.channel import service_of\n"
        "seen = []\n"
        "def hook(name, args):\n"
        "    if name in ('socket.connect', 'socket.getaddrinfo', 'os.mkdir', 'os.rename', 'os.remove'):\n"
        "        seen.append((name, args))\n"
        "    if name == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+'):\n"
        "        seen.append((name, args))\n"
        "import apprise\n"
        "sys.addaudithook(hook)\n"
        "for url in ('mailto://h.example/?from=a@b.example&to=c@d.example&mode=insecure', 'pagerduty://i@a',\n"
        "            'json://h.example/x', 'workflow://h.example/abc/def'):\n"
        "    service_of('channels.x', url)\n"
        "print([one for one in seen if '__pycache__' not in str(one)])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n", run.stdout


# ── pagers ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_pagers_are_those_services_that_take_a_key_and_map_good_news_to_the_end() -> None:
    service_of("channels.x", "json://127.0.0.1:1/")  # loads them all
    listed = apprise.Apprise().details()["schemas"]
    found = {
        schema
        for one in listed
        if "dedup" in (arguments := one["details"]["args"])
        and "map" in (arguments.get("action") or {}).get("values", ())
        for schema in [*(one["protocols"] or ()), *(one["secure_protocols"] or ())]
    }
    assert found == PAGERS


@pytest.fixture
def pager(hooks: FakeHooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHooks]:
    """A proxy that ends TLS under a name of its own, so that a service whose host is fixed is heard."""
    with Tunnel(tmp_path, hooks.port) as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tunnel.authority))
        yield hooks


def test_a_pager_gets_one_event_with_its_facts_and_later_the_end_of_the_same(pager: FakeHooks) -> None:
    worse = single(transition(FAILING, Intent.ESCALATED), "channels.x", TOLD)
    for delivery in (OPENED, worse, RESOLVED):
        assert send("pagerduty://integration@key", delivery) == Sent()
    assert [posted.path for posted in pager.posted] == ["/v2/enqueue"] * 3
    opened, escalated, resolved = (posted.said for posted in pager.posted)
    assert opened["event_action"] == escalated["event_action"] == "trigger"
    assert opened["dedup_key"] == escalated["dedup_key"] == resolved["dedup_key"] == "v1:0000000000000001/1"
    assert opened["payload"]["summary"] == OPENED.text
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["custom_details"]["failing rows"] == "2,271"
    assert "trackwarden incidents ack 00000000" in opened["payload"]["custom_details"]["message"]
    assert opened["links"] == [{"href": "https://reports.example/tracking/index.html"}]
    assert (opened["payload"]["source"], opened["payload"]["component"]) == ("trackwarden", "tracking plan")
    assert "images" not in opened
    assert "apprise" not in json.dumps(opened).lower()
    assert resolved == {
        "routing_key": "integration",
        "event_action": "resolve",
        "dedup_key": "v1:0000000000000001/1",
    }


def test_a_pager_that_may_have_it_already_is_told_again_without_a_word(pager: FakeHooks) -> None:
    assert send("pagerduty://integration@key", maybe_sent=True) == Sent()
    assert len(pager.posted) == 1


def test_what_the_url_says_of_a_pager_holds(pager: FakeHooks) -> None:
    send("pagerduty://integration@key?dedup=mine&click=https://runbook.example/&+team=data")
    said = pager.posted[0].said
    assert said["dedup_key"] == "mine"
    assert said["links"] == [{"href": "https://runbook.example/"}]
    assert said["payload"]["custom_details"]["team"] == "data"


def test_teams_gets_a_card_in_which_nobody_is_mentioned(pager: FakeHooks) -> None:
    hostile = replace(FAILING, event="<at>ann@example.com</at> **x** [y](https://evil.example)")
    told = single(transition(hostile), "channels.x", TOLD)
    assert send("workflow://prod.logic.azure.com:443/643e69f83c8944/KbQHYJ0JqYl3vN", told) == Sent()
    said = json.dumps(pager.posted[0].said, ensure_ascii=False)
    assert "entities" not in said
    for bad in ("<at>", "**x**", "](https://evil", "https://evil", "ann@"):
        assert bad not in said, bad
    assert "18.2% of 12,480 rows fail" in said
    assert "trackwarden incidents ack 00000000" in said
    assert "https://reports.example/tracking/index.html" in said


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────


def test_no_secret_is_in_what_is_logged_returned_or_shown(
    hooks: FakeHooks, mail: FakeMail, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = logging.getLogger().level, list(logging.getLogger().handlers)
    log_everything()
    logging.getLogger().addHandler(caplog.handler)
    for name in ("", "apprise", "urllib3", "urllib3.connectionpool", "requests"):
        logging.getLogger(name).setLevel(1)
    urls = [
        hooks.url(f"told/{SENTINEL}"),
        f"json://user:{SENTINEL}@127.0.0.1:1/",
        mail.url("ann@example.com", user=f"user:{SENTINEL}"),
        f"nosuch://{SENTINEL}",
        f"mailto://{SENTINEL}",
        f"https://discord.com/api/webhooks/{SENTINEL}",
    ]
    said: list[str] = []
    mail.always = Trouble("AUTH", f"535 5.7.8 no {SENTINEL}")
    try:
        for url in urls:
            hooks.script(Hitch(500, body=SENTINEL), Hitch(drop=True))
            sender = ChannelSender("channels.x", url, timeout=1)
            said += [repr(sender), *(repr(sender.send(OPENED, maybe_sent=True)) for _ in range(2))]
            service = service_of("channels.x", url)
            said.append(repr(service) if isinstance(service, Refused) else described(service))
    finally:
        logging.getLogger().handlers[:] = before[1]
        logging.getLogger().setLevel(before[0])
        for name in ("urllib3", "urllib3.connectionpool", "requests"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    out = capfd.readouterr()
    assert hooks.calls >= 2
    for place in ("\n".join(said), out.out, out.err, caplog.text):
        assert SENTINEL not in place


def test_a_service_is_described_without_its_secrets() -> None:
    service = service_of("channels.x", f"pagerduty://{SENTINEL}@{SENTINEL}")
    assert not isinstance(service, Refused)
    assert kind_of(service) == "pagerduty"
    assert described(service) == "Pager Duty"
    for url, said in (
        (f"jsons://user:{SENTINEL}@hooks.example/{SENTINEL}?x={SENTINEL}", "JSON by hooks.example"),
        (f"mailtos://user:{SENTINEL}@example.com?smtp=smtp.example.com&to=a@b.example", "E-Mail by smtp.example.com"),
    ):
        other = service_of("channels.x", url)
        assert not isinstance(other, Refused)
        assert described(other) == said


def test_the_tunnel_is_trusted_by_its_own_authority_alone(pager: FakeHooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ssl.get_default_verify_paths().openssl_cafile)
    outcome = send("pagerduty://integration@key")
    assert isinstance(outcome, Refused)
    assert outcome.error in ("the service's certificate is not trusted", "apprise could not send it (OSError)")
    assert pager.posted == []

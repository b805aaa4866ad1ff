"""A Slack of our own on loopback, speaking Slack's protocol over HTTP, with faults to order.

>>> with FakeSlack() as slack:  # doctest: +SKIP
...     slack.script("chat.postMessage", DROP_AFTER, limited("1.5"))
...     BotSender(slack.token, "C0", base_url=slack.url)
"""

import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.fakes.block_kit import problems
from tests.fakes.slack_socket import FakeSocket

Answer = tuple[int, Mapping[str, str], bytes]
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call instead of, or beside, the usual."""

    status: int = 200
    error: str = ""
    """An error code in an answer with `ok: false`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    """An answer that is not Slack's."""
    accept: bool = False
    """The message is taken all the same."""
    drop: bool = False
    """The connection is closed without an answer."""
    delay: float = 0.0
    """Seconds before the answer."""


OK = Fault(accept=True)
DROP_BEFORE = Fault(drop=True)
DROP_AFTER = Fault(drop=True, accept=True)


def limited(retry_after: str) -> Fault:
    """429 with that Retry-After."""
    return Fault(status=429, error="ratelimited", headers={"Retry-After": retry_after})


def refusing(error: str) -> Fault:
    """200 with `ok: false` and that error, as Slack answers."""
    return Fault(error=error)


def broken(status: int, *, accept: bool = False) -> Fault:
    """An answer of a gateway: 500, 502, 503, 504, with a page instead of JSON."""
    return Fault(status=status, body="<html>upstream</html>", accept=accept)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that people can read."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: Mapping[str, Any]
    thread: str = ""
    """The ts of the message that it answers."""
    broadcast: bool = False
    files: tuple[Mapping[str, Any], ...] = ()
    edits: int = 0


class FakeSlack:
    """One workspace with its channels and messages. Use it as a context manager."""

    def __init__(self, *channels: str, clock: Callable[[], float] = time.time) -> None:
        self.token = "xoxb-fake-token"
        self.app_token = "xapp-fake-token"
        self.socket: FakeSocket | None = None
        self.can_upload = True
        self.uploads: dict[str, bytes] = {}
        self.ephemeral: list[tuple[str, str, str]] = []
        """Channel, person and text of what only one person sees."""
        self.channels = set(channels or ("C0",))
        self.not_joined: set[str] = set()
        self.can_read_history = True
        self.one_per_second = False
        self.messages: list[Posted] = []
        self.calls: list[str] = []
        self.refused_blocks: list[str] = []
        """What the validator found, over all calls."""
        self._clock = clock
        self._files: dict[str, str] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._last_post: dict[str, float] = {}
        self._lock = Lock()
        self._stopping = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """What BotSender takes as base_url."""
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    @property
    def webhook_url(self) -> str:
        """An incoming webhook of the channel C0."""
        return f"http://127.0.0.1:{self._server.server_port}/services/T0/B0/secret-of-the-webhook"

    def script(self, method: str, *faults: Fault) -> None:
        """Order faults for the next calls of `chat.postMessage`, `conversations.history` or `webhook`, in turn."""
        self._faults[method].extend(faults)

    def texts(self) -> list[str]:
        """The fallback texts of all messages, in order."""
        return [message.text for message in self.messages]

    def in_channel(self, channel: str = "C0") -> list[Posted]:
        """What people see in the channel: threads only where they are broadcast."""
        return [m for m in self.messages if m.channel == channel and (not m.thread or m.broadcast)]

    def thread(self, ts: str) -> list[Posted]:
        """The answers to a message."""
        return [message for message in self.messages if message.thread == ts]

    def listen(self) -> FakeSocket:
        """Open Socket Mode."""
        self.socket = FakeSocket()
        self.socket.start()
        return self.socket

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if self.socket is not None:
            self.socket.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, token: str, arguments: Mapping[str, Any]) -> Answer | None:
        """What Slack answers to one call; None: the connection is dropped."""
        webhook = path.startswith("/services/")
        method = "webhook" if webhook else path.removeprefix("/api/")
        if path.startswith("/upload/"):
            method = "upload"
        with self._lock:
            self.calls.append(method)
            fault = self._faults[method].popleft() if self._faults[method] else OK
            usual = self._usual(method, token, arguments) if fault.accept else (200, {}, b"")
        if fault.delay:
            self._stopping.wait(fault.delay)
        if fault.drop:
            return None
        if fault == OK or (fault.accept and fault.status == 200 and not fault.error):
            return usual
        return _faulty(fault, webhook=webhook)

    def _usual(self, method: str, token: str, arguments: Mapping[str, Any]) -> Answer:
        if method == "webhook":
            refusal = self._refusal("C0", arguments, check_channel=False)
            if not refusal:
                self._post("C0", arguments)
            return (400 if refusal else 200), {"Content-Type": "text/html"}, (refusal or "ok").encode()
        if method == "upload":
            return 200, {"Content-Type": "text/html"}, b"OK"
        wanted = self.app_token if method == "apps.connections.open" else self.token
        if token != f"Bearer {wanted}":
            return _json({"ok": False, "error": "invalid_auth"})
        methods: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
            "chat.postMessage": self._chat_post_message,
            "chat.update": self._chat_update,
            "chat.postEphemeral": self._chat_post_ephemeral,
            "conversations.history": self._conversations_history,
            "conversations.replies": self._conversations_replies,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._upload_done,
            "apps.connections.open": self._connections_open,
            "auth.test": lambda _: _json({"ok": True, "team": "Fake", "user": "trackwarden", "bot_id": "B0"}),
        }
        answer = methods.get(method)
        return answer(arguments) if answer else _json({"ok": False, "error": "unknown_method"})

    def _chat_post_message(self, arguments: Mapping[str, Any]) -> Answer:
        channel = str(arguments.get("channel", ""))
        if refusal := self._refusal(channel, arguments, check_channel=True):
            return _json({"ok": False, "error": refusal})
        if self.one_per_second and time.monotonic() - self._last_post.get(channel, -1.0) < 1.0:
            return _faulty(limited("1"), webhook=False)
        thread = str(arguments.get("thread_ts") or "")
        if thread and not any(m.ts == thread and m.channel == channel for m in self.messages):
            return _json({"ok": False, "error": "thread_not_found"})
        posted = self._post(channel, arguments)
        return _json({"ok": True, "channel": channel, "ts": posted.ts})

    def _chat_update(self, arguments: Mapping[str, Any]) -> Answer:
        channel, ts = str(arguments.get("channel", "")), str(arguments.get("ts", ""))
        if refusal := self._refusal(channel, arguments, check_channel=True):
            return _json({"ok": False, "error": refusal})
        for place, message in enumerate(self.messages):
            if (message.channel, message.ts) == (channel, ts):
                changed = {"text": str(arguments.get("text") or ""), "blocks": _listed(arguments.get("blocks"))}
                self.messages[place] = replace(message, **changed, edits=message.edits + 1)  # type: ignore[arg-type]
                return _json({"ok": True, "channel": channel, "ts": ts})
        return _json({"ok": False, "error": "message_not_found"})

    def _chat_post_ephemeral(self, arguments: Mapping[str, Any]) -> Answer:
        self.ephemeral.append((str(arguments["channel"]), str(arguments["user"]), str(arguments["text"])))
        return _json({"ok": True, "message_ts": "1.0"})

    def _connections_open(self, arguments: Mapping[str, Any]) -> Answer:
        del arguments
        if self.socket is None:
            return _json({"ok": False, "error": "socket_mode_not_enabled"})
        return _json({"ok": True, "url": self.socket.url})

    # ── files ───────────────────────────────────────────────────────────────────────────────────────

    def _upload_url(self, arguments: Mapping[str, Any]) -> Answer:
        if not self.can_upload:
            return _json({"ok": False, "error": "missing_scope", "needed": "files:write"})
        if not arguments.get("filename") or not int(arguments.get("length") or 0):
            return _json({"ok": False, "error": "invalid_arguments"})
        file = f"F{len(self._files) + 1:04d}"
        self._files[file] = str(arguments["filename"])
        url = f"http://127.0.0.1:{self._server.server_port}/upload/v1/{file}"
        return _json({"ok": True, "file_id": file, "upload_url": url})

    def _upload_done(self, arguments: Mapping[str, Any]) -> Answer:
        channel, thread = str(arguments.get("channel_id") or ""), str(arguments.get("thread_ts") or "")
        if channel not in self.channels or channel in self.not_joined:
            return _json({"ok": False, "error": "channel_not_found"})
        said = arguments.get("files")
        files = json.loads(said) if isinstance(said, str) else list(said or [])
        shared = tuple(
            {"id": one["id"], "name": self._files[one["id"]], "title": one.get("title", "")} for one in files
        )
        if any(one["id"] not in self.uploads for one in files):
            return _json({"ok": False, "error": "file_not_found"})
        ts = f"{self._clock():.0f}.{len(self.messages) + 1:06d}"
        self.messages.append(Posted(channel, ts, "", [], {}, thread, files=shared))
        return _json({"ok": True, "files": list(shared)})

    def took(self, path: str, body: bytes) -> None:
        """An uploaded file's bytes."""
        self.uploads[path.rsplit("/", 1)[1]] = body

    def _refusal(self, channel: str, arguments: Mapping[str, Any], *, check_channel: bool) -> str:
        if check_channel and channel not in self.channels:
            return "channel_not_found"
        if check_channel and channel in self.not_joined:
            return "not_in_channel"
        text, blocks = str(arguments.get("text") or ""), _listed(arguments.get("blocks"))
        if not text and not blocks:
            return "no_text"
        if len(text) > 40_000:
            return "msg_too_long"
        self.refused_blocks += (found := problems(blocks))
        return "invalid_blocks" if found else ""

    def _post(self, channel: str, arguments: Mapping[str, Any]) -> Posted:
        self._last_post[channel] = time.monotonic()
        ts = f"{self._clock():.0f}.{len(self.messages) + 1:06d}"
        posted = Posted(
            channel,
            ts,
            str(arguments.get("text") or ""),
            _listed(arguments.get("blocks")),
            arguments.get("metadata") or {},
            str(arguments.get("thread_ts") or ""),
            _true(arguments.get("reply_broadcast")),
        )
        self.messages.append(posted)
        return posted

    def _conversations_history(self, arguments: Mapping[str, Any]) -> Answer:
        if not self.can_read_history:
            return _json({"ok": False, "error": "missing_scope", "needed": "channels:history"})
        oldest = float(arguments.get("oldest") or 0)
        there = [m for m in self.in_channel(str(arguments["channel"])) if float(m.ts) > oldest][::-1]
        return self._page(there, arguments)

    def _conversations_replies(self, arguments: Mapping[str, Any]) -> Answer:
        if not self.can_read_history:
            return _json({"ok": False, "error": "missing_scope", "needed": "channels:history"})
        root = str(arguments.get("ts"))
        there = [m for m in self.messages if m.channel == arguments["channel"] and root in (m.ts, m.thread)]
        return self._page(there, arguments) if there else _json({"ok": False, "error": "thread_not_found"})

    def _page(self, there: Sequence[Posted], arguments: Mapping[str, Any]) -> Answer:
        start, limit = int(str(arguments.get("cursor") or "0")), int(arguments.get("limit") or 100)
        page = there[start : start + limit]
        listed = [
            {"type": "message", "ts": m.ts, "text": m.text}
            | ({"metadata": m.metadata} if _true(arguments.get("include_all_metadata")) else {})
            | ({"files": list(m.files)} if m.files else {})
            for m in page
        ]
        cursor = str(start + limit) if start + limit < len(there) else ""
        return _json({"ok": True, "messages": listed, "response_metadata": {"next_cursor": cursor}})


def _true(said: object) -> bool:
    return str(said).lower() in ("1", "true")


def _listed(blocks: object) -> list[dict[str, Any]]:
    return list(json.loads(blocks)) if isinstance(blocks, str) else list(blocks or [])  # type: ignore[call-overload]


def _faulty(fault: Fault, *, webhook: bool) -> Answer:
    if fault.body is not None:
        return fault.status, {"Content-Type": "text/html", **fault.headers}, fault.body.encode()
    if webhook:
        return fault.status, {"Content-Type": "text/html", **fault.headers}, fault.error.encode()
    return fault.status, {**_JSON, **fault.headers}, json.dumps({"ok": False, "error": fault.error}).encode()


def _json(answer: Mapping[str, Any]) -> Answer:
    return 200, _JSON, json.dumps(answer).encode()


def _handler(slack: FakeSlack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            if self.path.startswith("/upload/"):
                slack.took(self.path, raw)
            body = "" if self.path.startswith("/upload/") else raw.decode()
            form = "json" not in self.headers.get("Content-Type", "") or not body.startswith("{")
            arguments = dict(parse_qsl(body)) if form else json.loads(body)
            answer = slack.answer(self.path, self.headers.get("Authorization", ""), arguments)
            self.close_connection = True
            if answer is None:
                return
            status, headers, content = answer
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                return  # the client has given up waiting

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: the tests read `calls`."""

    return Handler

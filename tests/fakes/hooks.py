"""A web service of our own on loopback that takes messages as JSON, with faults to order.

It stands for a generic webhook (`json://`) and, as a proxy that ends TLS, for services whose host is fixed.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.serving import Serving


@dataclass(frozen=True, slots=True)
class Hitch:
    """What happens to one request instead of the usual."""

    status: int = 200
    drop: bool = False
    """The connection is closed without an answer."""
    hang: float = 0.0
    """Seconds without a word."""
    take: bool = False
    """The message is taken all the same."""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """A request that was taken."""

    path: str
    headers: dict[str, str]
    said: dict[str, Any]


class FakeHooks(Serving):
    """The service. `posted` is what it took, in order."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.calls = 0
        self.always: Hitch | None = None
        """For every request without one of its own."""
        self._hitches: deque[Hitch | None] = deque()
        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), _handler(self)))

    def url(self, path: str = "told", *, service: str = "json") -> str:
        """The service URL of messages to this path."""
        return f"{service}://127.0.0.1:{self.port}/{path}"

    def script(self, *hitches: Hitch | None) -> None:
        """What happens to the next requests, one each; None: nothing."""
        self._hitches.extend(hitches)

    def hitch(self) -> Hitch | None:
        """The next request's."""
        self.calls += 1
        return self._hitches.popleft() if self._hitches else self.always


def _handler(service: FakeHooks) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            hitch = service.hitch() or Hitch(take=True)
            self.close_connection = True
            if hitch.hang:
                service.closing.wait(hitch.hang)
            if hitch.take:
                service.posted.append(Posted(self.path, dict(self.headers), json.loads(raw)))
            if hitch.drop:
                return
            try:
                self.send_response(hitch.status)
                for name, value in {**hitch.headers, "Content-Length": str(len(hitch.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(hitch.body.encode())
            except OSError:
                return  # the client has given up waiting

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: the tests read `posted`."""

    return Handler

"""`/healthz` and `/metrics`, for whoever watches the watcher. They hold no name from the plan and no secret."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

from monitor.errors import ConfigError

Answer: TypeAlias = tuple[HTTPStatus, str, bytes]
"""Status, content type, body."""
Asked: TypeAlias = Callable[[str], Answer | None]
"""Path → answer; None: there is no such page."""

JSON = "application/json; charset=utf-8"
_TIMEOUT = 10


@contextmanager
def serving(place: str, asked: Asked) -> Iterator[str]:
    """Answer at `host:port` while the block runs; the address in use. ConfigError: it cannot be bound."""
    host, _, port = place.rpartition(":")
    try:
        server = _Server((host.strip("[]"), int(port)), _handler(asked))
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"cannot listen on {place}: {getattr(error, 'strerror', None) or error}",
            where="trackwarden.yml schedule.listen",
            hint="name a free port of this host, like 127.0.0.1:9465, or null for none",
        ) from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="web", daemon=True)
    thread.start()
    try:
        yield f"{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, place: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        super().__init__(place, handler)

    def server_bind(self) -> None:
        """Bind, and ask no name server for this host's name: nobody needs it, and a slow one would hold the start."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asks and goes away is not news, and a traceback belongs in no log."""


def _handler(asked: Asked) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT
        server_version = "trackwarden"
        sys_version = ""

        def do_GET(self) -> None:
            found = asked(self.path.partition("?")[0])
            status, kind, body = found or (
                HTTPStatus.NOT_FOUND,
                JSON,
                json.dumps({"pages": ["/healthz", "/metrics"]}).encode(),
            )
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - as above

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Whoever asks every ten seconds is not news."""

    return Handler

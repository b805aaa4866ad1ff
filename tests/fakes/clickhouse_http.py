"""ClickHouse's HTTP interface in front of chdb, the same engine, in a process of its own.

The engine answers everything: statements, parameters, settings, types, refusals. Only the way of asking is ours, as
https://clickhouse.com/docs/interfaces/http tells it; there are no users, and no progress is told while it works.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.bqemulator import ROOT, free_port, wait_for
from tests.fakes.clickhouse import ClickHouseMissingError, output

_INTERFACE = frozenset(
    {"query", "database", "query_id", "session_id", "session_timeout", "wait_end_of_query", "compress", "decompress"}
    | {"client_protocol_version", "send_progress_in_http_headers", "http_headers_progress_interval_ms"}
    | {"enable_http_compression", "user", "password", "quota_key", "role", "default_format", "buffer_size"}
)
"""What speaks to the interface; any other parameter is a setting of the engine's."""
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)
_LAST = "readonly"
"""After it nothing else can be set."""


@contextmanager
def running(folder: Path) -> Iterator[Mapping[str, object]]:
    """The fields of a dbt output that reaches it; ended at the end."""
    output(folder)  # says where chdb is not installed
    port, log = free_port(), folder / "clickhouse_http.log"
    command = [sys.executable, "-m", "tests.fakes.clickhouse_http", str(folder / "served"), str(port)]
    with log.open("wb") as told, subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=subprocess.STDOUT) as server:
        try:
            wait_for(port, server, log)
            yield {"type": "clickhouse", "driver": "http", "host": "127.0.0.1", "port": port, "schema": "default"}
        finally:
            server.terminate()
            server.wait(timeout=20)


class _Answering(BaseHTTPRequestHandler):
    """One request is one statement, in a session of its own."""

    protocol_version = "HTTP/1.1"
    path_of_tables = ""

    def do_GET(self) -> None:
        """A statement in the address."""
        self._answer(b"")

    def do_POST(self) -> None:
        """A statement in the body, after that in the address."""
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _answer(self, body: bytes) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        sql = f"{given.get('query', '')} {body.decode()}".strip()
        try:
            code, said, more = 200, self._asked(sql, given), {}
        except RuntimeError as refused:  # the engine's own words
            number = re.search(r"Code: (\d+)", str(refused))
            code, said = 500, str(refused).encode()
            more = {"X-ClickHouse-Exception-Code": number[1] if number else "1"}
        self.send_response(code)
        for name, value in {"Content-Length": str(len(said)), "X-ClickHouse-Timezone": "UTC", **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def _asked(self, sql: str, given: Mapping[str, str]) -> bytes:
        import chdb  # noqa: PLC0415 - 300 MB that only the server needs

        settings = {name: value for name, value in given.items() if name not in _INTERFACE and name[:6] != "param_"}
        parameters = {name[6:]: value for name, value in given.items() if name[:6] == "param_"}
        found = _FORMAT.search(sql)
        with closing(chdb.connect(self.path_of_tables)) as session:
            if given.get("database"):
                session.query(f"USE `{given['database']}`")
            for name, value in sorted(settings.items(), key=lambda one: one[0] == _LAST):
                session.query(f"SET {name} = '{value}'")
            answer: Any = session.query(sql, found[1] if found else "TabSeparated", params=parameters or None)
            return bytes(answer.bytes()) if answer is not None else b""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Nothing."""


def serve(folder: str, port: int) -> None:
    """Answer until the process is ended."""
    import chdb  # noqa: PLC0415 - as above

    Path(folder).mkdir(parents=True, exist_ok=True)
    _Answering.path_of_tables = folder
    with closing(chdb.connect(folder)):  # held open: the engine starts once
        ThreadingHTTPServer(("127.0.0.1", port), _Answering).serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))

__all__ = ["ClickHouseMissingError", "running", "serve"]

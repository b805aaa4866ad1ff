"""Small files that can be computed again."""

from pathlib import Path

import pytest

from monitor.cache import Shelf, keep


def test_a_shelf_gives_back_what_was_put_on_it(tmp_path: Path) -> None:
    first = Shelf(tmp_path / "some.json", "1")
    first["a"] = [True, "x"]
    assert first["a"] == [True, "x"]
    first.keep()
    second = Shelf(tmp_path / "some.json", "1")
    assert dict(second) == {"a": [True, "x"]}
    assert len(second) == 1
    assert "b" not in second


def test_a_shelf_of_which_nothing_is_new_is_not_written(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "some.json", "1")
    assert shelf.get("a") is None
    shelf.keep()
    assert not (tmp_path / "some.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', '{"version": "1"}', '{"version": "1", "held": 3}', "null"])
def test_a_damaged_shelf_is_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "raw.json").write_text(text)
    assert not dict(Shelf(tmp_path / "raw.json", "1")), "it does not begin with its hash"
    keep(tmp_path / "sealed.json", text)
    assert not dict(Shelf(tmp_path / "sealed.json", "1"))


def test_a_shelf_that_was_changed_by_another_hand_or_version_is_empty(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "some.json", "1")
    shelf["a"] = False
    shelf.keep()
    assert not dict(Shelf(tmp_path / "some.json", "2"))
    file = tmp_path / "some.json"
    file.write_text(file.read_text().replace("false", "true"))
    assert not dict(Shelf(file, "1"))


def test_what_was_not_asked_for_goes_first_where_there_is_no_room(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "some.json", "1", most=2)
    for name in ("a", "b"):
        shelf[name] = name
    shelf.keep()
    later = Shelf(tmp_path / "some.json", "1", most=2)
    assert later["a"] == "a"
    later["c"] = "c"
    later.keep()
    assert sorted(Shelf(tmp_path / "some.json", "1")) == ["a", "c"]
    del later["a"]
    later.keep()
    assert sorted(Shelf(tmp_path / "some.json", "1")) == ["b", "c"]


def test_all_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "some.json", "1", most=1)
    for name in ("a", "b", "c"):
        shelf[name] = name
    shelf.keep()
    assert sorted(Shelf(tmp_path / "some.json", "1")) == ["a", "b", "c"]

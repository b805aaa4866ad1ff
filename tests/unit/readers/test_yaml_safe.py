from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import PlanError, Problems
from monitor.readers.yaml_safe import ALIASES, BYTES, DEPTH, parse_yaml, read_yaml


def value(text: str) -> Any:
    return parse_yaml(text.encode(), "a.yml").value


def refusal(content: str | bytes) -> str:
    with pytest.raises((PlanError, Problems)) as told:
        parse_yaml(content if isinstance(content, bytes) else content.encode(), "a.yml")
    return str(told.value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_what_yaml_writes_is_read_back(held: Any) -> None:
    assert value(yaml.safe_dump(held)) == held


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_never_a_crash(content: bytes) -> None:
    with suppress(PlanError, Problems):
        parse_yaml(content, "a.yml")


def test_versions_and_dates_stay_the_text_that_was_written() -> None:
    assert value("1-1-0: {until: 2026-06-30, code: 007, at: 12:30}") == {
        "1-1-0": {"until": "2026-06-30", "code": "007", "at": "12:30"}
    }


def test_numbers_and_words_are_read_as_yaml_says() -> None:
    held = [1, -2, 0, 1.5, 100.0, 0.5, 31, None, None, True, False, "yes", "1"]
    assert value("[1, -2, 0, 1.5, 1.0e+2, .5, 0x1F, ~, null, yes, off, 'yes', \"1\"]") == held


def test_a_number_on_which_the_yaml_versions_disagree_stays_text() -> None:
    assert value("[1e3, 010, 0o10, 1_000, 12:30]") == ["1e3", "010", "0o10", "1_000", "12:30"]


@pytest.mark.parametrize(
    ("key", "read_as"),
    [("1.10", "the number 1.1"), ("no", "false"), ("2", "the number 2"), ("~", "null"), ("on", "true")],
)
def test_a_key_that_yaml_does_not_read_as_text_is_an_error(key: str, read_as: str) -> None:
    assert refusal(f"a: 1\n{key}: x") == f'a.yml:2: key {key} is read as {read_as} (quote it: "{key}")'


def test_a_key_that_is_written_twice_is_an_error() -> None:
    assert refusal("a:\n  b: {c: 1}\n  b: 2") == "a.yml:3: key 'b' is written twice, first on line 2 (keep one)"


def test_all_wrong_keys_of_a_file_are_told_together() -> None:
    assert refusal("a: {no: {x: 1, x: 2}}\na: 3\n").count("\n") == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1, 2", "is not valid YAML"),
        ("a: b: c", "is not valid YAML"),
        ("a:\n\t- 1", "is not valid YAML"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("a: !!python/object/apply:os.system [id]", "tag '!!python/object/apply:os.system' is not allowed"),
        ("a: !secret x", "tag '!secret' is not allowed"),
        ("a: !!timestamp 2026-01-01", "not allowed"),
        ("a: *nowhere", "is not valid YAML|has no anchor"),
        ("a: &x [*x]", "holds itself"),
        ("[a]: 1", "a key must be text"),
        ("&x a: 1\n*x : 2", "a key must be text"),
        ("a: .inf", "no number that JSON can hold"),
        ("a: 1.0e+999", "no number that JSON can hold"),
        ("a: " + "9" * 5000, "no number that JSON can hold"),
        ("<<: 3", "merges a mapping"),
        ("a: \0", "is not valid YAML"),
    ],
)
def test_hostile_or_broken_yaml_is_one_clear_error(text: str, problem: str) -> None:
    told = refusal(text)
    assert any(one in told for one in problem.split("|"))
    assert told.startswith("a.yml")


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases written out" in refusal("\n".join(lines))


def test_many_aliases_are_refused() -> None:
    assert f"more than {ALIASES} aliases" in refusal("a: &a 1\nb: [" + "*a, " * (ALIASES + 1) + "]")


@pytest.mark.parametrize("bomb", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_a_depth_bomb_is_refused(bomb: str) -> None:
    assert f"deeper than {DEPTH} levels" in refusal(bomb)


def test_a_huge_file_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    with file.open("wb") as opened:
        opened.truncate(BYTES * 100)
    with pytest.raises(PlanError, match="larger than 5 MB"):
        read_yaml(file, "a.yml")


def test_text_that_is_not_utf_8_is_refused_with_its_line() -> None:
    assert refusal(b"a: 1\nb: \xff") == "a.yml:2: is not UTF-8 (save the file as UTF-8)"
    assert "UTF-8" in refusal("a: 1".encode("utf-16"))


def test_a_byte_order_mark_is_not_part_of_the_first_key() -> None:
    assert parse_yaml(b"\xef\xbb\xbfa: 1", "a.yml").value == {"a": 1}


def test_an_empty_file_holds_nothing() -> None:
    assert value("") is None
    assert value("# only a comment\n") is None


def test_a_folder_or_a_missing_file_is_one_error(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none.yml"):
        with pytest.raises(PlanError, match="cannot be read"):
            read_yaml(file, "a.yml")


def test_merged_keys_give_way_to_written_ones() -> None:
    assert value("base: &b {a: 1, b: 2}\nuse: {<<: *b, a: 3}")["use"] == {"a": 3, "b": 2}
    assert value("use: {<<: [{a: 1}, {a: 2, b: 3}]}")["use"] == {"a": 1, "b": 3}


def test_every_part_of_a_document_has_its_line() -> None:
    document = parse_yaml(b"a:\n  b:\n    - x\n    - {c: 1.10}\nd: 2\n", "a.yml")
    assert [document.line(path) for path in ((), ("a",), ("a", "b", 1), ("a", "b", 1, "c"), ("d",))] == [1, 1, 4, 4, 5]
    assert document.line(("a", "b", 7, "nothing")) == 2
    assert document.place(("d",)) == "a.yml:5"
    assert document.written(("a", "b", 1, "c")) == "1.10"
    assert document.written(("a", "b", 0)) is None
    assert document.written(("no", "where")) is None

import json
import os
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import PlanError
from monitor.plan.dump import dump, load
from monitor.plan.lint import lint
from monitor.plan.model import Plan
from monitor.readers.iglu import read_iglu


def put(folder: Path, path: str, content: Any) -> Path:
    file = folder / "schemas" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def described(version: str = "1-0-0", **schema: Any) -> dict[str, Any]:
    said = {"vendor": "com.acme", "name": "click", "format": "jsonschema", "version": version}
    return {"$schema": "http://json-schema.org/draft-04/schema#", "self": said, "type": "object", **schema}


def reason(plan: Plan) -> str:
    assert plan.events == ()
    (one,) = plan.refused
    assert (one.name, one.where) == ("com.acme/click", f"schemas/com.acme/click/jsonschema/{one.version}")
    return one.reason


def test_a_schema_is_an_event_named_by_vendor_and_name(tmp_path: Path) -> None:
    put(
        tmp_path,
        "com.acme/click/jsonschema/1-0-10",
        described("1-0-10", description="new", **{"$supersedes": ["1-0-0"]}),
    )
    put(tmp_path, "com.acme/click/jsonschema/1-0-9", described("1-0-9", description="old"))
    (event,) = read_iglu(tmp_path).events
    assert (event.name, event.key, event.description) == ("com.acme/click", "com_acme_click", "new")
    assert [held.version for held in event.versions] == ["1-0-9", "1-0-10"]
    assert "self" not in event.versions[0].schema
    assert event.versions[0].where == "schemas/com.acme/click/jsonschema/1-0-9"


def test_the_folder_may_be_the_schemas_folder_itself(tmp_path: Path) -> None:
    put(tmp_path, "com.acme/click/jsonschema/1-0-0", described())
    assert read_iglu(tmp_path) == read_iglu(tmp_path / "schemas")


def test_other_formats_and_hidden_files_are_none_of_ours(tmp_path: Path) -> None:
    put(tmp_path, "com.acme/click/jsonschema/1-0-0", described())
    put(tmp_path, "com.acme/click/avro/1-0-0", b"\0")
    put(tmp_path, "com.acme/click/jsonschema/.DS_Store", b"\0")
    put(tmp_path, "com.acme/README.md", b"hello")
    put(tmp_path, "README.md", b"hello")
    plan = read_iglu(tmp_path)
    assert (len(plan.events), plan.refused) == (1, ())


def test_local_references_are_written_out(tmp_path: Path) -> None:
    schema = described(properties={"a": {"$ref": "#/definitions/x"}}, definitions={"x": {"type": "string"}})
    (event,) = read_iglu(put(tmp_path, "com.acme/click/jsonschema/1-0-0", schema)).events
    assert event.versions[0].schema["properties"] == {"a": {"type": "string"}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not valid JSON"),
        (b"{", "is not valid JSON: Expecting property name"),
        (b"\xff", "is not UTF-8"),
        (b"\0", "is not valid JSON"),
        (b"[]", "is not a JSON object"),
        (b"[" * 100_000, "is nested deeper than"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "is nested deeper than"),
        (b'{"a": 1, "a": 2}', "key 'a' is written twice in one object, with different values"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too large"),
        (b'{"a": "\\ud800"}', "half of a UTF-16 pair"),
        (b" " * 5_000_001, "is larger than 5 MB"),
        ({"type": "object"}, "does not describe itself"),
        (described("1-0-1"), "self.version is '1-0-1', but its path says '1-0-0'"),
        (described(type="strng"), "type 'strng' is not known at #/type (did you mean 'string'?)"),
        (
            described(properties={"a": {"$ref": "http://example.com/x"}}),
            "leads outside the schema at #/properties/a/$ref",
        ),
        (described(properties={"a": {"$ref": "../1-0-1"}}), "leads outside the schema"),
        (described(properties={"a": {"$ref": "#/definitions/x"}}), "points at nothing at #/properties/a/$ref"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, content: Any, expected: str) -> None:
    assert expected in reason(read_iglu(put(tmp_path, "com.acme/click/jsonschema/1-0-0", content)))


def test_one_key_twice_with_one_value_is_no_contradiction(tmp_path: Path) -> None:
    text = json.dumps(described()).replace('"type"', '"type": "object", "type"').encode()
    assert len(read_iglu(put(tmp_path, "com.acme/click/jsonschema/1-0-0", text)).events) == 1


def test_an_emoji_written_as_a_pair_is_no_half_pair(tmp_path: Path) -> None:
    schema = described(description="\U0001f6d2")
    assert len(read_iglu(put(tmp_path, "com.acme/click/jsonschema/1-0-0", schema)).events) == 1


@pytest.mark.parametrize("name", ["1.0.0", "1-0-0.json", "latest", "0-0-1"])
def test_a_file_that_is_not_named_by_a_schemaver_is_refused(tmp_path: Path, name: str) -> None:
    assert "is not a SchemaVer" in reason(read_iglu(put(tmp_path, f"com.acme/click/jsonschema/{name}", described())))


def test_a_folder_a_pipe_and_a_link_outside_are_refused_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "com.acme/click/jsonschema/1-0-0", described())
    outside = put(tmp_path / "outside", "x", described("1-0-1")) / "schemas" / "x"
    folder = tmp_path / "schemas/com.acme/click/jsonschema"
    (folder / "1-0-1").symlink_to(outside)
    (folder / "1-0-2").mkdir()
    os.mkfifo(folder / "1-0-3")
    (folder / "1-0-4").symlink_to("nowhere")
    plan = read_iglu(tmp_path)
    assert [held.version for held in plan.events[0].versions] == ["1-0-0"]
    assert [one.version for one in plan.refused] == ["1-0-1", "1-0-2", "1-0-3", "1-0-4"]


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    folder = os.fsencode(put(tmp_path, "com.acme/click/jsonschema/1-0-0", described()) / "schemas/com.acme") + b"/\xff"
    Path(os.fsdecode(folder)).joinpath("jsonschema").mkdir(parents=True)
    Path(os.fsdecode(folder)).joinpath("jsonschema/1-0-0").write_bytes(b"{}")
    (one,) = read_iglu(tmp_path).refused
    assert one.name.encode() == rb"com.acme/\udcff"


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_schemas_is_a_clear_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlanError, match=r"holds no Iglu schemas|there is no such folder"):
        read_iglu(tmp_path / name)


def test_every_schema_of_iglu_central_is_read_or_refused_with_a_reason(shared: Path) -> None:
    folder = shared / "data" / "iglu-central"
    files = sum(1 for _ in folder.glob("schemas/*/*/jsonschema/*"))
    plan = read_iglu(folder)
    assert files == 660
    assert sum(len(event.versions) for event in plan.events) + len(plan.refused) == files
    assert {(one.name, one.version) for one in plan.refused} == {
        ("com.snowplowanalytics.sauna.commands/command", "1-0-0"),
        ("com.snowplowanalytics.self-desc/schema", "1-0-0"),
    }
    assert all("leads outside the schema" in one.reason for one in plan.refused)
    assert load(json.loads(json.dumps(dump(plan)))) == plan


def test_the_lints_of_iglu_central_are_few_and_right(shared: Path) -> None:
    found = [one for one in lint(read_iglu(shared / "data" / "iglu-central")) if one.problem != "has no owner"]
    assert sum("enum omits null" in one.problem for one in found) == 8
    assert [one.event.rpartition("/")[2] for one in found if "named almost like" in one.problem] == ["identity"]

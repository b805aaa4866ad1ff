import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from monitor.errors import PlanError, Problems, TrackwardenError
from monitor.plan.model import Plan, Status, Tier
from monitor.readers.native import read_native

Write: TypeAlias = Callable[..., Path]

ORDER = """\
event: Order Completed
description: The buyer paid and the order exists.
team: checkout
tier: core
sources: [web, ios]
versions:
  1-0-0: {status: retired, until: 2026-06-30, schema: {type: object, required: [order_id]}}
  1-1-0:
    status: live
    schema:
      type: object
      required: [order_id]
      properties:
        order_id: {$ref: "../properties.yml#/order_id"}
        coupon: {type: [string, "null"], pii: false}
"""
PROPERTIES = """\
order_id:
  type: string
  minLength: 1
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files of a plan by their path; the folder comes back."""

    def put(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "tracking_plan"
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return folder

    return put


def event(schema: str, name: str = "A", version: str = "1-0-0") -> str:
    return f"event: {name}\nversions:\n  {version}:\n    schema: {schema}\n"


def told(folder: Path) -> list[str]:
    with pytest.raises(TrackwardenError) as raised:
        read_native(folder)
    errors = raised.value.errors if isinstance(raised.value, Problems) else [raised.value]
    assert all(isinstance(one, PlanError) for one in errors)
    return [str(one) for one in errors]


def schema(plan: Plan) -> Mapping[str, Any]:
    return plan.events[0].versions[-1].schema


def test_an_event_is_read_with_everything_that_its_file_says(write: Write) -> None:
    plan = read_native(write({"events/order.yml": ORDER, "properties.yml": PROPERTIES}))
    (one,) = plan.events
    assert (one.name, one.key, one.team, one.tier) == ("Order Completed", "order_completed", "checkout", Tier.CORE)
    assert one.sources == ("web", "ios")
    assert one.where == "tracking_plan/events/order.yml:1"
    old, new = one.versions
    assert (old.version, old.status, old.until) == ("1-0-0", Status.RETIRED, date(2026, 6, 30))
    assert (new.version, new.status, new.where) == ("1-1-0", Status.LIVE, "tracking_plan/events/order.yml:8")
    assert new.schema["properties"]["order_id"] == {"type": "string", "minLength": 1}
    assert new.schema["properties"]["coupon"] == {"type": ["string", "null"], "pii": False}


def test_files_in_folders_below_events_and_both_endings_are_read(write: Write) -> None:
    files = {"events/a.yml": event("{}"), "events/shop/b.yaml": event("{}", "B"), "events/README.md": "no event"}
    assert [one.name for one in read_native(write(files)).events] == ["A", "B"]


def test_the_revision_does_not_depend_on_the_files_names(write: Write, tmp_path: Path) -> None:
    first = read_native(write({"events/a.yml": event("{}")}))
    (tmp_path / "tracking_plan").rename(tmp_path / "moved")
    (tmp_path / "moved/events/a.yml").rename(tmp_path / "moved/events/z.yml")
    assert read_native(tmp_path / "moved").revision == first.revision


def test_a_missing_folder_and_an_empty_one_are_clear_errors(write: Write, tmp_path: Path) -> None:
    assert "there is no such folder" in told(tmp_path / "nowhere")[0]
    assert "there is no such folder" in told(write({"properties.yml": "{}"}))[0]
    assert "holds no event files" in told(write({"events/README.md": ""}))[0]


def test_the_errors_of_all_files_are_told_together(write: Write) -> None:
    files = {"events/a.yml": event("{type: strng}"), "events/b.yml": "event: [", "events/c.yml": "evnt: C\n"}
    errors = told(write(files))
    assert errors[0] == (
        "tracking_plan/events/a.yml:4 versions/1-0-0/schema/type: type 'strng' is not known (did you mean 'string'?)"
    )
    assert "is not valid YAML" in errors[1]
    assert any("c.yml:1 evnt: key 'evnt' is not known (did you mean 'event'?)" in one for one in errors)
    assert any("key 'versions' is missing" in one for one in errors)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.yml: is empty (start with"),
        ("- event: A", "a.yml: must be a mapping"),
        (ORDER.replace("tier: core", "tier: croe"), "a.yml:4 tier: tier 'croe' is not known (did you mean 'core'?)"),
        (ORDER.replace("status: live", "status: liv"), "a.yml:9 versions/1-1-0/status: status 'liv' is not known"),
        (ORDER.replace("status: live", "stauts: live"), "a.yml:9 versions/1-1-0/stauts: key 'stauts' is not known"),
        (ORDER.replace("sources: [web, ios]", "sources: web"), "a.yml:5 sources: 'sources' must be a list (write"),
        (ORDER.replace("team: checkout", "team: 42"), "a.yml:3 team: 'team' must be text (quote it: \"42\")"),
        (ORDER.replace("Order Completed", "no"), "a.yml:1 event: 'event' must be text (quote it: \"no\")"),
        (ORDER.replace("event: Order Completed", 'event: " "'), "'event' must not be empty"),
        (ORDER.replace("event: Order Completed", 'event: "a\\nb"'), "'event' must not hold control characters"),
        (ORDER.replace("2026-06-30", "20260630"), "'until' must be a day such as 2026-06-30"),
        (ORDER.replace("2026-06-30", "2026-02-30"), "'until' must be a day such as 2026-06-30"),
        (ORDER.replace("1-1-0:", "1.10:"), 'a.yml:8: key 1.10 is read as the number 1.1 (quote it: "1.10")'),
        (ORDER.replace("1-1-0:", "no:"), 'a.yml:8: key no is read as false (quote it: "no")'),
        (ORDER.replace("1-1-0:", "1-0-0:"), "a.yml:8: key '1-0-0' is written twice, first on line 7"),
        (ORDER.replace("1-1-0:", "1.0.0:"), "a.yml:8: versions '1-0-0' and '1.0.0' are the same once landed"),
        (ORDER.replace("1-1-0:", '"1 1/0":'), "must be a version such as 1-0-0"),
        ("event: A\nversions: {}\n", "a.yml:2 versions: 'versions' must not be empty"),
        ("event: A\nversions: [1-0-0]\n", "a.yml:2 versions: 'versions' must be a mapping"),
        ("event: A\nversions: {1-0-0: {}}\n", "a.yml:2 versions/1-0-0: key 'schema' is missing"),
        (event("[]"), "a.yml:4 versions/1-0-0/schema: 'schema' must be a mapping"),
        (event("{properties: {a: {type: string, enum: [NO, SE]}}}"), "a: enum holds NO, which is read as false"),
        (event("{properties: {a: {type: string, const: 1.10}}}"), 'the number 1.1 (quote it: "1.10")'),
        (event("{properties: {a: }}"), "a.yml:4 a: 'a' has no schema"),
        (event("{properties: {a: {items: {type: bool}}}}"), "a: type 'bool' is not known (did you mean 'boolean'?)"),
    ],
)
def test_an_error_names_the_line_the_key_and_the_next_step(write: Write, text: str, expected: str) -> None:
    errors = told(write({"events/a.yml": text, "properties.yml": PROPERTIES}))
    assert any(expected in one for one in errors), errors


def test_two_files_with_one_event_are_an_error_that_names_both(write: Write) -> None:
    (one,) = told(write({"events/a.yml": event("{}"), "events/b.yml": event("{}")}))
    assert "events/b.yml:1: event 'A' is also planned in tracking_plan/events/a.yml:1" in one


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("../../etc/passwd#/a", "leaves the plan's folder"),
        ("../../../../../../../../etc/passwd", "leaves the plan's folder"),
        ("/etc/passwd#/a", "is not a relative path"),
        ("file:///etc/passwd", "is not a relative path"),
        ("https://example.com/a.json#/a", "is not a relative path"),
        ("..\\\\..\\\\secret.yml", "is not a relative path"),
        ("../properties.yml#/ordr_id", "points at nothing (did you mean 'order_id'?)"),
        ("../properties.yml#/order_id/type", "points at a string, not at a schema"),
        ("../absent.yml#/a", "there is no such file (looked for absent.yml)"),
        ("#/$defs/absent", "points at nothing"),
        ("../" + "x" * 5000 + ".yml#/a", "$ref '../xxx"),
    ],
)
def test_a_reference_that_cannot_or_may_not_be_followed_is_an_error(write: Write, reference: str, problem: str) -> None:
    text = event('{properties: {a: {$ref: "' + reference + '"}}}')
    (one,) = told(write({"events/a.yml": text, "properties.yml": PROPERTIES}))
    assert one.startswith("tracking_plan/events/a.yml:4 a: $ref ")
    assert problem in one


def test_a_shared_definition_is_judged_once_and_where_it_is_written(write: Write) -> None:
    use = '{properties: {a: {$ref: "../properties.yml#/order_id"}}}'
    files = {
        "events/a.yml": event(use),
        "events/b.yml": event(use, "B"),
        "properties.yml": "order_id:\n  type: strng\n",
    }
    (one,) = told(write(files))
    assert one.startswith("tracking_plan/properties.yml:2 order_id/type: type 'strng' is not known")


def test_a_shared_file_with_errors_is_told_once(write: Write) -> None:
    use = '{properties: {a: {$ref: "../properties.yml#/order_id"}}}'
    (one,) = told(write({"events/a.yml": event(use), "events/b.yml": event(use, "B"), "properties.yml": "a: [\n"}))
    assert "properties.yml:" in one
    assert "is not valid YAML" in one


def test_shared_files_may_refer_to_each_other_relative_to_themselves(write: Write) -> None:
    files = {
        "events/shop/a.yml": event('{properties: {a: {$ref: "../../shared/money.yml#/money"}}}'),
        "shared/money.yml": (
            'n: {minimum: 0}\nmoney: {properties: {u: {$ref: "units/all.yml#/unit"}, n: {$ref: "#/n"}}}\n'
        ),
        "shared/units/all.yml": "unit: {enum: [USD]}",
    }
    money = {"properties": {"u": {"enum": ["USD"]}, "n": {"minimum": 0}}}
    assert schema(read_native(write(files)))["properties"]["a"] == money


def test_local_references_start_at_the_schema_not_at_the_file(write: Write) -> None:
    text = event('{properties: {a: {$ref: "#/$defs/x"}}, $defs: {x: {type: string}}}')
    assert schema(read_native(write({"events/a.yml": text}))) == {"properties": {"a": {"type": "string"}}}


def test_a_recursive_schema_is_read_and_its_reference_stays(write: Write) -> None:
    text = event('{properties: {a: {$ref: "#/$defs/x"}}, $defs: {x: {items: {$ref: "#/$defs/x"}}}}')
    held = schema(read_native(write({"events/a.yml": text})))
    assert held["properties"]["a"] == {"items": {"$ref": "#/$defs/x"}}
    assert held["$defs"] == {"x": {"items": {"$ref": "#/$defs/x"}}}


def test_links_that_leave_the_folder_are_refused(write: Write, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yml"
    outside.write_text(event("{}", "Secret"), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    folder = write({"events/a.yml": event('{properties: {a: {$ref: "../shared.yml#/a"}}}')})
    (folder / "events/b.yml").symlink_to(outside)
    (folder / "events/more").symlink_to(tmp_path / "elsewhere")
    (folder / "shared.yml").symlink_to(outside)
    errors = told(folder)
    assert sum("is a link that leaves the plan's folder" in one for one in errors) == 2
    assert sum("leaves the plan's folder (move the definition" in one for one in errors) == 1


def test_a_link_inside_the_folder_is_followed(write: Write) -> None:
    folder = write({"events/a.yml": event("{}"), "drafts/b.yml": event("{}", "B")})
    (folder / "events/b.yml").symlink_to(folder / "drafts/b.yml")
    assert len(read_native(folder).events) == 2


def test_a_pipe_is_not_waited_for(write: Write) -> None:
    folder = write({"events/a.yml": event("{}")})
    os.mkfifo(folder / "events/b.yml")
    assert told(folder) == ["tracking_plan/events/b.yml: is not a file that can be read"]


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"\xff\xfe",
        b"[" * 50_000,
        b"event: A\nversions: {1-0-0: {schema: &a {x: *a}}}",
        b"&a" * 9999,
        b"!!python/name:os",
    ],
)
def test_hostile_bytes_are_one_error_not_a_crash(write: Write, content: bytes) -> None:
    folder = write({"events/a.yml": ""})
    (folder / "events/a.yml").write_bytes(content)
    (one,) = told(folder)
    assert one.startswith("tracking_plan/events/a.yml")

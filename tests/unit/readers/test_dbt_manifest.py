import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.readers.dbt_manifest import Exposure, Lineage, Reached, read_manifests

SOURCE = "source.shop.raw.events"


def model(name: str, event: str = "", *, kind: str = "model") -> Mapping[str, object]:
    meta = {"meta": {"trackwarden": {"event": event}}} if event else {}
    return {"resource_type": kind, "name": name, "config": meta}


MANIFEST = {
    "sources": {SOURCE: {"schema": "RAW", "identifier": "Events", "name": "events", "database": "dwh"}},
    "nodes": {
        "model.shop.stg_order": model("stg_order", "Order Completed"),
        "model.shop.stg_cart": model("stg_cart", "Cart Viewed"),
        "model.shop.orders": model("orders"),
        "model.shop.carts": model("carts"),
        "model.shop.every_row": model("every_row"),
        "test.shop.unique": model("unique", kind="test"),
    },
    "exposures": {
        "exposure.shop.revenue": {
            "name": "revenue", "label": "Weekly revenue", "type": "dashboard",
            "owner": {"name": "Ann", "email": "ann@example.org"},
        },
    },
    "child_map": {
        SOURCE: ["model.shop.stg_order", "model.shop.stg_cart", "model.shop.every_row", "test.shop.unique"],
        "model.shop.stg_order": ["model.shop.orders"],
        "model.shop.stg_cart": ["model.shop.carts"],
        "model.shop.orders": ["metric.shop.sales", "model.shop.orders"],
        "metric.shop.sales": ["exposure.shop.revenue"],
    },
}  # fmt: skip


def read(tmp_path: Path, *manifests: object) -> Lineage:
    files = [tmp_path / f"{number}.json" for number in range(len(manifests))]
    for file, said in zip(files, manifests, strict=True):
        file.write_text(said if isinstance(said, str) else json.dumps(said))
    return read_manifests(files)


def test_an_event_reaches_what_is_built_from_its_staging_model_and_from_its_table(tmp_path: Path) -> None:
    reached = read(tmp_path, MANIFEST).reached("Order Completed", ["raw.events"])
    assert reached.models == ("stg_order", "orders", "every_row")
    assert reached.exposures == (Exposure("Weekly revenue", "dashboard", "Ann"),)


def test_another_event_of_the_same_table_is_not_followed(tmp_path: Path) -> None:
    assert read(tmp_path, MANIFEST).reached("Cart Viewed", ["raw.events"]).exposures == ()


def test_a_whole_source_reaches_everything_on_its_tables(tmp_path: Path) -> None:
    reached = read(tmp_path, MANIFEST).reached("", ["raw.events"])
    assert set(reached.models) == {"stg_order", "stg_cart", "every_row", "orders", "carts"}


def test_what_no_project_reads_reaches_nothing(tmp_path: Path) -> None:
    assert not read(tmp_path, MANIFEST).reached("", ["raw.other"])
    assert Lineage().reached("Order Completed", ["raw.events"]) == Reached()


def test_projects_with_the_same_names_stay_apart(tmp_path: Path) -> None:
    other = {**MANIFEST, "sources": {}, "child_map": {}}
    reached = read(tmp_path, other, MANIFEST).reached("Order Completed", ["raw.events"])
    assert reached.exposures == (Exposure("Weekly revenue", "dashboard", "Ann"),)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{", "is no manifest: JSONDecodeError"),
        ("[]", "is no manifest: not a JSON object"),
        ('{"nodes": {}, "sources": {}}', "is no manifest: it has no `exposures`"),
        ("[" * 100_000, "is no manifest: RecursionError"),
    ],
)
def test_what_is_no_manifest_is_refused_by_name(tmp_path: Path, said: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, said)
    assert refused.value.problem == problem
    assert refused.value.where.endswith("0.json")
    assert refused.value.hint


def test_a_manifest_that_is_not_there_says_how_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dbt parse"):
        read_manifests([tmp_path / "manifest.json"])


def test_entries_of_any_shape_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    odd = {
        "sources": {"a": 1, "b": {"schema": 3, "name": "events"}, "c": {"schema": "raw", "name": "events"}},
        "nodes": {"model.x": {"resource_type": "model", "name": None, "meta": [], "config": "none"}},
        "exposures": {"e": {"owner": "Ann", "label": 4}},
        "child_map": {"c": "model.x", "d": [1, None]},
    }
    assert read(tmp_path, odd).reached("", ["raw.events"]) == Reached()

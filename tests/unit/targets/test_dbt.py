from dataclasses import replace
from typing import Any, Literal

import pytest
import yaml

from monitor.catalog import Column, Family, TableRef
from monitor.errors import TargetError
from monitor.plan.model import EventVersion
from monitor.targets.dbt import sources_and_staging
from tests.fakes import landed
from tests.fakes.landed import contract, orders

Tests = Literal["none", "keys", "full"]


def texts(data_tests: Tests = "keys", **kwargs: Any) -> dict[str, str]:
    bound = contract(*kwargs.pop("events", ()), **kwargs)
    return {str(file.path): file.text for file in sources_and_staging(bound, "duckdb", data_tests)}


def table(path: str, data_tests: Tests = "keys", **kwargs: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(texts(data_tests, **kwargs)[path])["sources"][0]["tables"][0]
    return found


def column(said: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in said["columns"] if entry["name"] == name)
    return found


WEB = "models/sources/web_prod.yml"
MODEL = "models/staging/stg_order_completed.sql"


def test_a_schema_is_a_source_and_an_event_a_staging_model() -> None:
    assert list(texts()) == ["models/sources/raw.yml", WEB, MODEL, MODEL.replace(".sql", ".yml")]


def test_every_landed_column_has_its_type_and_role() -> None:
    said = table(WEB)
    assert [entry["name"] for entry in said["columns"]] == [entry.name for entry in landed.WEB.columns]
    total, coupon, own = column(said, "total"), column(said, "coupon"), column(said, "event_text")
    assert (total["data_type"], total["config"]["meta"]["trackwarden"]) == (
        "DOUBLE",
        {"role": "property", "property": "total", "versions": ["1-1-0"]},
    )
    assert coupon["config"]["meta"]["trackwarden"] == {"role": "undeclared"}
    assert own["config"]["meta"]["trackwarden"] == {"role": "collector"}
    assert column(said, "email")["config"]["meta"]["trackwarden"]["pii"] is True


def test_owner_tags_and_freshness_stand_where_dbt_wants_them() -> None:
    config = table("models/sources/raw.yml")["config"]
    assert config["meta"]["owner"] == "checkout"
    assert config["tags"] == ["trackwarden", "trackwarden_core", "trackwarden_checkout"]
    assert config["freshness"] == {"warn_after": {"count": 90, "period": "minute"}}
    assert config["loaded_at_field"] == 'coalesce(received_at, "at")'


def test_no_data_tests_are_written_where_none_are_wanted() -> None:
    assert "data_tests" not in "".join(texts("none").values())


def test_keys_are_the_id_and_what_is_required() -> None:
    said = table(WEB)
    assert [next(iter(test)) for test in column(said, "id")["data_tests"]] == ["unique", "not_null"]
    (required,) = column(said, "currency")["data_tests"]
    assert required["not_null"]["config"] == {
        "severity": "warn",
        "where": "nullif(context_protocols_event_version, '') IN ('1-1-0', '1.1.0')",
    }


def test_a_rule_of_several_versions_is_one_data_test() -> None:
    (required,) = column(table(WEB), "order_id")["data_tests"]
    assert required["not_null"]["config"]["where"].endswith("IN ('1-0-0', '1.0.0', '1-1-0', '1.1.0')")


def test_full_tests_say_accepted_values_only_where_dbt_would_not_misread_them() -> None:
    safe = {"type": "object", "properties": {"currency": {"type": "string", "enum": ["EUR", "USD"]}}}
    (accepted,) = column(table(WEB, "full", **_planned(safe)), "currency")["data_tests"]
    assert accepted["accepted_values"]["arguments"] == {"values": ["EUR", "USD"]}
    hostile = {"type": "object", "properties": {"currency": {"type": "string", "enum": ["' or 1=1 --"]}}}
    assert "data_tests" not in column(table(WEB, "full", **_planned(hostile)), "currency")


def _planned(schema: dict[str, Any]) -> dict[str, Any]:
    return {"events": (orders(versions=(EventVersion("1-0-0", schema),)),)}


def test_staging_unites_tables_with_typed_columns() -> None:
    sql = texts()[MODEL]
    assert "from {{ source('web_prod', 'order_completed') }}" in sql
    assert "union all" in sql
    assert """TRY_CAST(json_extract_string(payload, '/total') AS DOUBLE PRECISION) as total""" in sql
    assert "TRY_CAST(NULL AS DATE) as day" in sql


def test_an_event_never_replaces_a_landed_table_of_the_model_s_name() -> None:
    other = replace(landed.WEB, ref=TableRef("web_prod", "stg_order_completed"))
    names = texts(
        events=(orders(), orders(name="Stg Order Completed")), tables=landed.catalog(landed.WEB, landed.RAW, other)
    )
    models = [name for name in names if name.endswith(".sql")]
    assert "models/staging/stg_order_completed.sql" not in models
    assert any(name.startswith("models/staging/stg_order_completed_") for name in models)


def test_properties_that_share_a_column_s_name_are_told_apart() -> None:
    schema = {"type": "object", "properties": {"orderId": {"type": "string"}, "order_id": {"type": "string"}}}
    sql = texts(events=(orders(versions=(EventVersion("1-0-0", schema),)),), tables=landed.catalog(landed.RAW))[MODEL]
    assert """json_extract_string(payload, '/orderId') as order_id,""" in sql
    assert """json_extract_string(payload, '/order_id') as order_id_""" in sql


def test_a_property_named_like_a_key_is_not_the_key() -> None:
    schema = {"type": "object", "properties": {"event_name": {"type": "string"}}}
    sql = texts(events=(orders(versions=(EventVersion("1-0-0", schema),)),), tables=landed.catalog(landed.RAW))[MODEL]
    assert "as property_event_name" in sql


def test_types_that_versions_disagree_on_are_text() -> None:
    one = {"type": "object", "properties": {"total": {"type": "integer"}}}
    two = {"type": "object", "properties": {"total": {"type": "string"}}}
    event = orders(versions=(EventVersion("1-0-0", one), EventVersion("2-0-0", two)))
    assert "TRY_CAST(total AS TEXT) as total" in texts(events=(event,))[MODEL]


def test_a_table_that_dbt_cannot_quote_is_one_clear_error() -> None:
    text = landed.SETTINGS.replace("table: raw.events", "table: 'raw.ev\"ents'")
    raw = replace(landed.RAW, ref=TableRef("raw", 'ev"ents'))
    with pytest.raises(TargetError, match="escape quotes"):
        texts(text=text, tables=landed.catalog(landed.WEB, raw))


def test_a_column_named_by_somebody_hostile_gets_no_data_test() -> None:
    raw = replace(landed.WEB, columns=(*landed.WEB.columns, Column("{{ x }}", Family.TEXT, "VARCHAR")))
    said = table(WEB, "full", tables=landed.catalog(raw, landed.RAW))
    assert column(said, "{{ '{{' }} x }}")["quote"] is True


def test_generation_is_the_same_every_time() -> None:
    assert texts("full") == texts("full")

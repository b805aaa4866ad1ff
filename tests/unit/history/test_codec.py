import json
from dataclasses import fields

import pytest

from monitor.errors import HistoryError
from monitor.history.codec import decode, encode
from monitor.judge.model import Evidence, Finding, Kind, Severity

EVIDENCE = Evidence(
    facts=(("rows", 12), ("share", 0.5), ("was", None), ("since", "2026-06-29T14:00Z")),
    rules=(("order_completed@1-0-0#/currency:enum", 3),),
    series=(1, None, 3),
    series_until=494_390,
    reference=(2, 2, None),
    affected=3,
)
EFFECT = Finding(Kind.FAILURE_RATE, Severity.INFO, "fails", event="a", evidence=EVIDENCE, env="dev", tables=("raw.a",))
CAUSE = Finding(
    Kind.COLUMN_TYPE_CHANGED,
    Severity.CRITICAL,
    "landed as text",
    event="a",
    version="1-0-0",
    source="web",
    property="price",
    evidence=EVIDENCE,
    absorbed=(EFFECT,),
    env="staging",
    tables=("raw.a", "raw.b"),
)


def test_a_finding_survives_being_kept_whole() -> None:
    assert decode(encode([CAUSE, EFFECT])) == (CAUSE, EFFECT)


def test_every_field_is_kept() -> None:
    empty = Finding(Kind.NOT_SEEN, Severity.INFO, "")
    assert all(getattr(CAUSE, field.name) != getattr(empty, field.name) for field in fields(Finding))
    assert all(getattr(EVIDENCE, field.name) != getattr(Evidence(), field.name) for field in fields(Evidence))


def test_text_of_before_a_field_was_kept_is_still_read() -> None:
    kept = json.loads(encode([EFFECT]))
    del kept[0]["tables"], kept[0]["evidence"]["affected"], kept[0]["evidence"]["reference"]
    (found,) = decode(json.dumps(kept))
    assert (found.message, found.tables, found.evidence.affected, found.evidence.reference) == ("fails", (), 0, ())


@pytest.mark.parametrize(
    "text", ["", "no JSON", "{}x", "[1]", '[{"kind": "not_seen"}]', '[{"kind": "of tomorrow", "severity": "info"}]']
)
def test_a_finding_that_cannot_be_read_is_an_error_that_says_what_to_do(text: str) -> None:
    with pytest.raises(HistoryError, match="cannot be read") as raised:
        decode(text)
    assert "upgrade" in raised.value.hint

import json
from dataclasses import replace

from monitor.cli.present.explained import document, lines
from monitor.measure.model import Unmeasured
from monitor.measure.sampling import Sample
from monitor.survey import Planned, Untouched

HOUR = 494_424
"""2026-05-28 00:00 UTC."""
NEW = Planned("raw.events", "new rows", HOUR, HOUR + 3, ("SELECT 1", "SELECT 2"), 12, 1_250_000, 4_096)
FIRST = Planned("web.cart", "never measured", None, HOUR + 3, ("SELECT 3",), 4, None, None)


def test_each_table_that_is_due_is_a_line_of_the_same_columns_and_the_last_line_is_the_sum() -> None:
    still, unknown = Untouched("web.order", None, "no new rows"), Unmeasured("web.refund", "permission denied", "", ())
    assert list(lines([NEW, FIRST, still, unknown])) == [
        "table       statements  columns  rows in all  bytes  windows (UTC)                         why",
        "raw.events           2       12    1,250,000  4,096  2026-05-28 00:00 to 2026-05-28 03:00  new rows",
        "web.cart             1        4            ?      ?  the beginning to 2026-05-28 03:00     never measured",
        "web.refund: permission denied",
        "3 statements over 2 tables, 4,096 bytes; 1 with nothing new",
    ]


def test_a_table_of_which_a_sample_is_drawn_says_so() -> None:
    rows, blocks = (replace(NEW, sample=Sample(0.1, 1_000_000, blocks=how)) for how in (False, True))
    said = (
        "rules are asked of 10% of the rows, drawn {}, where the range holds more than 1,000,000; all rows are counted"
    )
    assert list(lines([rows]))[2] == f"raw.events: {said.format('row by row')}"
    assert list(lines([blocks]))[2] == f"raw.events: {said.format('by blocks')}"
    other = replace(rows, table="raw.other")
    assert list(lines([rows, other]))[3] == f"all of them: {said.format('row by row')}"
    assert list(lines([rows, other, FIRST]))[4] == f"raw.events, raw.other: {said.format('row by row')}"
    (due,) = document([blocks])["due"]
    assert due["sample"] == {"share": 0.1, "above": 1_000_000, "by": "blocks"}
    (due,) = document([NEW])["due"]
    assert due["sample"] is None


def test_where_nothing_is_due_only_the_sum_is_said() -> None:
    assert list(lines([])) == ["0 statements over 0 tables, 0 bytes; 0 with nothing new"]
    (_, _, total) = lines([FIRST])
    assert total == "1 statement over 1 table, bytes not told by the warehouse; 0 with nothing new"


def test_the_document_holds_the_statements_in_full() -> None:
    (due,) = json.loads(json.dumps(document([NEW])))["due"]
    assert due["statements"] == ["SELECT 1", "SELECT 2"]
    assert (due["since"], due["until"]) == ("2026-05-28T00:00:00+00:00", "2026-05-28T03:00:00+00:00")

"""Starts fakesnow with the functions over VARIANT that it lacks, or says otherwise than Snowflake documents.

fakesnow keeps a VARIANT as DuckDB's JSON. It has no `AS_ARRAY` and `AS_OBJECT`; its `TYPEOF` tells the column's type,
its `FILTER` wants a list, a text in a VARIANT keeps its quotes when cast. Each function here says what Snowflake's
documentation says of it, and so proves how our statements use it, not that Snowflake does so.

Source: https://docs.snowflake.com/en/sql-reference/functions-semistructured
"""

import sys
from collections.abc import Callable

from fakesnow import macros
from fakesnow.cli import main
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

KINDS = {
    "NULL": "NULL_VALUE", "BOOLEAN": "BOOLEAN", "VARCHAR": "VARCHAR", "ARRAY": "ARRAY", "OBJECT": "OBJECT",
    "BIGINT": "INTEGER", "UBIGINT": "INTEGER", "HUGEINT": "INTEGER", "DOUBLE": "DECIMAL",
}  # fmt: skip
"""DuckDB's kind of a JSON value → TYPEOF's word."""
_WHENS = " ".join(f"WHEN '{theirs}' THEN '{word}'" for theirs, word in KINDS.items())
_POINTER = "'/' || replace(replace(k, '~', '~0'), '/', '~1')"
_ITEMS = "list_transform(range(json_array_length(x)), i -> json_extract(x, '$[' || i || ']'))"
"""A cast to a list would make NULL of a null in it."""
_BY_VALUE = r"regexp_replace(CAST(e AS VARCHAR), '^(-?[0-9]+)\.0$', '\1')"

FUNCTIONS = {
    "tw_typeof(x)": f"CASE json_type(x) {_WHENS} END",
    "tw_text(x)": "CASE WHEN typeof(x) = 'JSON' THEN json_extract_string(CAST(x AS VARCHAR), '$') "
    "ELSE CAST(x AS VARCHAR) END",
    "tw_member(x, k)": f"CASE WHEN json_type(x) = 'OBJECT' THEN json_extract(x, {_POINTER}) END",
    "tw_nth(x, n)": "CASE WHEN json_type(x) = 'ARRAY' THEN json_extract(x, '$[' || n || ']') END",
    "tw_array(x)": "CASE WHEN json_type(x) = 'ARRAY' THEN CAST(x AS JSON) END",
    "tw_object(x)": "CASE WHEN json_type(x) = 'OBJECT' THEN CAST(x AS JSON) END",
    "tw_keys(x)": "CASE WHEN json_type(x) = 'OBJECT' THEN to_json(list_distinct(json_keys(x))) END",
    "tw_size(x)": "CASE WHEN json_type(x) = 'ARRAY' THEN json_array_length(x) END",
    "tw_items(x)": f"CASE WHEN json_type(x) = 'ARRAY' THEN {_ITEMS} END",
    "tw_except(a, b)": "to_json(list_filter(tw_items(a), e -> NOT list_contains((tw_items(b)), e)))",
    "tw_distinct(x)": f"to_json(list_distinct(list_transform(tw_items(x), e -> {_BY_VALUE})))",
    "tw_slice(x, f, t)": "to_json(list_slice(tw_items(x), f + 1, t))",
    "tw_listed(x)": "to_json(x)",
    "tw_instant(x)": "TRY_CAST(x AS TIMESTAMPTZ)",
}
"""What is called as what; `tw_items` is a list of DuckDB's for what takes items one by one."""


def call(name: str, *arguments: exp.Expression) -> exp.Expression:
    """One of our functions."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def filtered(node: exp.ArrayFilter) -> exp.Expression:
    """`FILTER(array, item -> …)`: null where the array is."""
    return call("tw_listed", call("list_filter", call("tw_items", node.this), node.expression))


def got(node: exp.GetExtract) -> exp.Expression:
    """`GET(value, key or position)`."""
    at = node.expression
    whole = isinstance(at, exp.Literal) and not at.is_string
    return call("tw_nth" if whole else "tw_member", node.this, at)


REWRITTEN: dict[type[exp.Expression], Callable[..., exp.Expression]] = {
    exp.Typeof: lambda node: call("tw_typeof", node.this),
    exp.GetExtract: got,
    exp.JSONKeys: lambda node: call("tw_keys", node.this),
    exp.ArraySize: lambda node: call("tw_size", node.this),
    exp.ArrayFilter: filtered,
    exp.ArrayExcept: lambda node: call("tw_except", node.this, node.expression),
    exp.ArrayDistinct: lambda node: call("tw_distinct", node.this),
    exp.ArraySlice: lambda node: call("tw_slice", node.this, node.args["start"], node.args["end"]),
    exp.Array: lambda node: call("tw_listed", exp.Array(expressions=node.expressions)),
}
NAMED = {"AS_ARRAY": "tw_array", "AS_OBJECT": "tw_object", "TRY_TO_TIMESTAMP_TZ": "tw_instant"}


def rewritten(node: exp.Expression) -> exp.Expression:
    """A function as one of ours; everything else as it is."""
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast) and node.to.is_type("varchar"):
        return call("tw_text", node.this)
    if isinstance(node, exp.Anonymous) and node.name.upper() in NAMED:
        return call(NAMED[node.name.upper()], *node.expressions)
    found = REWRITTEN.get(type(node))
    return found(node) if found else node


def install() -> None:
    """Our functions in every database, and statements in their words."""
    theirs, transform = macros.creation_sql, FakeSnowflakeCursor._transform

    def creation_sql(catalog: str) -> str:
        ours = "; ".join(f"CREATE OR REPLACE MACRO {catalog}.{name} AS ({body})" for name, body in FUNCTIONS.items())
        return f"{theirs(catalog)}; {ours.replace('(tw_items', f'({catalog}.tw_items')};"

    def _transform(self: FakeSnowflakeCursor, expression: exp.Expression, params: object) -> exp.Expression:
        for node in reversed(list(expression.walk())):  # what is inside first
            said = rewritten(node)
            if said is not node:
                node.replace(said)
        return transform(self, expression, params)

    macros.creation_sql = creation_sql
    FakeSnowflakeCursor._transform = _transform


if __name__ == "__main__":
    install()
    sys.exit(main())

"""Snowflake's functions over VARIANTs, texts and times in DuckDB's words, where fakesnow's say otherwise.

Each says what Snowflake documents. sqlglot is told by name (`SPOKEN`), and so never makes of them what it would.

Source: https://docs.snowflake.com/en/sql-reference/functions-semistructured
"""

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import variant
from fakesnow import transforms
from sqlglot import exp

JSON = duckdb.type("JSON")
FUNCTIONS: dict[Callable[..., Any], tuple[list[Any], Any]] = {
    variant.parse_json: (["VARCHAR", "VARCHAR"], JSON),
    variant.try_parse_json: (["VARCHAR", "VARCHAR"], JSON),
    variant.typeof: (["VARCHAR"], "VARCHAR"),
    variant.to_varchar: (["VARCHAR"], "VARCHAR"),
    variant.member: (["VARCHAR", "VARCHAR"], JSON),
    variant.nth: (["VARCHAR", "BIGINT"], JSON),
    variant.as_array: (["VARCHAR"], JSON),
    variant.as_object: (["VARCHAR"], JSON),
    variant.object_keys: (["VARCHAR"], JSON),
    variant.array_size: (["VARCHAR"], "BIGINT"),
    variant.items: (["VARCHAR"], duckdb.list_type(JSON)),
    variant.array_distinct: (["VARCHAR"], JSON),
    variant.array_except: (["VARCHAR", "VARCHAR"], JSON),
    variant.array_slice: (["VARCHAR", "BIGINT", "BIGINT"], JSON),
}
"""Functions of VARIANTs → what DuckDB takes and gives; NULL gives NULL."""

VARIANT, TEXT = ("JSON", '"NULL"'), ("VARCHAR", '"NULL"')
"""DuckDB's words for them, and for a NULL of any type."""
TYPED = {f"tw_{function.__name__}" for function, (_, gives) in FUNCTIONS.items() if gives == JSON} | {
    "json_array",
    "to_json",
}
"""What gives VARIANTs."""

Arguments = Sequence[exp.Expression]


def call(function: Callable[..., Any] | str, *arguments: exp.Expression) -> exp.Expression:
    """A function of ours, or of DuckDB's by its name."""
    name = function if isinstance(function, str) else f"tw_{function.__name__}"
    return exp.Anonymous(this=name, expressions=list(arguments))


def expected(value: exp.Expression, *kinds: str) -> exp.Expression:
    """A value, or an error where it is none of these: Snowflake takes no text for a VARIANT, DuckDB does."""
    if isinstance(value, exp.Anonymous) and value.name in TYPED and "JSON" in kinds:
        return value
    known = exp.In(this=call("typeof", value.copy()), expressions=[exp.Literal.string(kind) for kind in kinds])
    refused = call("error", exp.Literal.string("Invalid argument types for function"))
    return exp.paren(exp.Case(ifs=[exp.If(this=known, true=value)], default=refused))


def of_variants(function: Callable[..., Any], takes: int = 1) -> Callable[[Arguments], exp.Expression]:
    """Ours, whose first arguments are VARIANTs."""
    return lambda given: call(function, *(expected(value, *VARIANT) for value in given[:takes]), *given[takes:])


def parsing(function: Callable[..., Any]) -> Callable[[Arguments], exp.Expression]:
    """The second argument says whether duplicate keys are let through: sqlglot forgets it."""

    def parsed(given: Arguments) -> exp.Expression:
        options = given[1] if len(given) > 1 else exp.Literal.string("s")
        return call(function, given[0] if varchar(given[0]) else expected(given[0], *TEXT), options)

    return parsed


def varchar(value: exp.Expression) -> bool:
    """A cast to VARCHAR, or a constant: nothing else needs to be asked."""
    return isinstance(value, exp.Literal) or (isinstance(value, exp.Cast) and value.to.is_type("varchar"))


def got(given: Arguments) -> exp.Expression:
    """`GET` by name or by position."""
    by_position = isinstance(given[1], exp.Literal) and not given[1].is_string
    return of_variants(variant.nth if by_position else variant.member)(given)


def filtered(given: Arguments) -> exp.Expression:
    """`FILTER` gives an ARRAY, and its items are VARIANTs."""
    return call("to_json", call("list_filter", of_variants(variant.items)(given[:1]), given[1]))


def matched(given: Arguments) -> exp.Expression:
    """`REGEXP_LIKE` matches the whole text."""
    return call("regexp_full_match", *given)


def extracted(given: Arguments) -> exp.Expression:
    """`REGEXP_SUBSTR` gives NULL where nothing matches, DuckDB an empty text. Only first matches' groups are known."""
    text, pattern, first, second, options, group = given
    if (first.name, second.name, options.name) != ("1", "1", "es"):
        raise NotImplementedError("REGEXP_SUBSTR")
    dots = exp.Literal.string("s")
    there = call("regexp_matches", text.copy(), pattern.copy(), dots)
    return exp.paren(exp.Case(ifs=[exp.If(this=there, true=call("regexp_extract", text, pattern, group, dots.copy()))]))


def instant(given: Arguments) -> exp.Expression:
    """`TRY_TO_TIMESTAMP_TZ`: fakesnow has none. A text without a zone is in the session's."""
    return exp.TryCast(this=given[0], to=exp.DataType.build("timestamptz"))


def day(given: Arguments) -> exp.Expression:
    """`TRY_TO_DATE` with a format takes nothing else; sqlglot's cast takes what follows a date, too."""
    if given[1].name != "YYYY-MM-DD":
        raise NotImplementedError("TRY_TO_DATE")
    read = call("try_strptime", given[0], exp.Literal.string("%Y-%m-%d"))
    return exp.cast(read, exp.DataType.Type.DATE)


SPOKEN: dict[str, Callable[[Arguments], exp.Expression]] = {
    "PARSE_JSON": parsing(variant.parse_json),
    "TRY_PARSE_JSON": parsing(variant.try_parse_json),
    "TYPEOF": of_variants(variant.typeof),
    "GET": got,
    "AS_ARRAY": of_variants(variant.as_array),
    "AS_OBJECT": of_variants(variant.as_object),
    "OBJECT_KEYS": of_variants(variant.object_keys),
    "ARRAY_SIZE": of_variants(variant.array_size),
    "ARRAY_CONSTRUCT": lambda given: call("json_array", *given),
    "ARRAY_DISTINCT": of_variants(variant.array_distinct),
    "ARRAY_EXCEPT": of_variants(variant.array_except, 2),
    "ARRAY_SLICE": of_variants(variant.array_slice),
    "FILTER": filtered,
    "REGEXP_LIKE": matched,
    "REGEXP_SUBSTR": extracted,
    "TRY_TO_DATE": day,
    "TRY_TO_TIMESTAMP_TZ": instant,
}
"""Snowflake's function → how DuckDB is asked for it."""


def spelled(node: exp.Expression) -> exp.Expression:
    """Casts of VARIANTs to VARCHAR take the quotes away; a NUL would end DuckDB's statement."""
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast) and node.to.is_type("varchar"):
        value = node.this
        if isinstance(value, exp.Anonymous) and value.name in TYPED:
            return call(variant.to_varchar, value)
        if varchar(value) or not isinstance(value, exp.Column | exp.Identifier | exp.Case | exp.Paren | exp.Coalesce):
            return node
        held = exp.If(
            this=exp.EQ(this=call("typeof", value.copy()), expression=exp.Literal.string("JSON")),
            true=call(variant.to_varchar, exp.cast(value.copy(), exp.DataType.Type.TEXT)),
        )
        return exp.Case(ifs=[held], default=exp.cast(value, exp.DataType.Type.TEXT))
    if isinstance(node, exp.Literal) and node.is_string and "\0" in node.name:
        parts: list[exp.Expression] = []
        for part in node.name.split("\0"):
            parts += [call("chr", exp.Literal.number(0)), exp.Literal.string(part)]
        return call("concat", *parts[1:])
    return node


def seconds(node: exp.Expression) -> exp.Expression:
    """`DATE_PART(EPOCH_SECOND, …)` leaves fractions out; DuckDB's cast rounds them, and so into the next hour."""
    if isinstance(node, exp.Extract) and node.name.upper() == "EPOCH_SECOND":
        return exp.cast(call("floor", call("epoch", node.expression)), exp.DataType.Type.BIGINT)
    return node


def integers(node: exp.Expression) -> exp.Expression:
    """NUMBER(38, 0) has 38 digits; fakesnow makes 64 bits of it."""
    whole = isinstance(node, exp.DataType) and node.is_type("decimal") and not node.expressions
    return exp.DataType.build("decimal(38, 0)") if whole else node


IN_SELECT = (
    spelled, seconds, integers, transforms.upper_case_unquoted_identifiers, transforms.information_schema_fs,
    transforms.flatten, transforms.to_decimal, transforms.to_timestamp, transforms.timestamp_ntz,
    transforms.float_to_double, transforms.semi_structured_types,
)  # fmt: skip
"""Of fakesnow's 77 walks over a statement what ours need, in one walk: it takes a tenth of the time."""


def translated(node: exp.Expression) -> exp.Expression:
    """One node of a statement, what is below it being translated."""
    for change in IN_SELECT:
        node = change(node)
    return node

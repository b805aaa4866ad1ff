"""Starts bqemulator in its own environment, without a download, and without what it says otherwise than BigQuery.

The emulator writes BigQuery's SQL as DuckDB's. What follows is put right, each by BigQuery's documentation:

- the functions of JSON and `BIGNUMERIC` (answers.py says why);
- `'\\000'` in a constant is the character U+0000: the emulator's parser knows no octal escapes;
- `UNIX_SECONDS` rounds down, before 1970 too: the emulator's rounds to the nearest second;
- `INFORMATION_SCHEMA` tells of a JSON column that it is one, not a text;
- a statement is parsed twenty times over: once is enough, which changes no answer.
"""

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from answers import FUNCTIONS
from bqemulator.catalog import ddl_sync
from bqemulator.cli import main
from bqemulator.sql import builtin_udfs
from bqemulator.sql.translator import SQLTranslator
from bqemulator.storage.sql_identifiers import quoted_table_ref
from sqlglot import exp
from sqlglot.parsers.bigquery import BigQueryParser

NUL, STAND_IN = "\\000", "\ufdd1"
"""The stand-in is no character, says Unicode."""
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_PATH = ("JSON_QUERY", "JSON_VALUE")
_ALONE = ("JSON_TYPE", "JSON_KEYS", "JSON_QUERY_ARRAY", "PARSE_JSON")


def install_extension() -> None:
    """The spatial extension from its wheel, below HOME."""
    found = next(Path(str(files("duckdb_extension_spatial"))).rglob("*.duckdb_extension"))
    duckdb.connect().execute(f"INSTALL '{found}'")


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """The emulator's own functions, and ours."""
    REGISTER(connection)
    for name, (function, takes, gives) in FUNCTIONS.items():
        connection.create_function(name, _or_null(function, len(takes)), takes, gives, null_handling="special")


def _or_null(function: Callable[..., object], parameters: int) -> Callable[..., object]:
    """DuckDB counts a function's parameters."""
    if parameters == 1:
        return lambda one: None if one is None else function(one)
    return lambda one, other: None if one is None or other is None else function(one, other)


REGISTER = builtin_udfs.register_builtin_udfs
INTROSPECT = ddl_sync._introspect_schema
PARSE, TRANSLATE = sqlglot.parse_one, SQLTranslator.translate


def introspect(project_id: str, dataset_id: str, table_id: str, ctx: Any) -> Any:
    """The columns of a table that was made."""
    schema = INTROSPECT(project_id, dataset_id, table_id, ctx)
    told = ctx.engine.execute(f"DESCRIBE {quoted_table_ref(project_id, dataset_id, table_id)}").fetchall()
    documents = {name for name, native, *_ in told if native == "JSON"}
    fields = tuple(
        field.model_copy(update={"type": "JSON"}) if field.name in documents else field for field in schema.fields
    )
    return schema.model_copy(update={"fields": fields})


@lru_cache(maxsize=64)
def parsed(sql: str, read: Any) -> Any:
    """A statement's tree, to be copied."""
    return PARSE(sql, read=read)


def parse_one(sql: str, read: Any = None, dialect: Any = None, **given: Any) -> Any:
    """`sqlglot.parse_one`, once per text."""
    return PARSE(sql, read=read, dialect=dialect, **given) if given or dialect else parsed(sql, read).copy()


def translate(self: SQLTranslator, bq_sql: str, **given: Any) -> Any:
    """The emulator's own translation of a statement whose JSON and decimals are ours."""
    told = TRANSLATE(self, corrected(bq_sql), **given)
    return type(told)(told.value.replace(STAND_IN, "' || chr(0) || '")) if hasattr(told, "value") else told


def corrected(sql: str) -> str:
    """A statement in which what the emulator says otherwise is a function of ours."""
    sql = _TEXT.sub(lambda text: text[0].replace(NUL, STAND_IN), sql)
    tree = parse_one(sql, read="bigquery")
    changed = False
    for node in reversed(list(tree.walk())):  # what is inside first
        changed = _said_otherwise(node) or changed
    ours = changed or any(call.name in FUNCTIONS for call in tree.find_all(exp.Anonymous))
    return str(tree.sql(dialect="bigquery")) if ours else sql


def _said_otherwise(node: exp.Expression) -> bool:
    instead = _corrected(node)
    if instead is not node:
        node.replace(instead)
    return instead is not node


def _corrected(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Bracket) and node.args.get("offset") is None and len(node.expressions) == 1:
        return exp.Anonymous(this="tw_json_member", expressions=[node.this, node.expressions[0]])
    if isinstance(node, exp.UnixSeconds):
        seconds = exp.Div(this=exp.UnixMicros(this=node.this), expression=exp.Literal.number(1_000_000))
        return exp.Cast(this=exp.Floor(this=seconds), to=exp.DataType.build("INT64", dialect="bigquery"))
    return _counted(node)


def _counted(node: exp.Expression) -> exp.Expression:
    """The only things that are done with a `BIGNUMERIC`: its rest, it rounded, it compared with zero or a constant."""
    if isinstance(node, exp.Mod) and _decimal(node.this) and _decimal(node.expression):
        return exp.Anonymous(this="tw_bignumeric_rest", expressions=[_text(node.this), _text(node.expression)])
    if isinstance(node, exp.Round) and _decimal(node.this):
        return exp.Anonymous(this="tw_bignumeric_whole", expressions=[_text(node.this)])
    if _decimal(node) and not isinstance(node.parent, exp.Mod | exp.Round):
        constant = isinstance(node.this, exp.Literal) and re.fullmatch("-?[0-9]{1,38}", node.this.name)
        return exp.Anonymous(this="tw_bignumeric_whole" if constant else "tw_bignumeric", expressions=[_text(node)])
    return node


def _decimal(node: Any) -> bool:
    return isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.BIGDECIMAL)


def _text(node: exp.Expression) -> exp.Expression:
    return exp.Cast(this=node.this, to=exp.DataType.build("STRING", dialect="bigquery"))


def _ours(name: str, most: int) -> Callable[..., exp.Expression]:
    def said(args: list[exp.Expression], *_given: object) -> exp.Expression:
        kept = args[:most]
        if most > 1 and len(kept) == 1:
            kept.append(exp.Literal.string("$"))
        return exp.Anonymous(this=f"tw_{name.lower()}", expressions=kept)

    return said


def speak() -> None:
    """The parser makes calls of our functions out of BigQuery's."""
    BigQueryParser.SUPPORTS_IMPLICIT_UNNEST = False  # what a statement reads from is copied for it, level by level
    for name in (*_PATH, *_ALONE):
        BigQueryParser.FUNCTION_PARSERS.pop(name, None)
        BigQueryParser.FUNCTIONS[name] = _ours(name, 2 if name in _PATH else 1)


if __name__ == "__main__":
    install_extension()
    speak()
    builtin_udfs.register_builtin_udfs = register
    ddl_sync._introspect_schema = introspect
    sqlglot.parse_one = parse_one
    SQLTranslator.translate = translate
    sys.exit(main())

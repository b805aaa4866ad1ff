"""Starts bqemulator in its own environment, without a download, and without one of its lies.

The emulator wants DuckDB's spatial extension, which comes in a wheel here (HOME says where it is installed).
It gives DuckDB's kinds of numbers and texts as `JSON_TYPE` (`ubigint`, `varchar`), where BigQuery documents `number`,
`string`, `boolean`: put right here by what BigQuery's documentation says.
"""

import sys
from importlib.resources import files
from pathlib import Path

import duckdb
from bqemulator.cli import main
from bqemulator.sql.rules.datetime_semantics import JsonTypeLowerRule
from bqemulator.sql.rules.json_helpers import JSONExtractToStringRule
from sqlglot import exp

KINDS = {
    "null": ("NULL",), "boolean": ("BOOLEAN",), "string": ("VARCHAR",), "array": ("ARRAY",), "object": ("OBJECT",),
    "number": ("BIGINT", "UBIGINT", "DOUBLE", "HUGEINT"),
}  # fmt: skip


def install_extension() -> None:
    """The spatial extension from its wheel, below HOME."""
    found = next(Path(str(files("duckdb_extension_spatial"))).rglob("*.duckdb_extension"))
    duckdb.connect().execute(f"INSTALL '{found}'")


def json_type(_rule: JsonTypeLowerRule, node: exp.Expression, *_given: object) -> exp.Expression:
    """BigQuery's words for the kinds of JSON values."""
    whens = [
        exp.If(this=exp.Literal.string(kind), true=exp.Literal.string(word))
        for word, kinds in KINDS.items()
        for kind in kinds
    ]
    return exp.Case(this=exp.Anonymous(this="json_type", expressions=[node.this.copy()]), ifs=whens)


def never(_rule: JSONExtractToStringRule, _node: exp.Expression) -> bool:
    """A part of JSON is JSON: as a text it would be put in quotes by the next function."""
    return False


if __name__ == "__main__":
    install_extension()
    JsonTypeLowerRule.rewrite = json_type
    JSONExtractToStringRule.applies_to = never
    sys.exit(main())

"""Google's own implementation of BigQuery's SQL, as a program: a statement per line in, its rows or its refusal out.

GoogleSQL (https://github.com/google/googlesql, once ZetaSQL) is the analyzer that BigQuery uses, and a reference
implementation of every function; a wheel brings it as WebAssembly. It types statements as BigQuery does and answers as
BigQuery answers. It is no warehouse: it has no tables, jobs, or limits.

Compiling it takes a minute, once: the machine code is kept beside the interpreter.
"""

import ctypes
import json
import sys
from decimal import Context, Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import wasmtime
from zetasql.api import CatalogBuilder, PreparedQuery
from zetasql.core import ZetaSqlLocalService
from zetasql.core.wasm_client import WasmClient
from zetasql.types import AnalyzerOptions, LanguageOptions, ProductMode, ZetaSQLBuiltinFunctionOptions

KEPT = Path(sys.prefix) / f"googlesql-{version('wasmtime')}.cwasm"
COMPILE = wasmtime.Module.from_file
PLACES = {"numeric_value": 9, "bignumeric_value": 38}
"""Digits behind the point of the decimals, which come as whole numbers in bytes."""


def compiled(engine: wasmtime.Engine, path: str) -> wasmtime.Module:
    """The machine code, made where it is not kept."""
    if KEPT.exists():
        return wasmtime.Module.deserialize_file(engine, str(KEPT))
    module = COMPILE(engine, path)
    made = KEPT.with_suffix(".new")
    made.write_bytes(bytes(module.serialize()))
    made.replace(KEPT)
    return module


def write_bytes(self: WasmClient, place: int, data: bytes) -> None:
    """The wheel copies byte by byte."""
    ctypes.memmove(_address(self) + place, data, len(data))


def read_bytes(self: WasmClient, place: int, size: int) -> bytes:
    """The same, back."""
    return ctypes.string_at(_address(self) + place, size)


def _address(client: WasmClient) -> int:
    return ctypes.addressof(client.memory.data_ptr().contents)


class Asked:
    """GoogleSQL with all of its functions, and no tables."""

    def __init__(self) -> None:
        language = LanguageOptions.maximum_features()
        language.product_mode = ProductMode.PRODUCT_EXTERNAL  # as BigQuery has it: `FLOAT64`, no `DOUBLE`
        builtin = ZetaSQLBuiltinFunctionOptions(language_options=language)
        catalog = CatalogBuilder("none").with_builtin_functions(builtin).build()
        self.options = AnalyzerOptions(language_options=language, default_timezone="UTC")
        self.catalog = ZetaSqlLocalService.get_instance().register_catalog(simple_catalog=catalog).registered_id

    def rows(self, sql: str) -> list[list[Any]]:
        """A statement's rows."""
        query = PreparedQuery.builder().set_sql(sql).set_analyzer_options(self.options)
        with query.set_registered_catalog_id(self.catalog).prepare() as prepared:
            table = prepared.execute().content.table_data
        return [[plain(cell.to_proto()) for cell in row.cell] for row in table.row]


def plain(value: Any) -> Any:
    """A value as JSON has it; decimals as numbers."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    said = getattr(value, kind)
    if kind not in PLACES:
        return said
    number = Decimal(int.from_bytes(said, "little", signed=True)).scaleb(-PLACES[kind], Context(prec=100))
    return int(number) if number == number.to_integral_value() else float(number)


def main() -> None:
    """Until nothing more is asked."""
    wasmtime.Module.from_file = staticmethod(compiled)
    WasmClient.write_bytes, WasmClient.read_bytes = write_bytes, read_bytes
    asked = Asked()
    for line in sys.stdin:
        try:
            told: dict[str, Any] = {"rows": asked.rows(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - whatever it says is the answer
            told = {"refused": str(error)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

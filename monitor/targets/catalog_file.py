"""The catalog as a file that belongs in version control: what was generated can be checked without a warehouse.

`generate` writes it beside what it generates; `generate --check --offline` reads it, so that CI holds the generated
trees against the plan with no credentials. It holds names and types, never a value of a row.
"""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from monitor.catalog import Catalog, Column, Family, Table, TableRef
from monitor.errors import ConfigError
from monitor.targets.model import MARK, GeneratedFile, Tree

CATALOG_FILE = Path(".trackwarden/catalog.json")
"""Where it lies in a workspace."""
_FORMAT = 1


def dumps(catalog: Catalog) -> str:
    """The catalog as JSON: a line per column, so that a diff reads well."""
    tables = [
        {
            "schema": table.ref.schema,
            "name": table.ref.name,
            "columns": [[column.name, column.family.value, column.native] for column in table.columns],
        }
        for table in sorted(catalog.tables.values(), key=lambda table: table.ref)
    ]
    lines = [f'{{"format": {_FORMAT}, "note": "{MARK}", "engine": {json.dumps(catalog.engine)}, "tables": [']
    lines += [_table(table) + ("," if n + 1 < len(tables) else "") for n, table in enumerate(tables)]
    return "\n".join([*lines, "]}", ""])


def tree(root: Path, catalog: Catalog) -> Tree:
    """The file as a tree of the workspace, to be checked and written with the others."""
    return Tree(root, (GeneratedFile(PurePosixPath(CATALOG_FILE), dumps(catalog)),), ())


def loads(text: str, where: str = "") -> Catalog:
    """The catalog of such a file. Raises ConfigError where it is none."""
    try:
        said = json.loads(text)
        if said["format"] != _FORMAT:
            raise ConfigError(
                "the catalog was written by another version of trackwarden",
                where=where,
                hint="write it anew: `trackwarden generate`",
            )
        return Catalog.of(str(said["engine"]), [_read(table) for table in said["tables"]])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"is not a catalog: {type(error).__name__}",
            where=where,
            hint="write it anew: `trackwarden generate`, with the warehouse at hand",
        ) from None


def read(root: Path) -> Catalog:
    """The workspace's catalog file. Raises ConfigError where there is none."""
    file = root / CATALOG_FILE
    try:
        return loads(file.read_text("utf-8"), str(file))
    except OSError:
        raise ConfigError(
            "there is no catalog to generate from without a warehouse",
            where=str(file),
            hint="run `trackwarden generate` once with the warehouse at hand, and keep the file in version control",
        ) from None


def _table(table: dict[str, Any]) -> str:
    columns = ",\n".join(f"  {json.dumps(column)}" for column in table["columns"])
    name = f'{{"schema": {json.dumps(table["schema"])}, "name": {json.dumps(table["name"])}, "columns": ['
    return f"{name}\n{columns}]}}" if columns else f"{name}]}}"


def _read(table: dict[str, Any]) -> Table:
    columns = tuple(Column(str(name), Family(family), str(native)) for name, family, native in table["columns"])
    return Table(TableRef(str(table["schema"]), str(table["name"])), columns)

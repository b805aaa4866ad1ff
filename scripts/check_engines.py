"""Only an engine's own file knows its engine: no `dialect.name == "duckdb"` outside monitor/sql.

`python scripts/check_engines.py monitor` prints each place where code asks which engine it speaks to, and exits 1 if
there is one. What differs between engines is an operation of monitor/sql/vocabulary.py.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ALLOWED = Path("monitor/sql")
ENGINES = frozenset(
    {"bigquery", "clickhouse", "databricks", "duckdb", "hive", "postgres", "postgresql", "redshift", "snowflake"}
    | {"spark", "sqlite", "trino"}
)
NAMES = frozenset({"dialect", "engine", "backend", "adapter", "drivername"})
CALLS = frozenset({"get_backend_name", "get_dialect", "get_driver_name"})


def asks_for_the_engine(node: ast.expr) -> bool:
    """`x.dialect.name`, `url.get_backend_name()`, `catalog.engine`, `engine`."""
    match node:
        case ast.Attribute(attr="name", value=inner):
            return asks_for_the_engine(inner)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in NAMES
        case ast.Call(func=ast.Attribute(attr=name, value=inner)):
            return name in CALLS or (name in {"startswith", "endswith"} and asks_for_the_engine(inner))
        case _:
            return False


def names_an_engine(node: ast.expr) -> bool:
    """A text that is an engine's name, or a collection with one."""
    match node:
        case ast.Constant(value=str(text)):
            return text.lower() in ENGINES
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return any(names_an_engine(item) for item in items)
        case _:
            return False


def comparisons(tree: ast.AST) -> Iterator[int]:
    """The lines where the engine is asked for and held against a name."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
                if any(map(asks_for_the_engine, sides)) and any(map(names_an_engine, sides)):
                    yield node.lineno
            case ast.Match(subject=subject, cases=cases) if asks_for_the_engine(subject):
                texts = [inner for case in cases for inner in ast.walk(case.pattern) if isinstance(inner, ast.Constant)]
                if any(map(names_an_engine, texts)):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr="startswith" | "endswith"), args=[text]):
                if asks_for_the_engine(node) and names_an_engine(text):
                    yield node.lineno
            case _:
                pass


def main(folders: list[str]) -> int:
    """Exit code 1 where there is such a place."""
    files = [file for folder in folders for file in sorted(Path(folder).rglob("*.py"))]
    found = 0
    for file in files:
        if ALLOWED in file.parents:
            continue
        for line in comparisons(ast.parse(file.read_text(encoding="utf-8"), str(file))):
            print(f"{file}:{line}: asks which engine it speaks to (make it an operation of monitor/sql/vocabulary.py)")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Load the real Snowplow rows of ../shared/data into a DuckDB warehouse, and write the profile that names it.

    python examples/snowplow/load.py

The rows become one `events` table, as Snowplow's loaders land them: times as timestamps in UTC, numbers and flags by
the types of the atomic event, self-describing columns as JSON, and NULL where nothing was sent. A loader writes no
empty strings, and these files hold none that is quoted: what is empty in them is NULL. The two files are two sites'
events; they differ in one column each, and the table has the columns of both, by name.
"""
# ruff: noqa: INP001 - run by path, never installed

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
ROWS = HERE.parents[2] / "shared" / "data" / "snowplow-web"
FILES = ("snowplow_web_events.csv", "snowplow_web_vital_events.csv")
TABLE = "events"

WHOLE = frozenset(
    {
        "txn_id", "domain_sessionidx", "page_urlport", "refr_urlport", "ti_quantity",
        "pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max",
        "br_viewwidth", "br_viewheight", "dvce_screenwidth", "dvce_screenheight", "doc_width", "doc_height",
    }
)  # fmt: skip
NUMBERS = frozenset(
    {
        "geo_latitude", "geo_longitude", "se_value", "tr_total", "tr_tax", "tr_shipping", "ti_price",
        "tr_total_base", "tr_tax_base", "tr_shipping_base", "ti_price_base",
    }
)  # fmt: skip
FLAGS = frozenset({"br_cookies", "dvce_ismobile"})
PROFILES = """\
# Written by load.py. dbt and trackwarden read the same file.
snowplow:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: {path}
      schema: main
      threads: 2
"""


def type_of(column: str) -> str:
    """The type that Snowplow's loaders give a column of the events table."""
    if column.endswith("_tstamp"):
        return "TIMESTAMP"
    if column.startswith(("contexts_", "unstruct_event_")):
        return "JSON"
    if column in FLAGS or column.startswith("br_features_"):
        return "BOOLEAN"
    return "INTEGER" if column in WHOLE else "DOUBLE" if column in NUMBERS else "VARCHAR"


def load(rows: Path, warehouse: Path) -> tuple[int, int]:
    """Write the warehouse anew; how many rows and columns its table has. Raises OSError and duckdb.Error."""
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        loaded = [_read(connection, rows / file) for file in FILES]
        for number, table in enumerate(loaded):
            table.create_view(f"file_{number}")
        both = connection.sql("SELECT * FROM file_0 UNION ALL BY NAME SELECT * FROM file_1")
        both.to_table(TABLE)
        size = connection.table(TABLE).shape
        for number in range(len(loaded)):
            connection.execute(f"DROP VIEW file_{number}")
    return size


def _read(connection: duckdb.DuckDBPyConnection, file: Path) -> duckdb.DuckDBPyRelation:
    with file.open(encoding="utf-8", newline="") as opened:
        header = next(csv.reader(opened))
    return connection.read_csv(str(file), header=True, dtype={column: type_of(column) for column in header})


def main(arguments: Sequence[str]) -> int:
    """`load.py [FOLDER]`: the warehouse and profiles.yml go into the folder, this one where none is named."""
    folder = Path(arguments[0]).resolve() if arguments else HERE
    absent = [str(ROWS / file) for file in FILES if not (ROWS / file).is_file()]
    if absent:
        sys.stderr.write(
            f"load.py: the rows are not there: {', '.join(absent)}\n"
            "Put the `shared` folder beside the repository: README.md says what must be in it.\n"
        )
        return 2
    warehouse = folder / "warehouse.duckdb"
    try:
        rows, columns = load(ROWS, warehouse)
        # A JSON string is a YAML string. dbt takes a relative path from where it is started, so this is a full one.
        (folder / "profiles.yml").write_text(PROFILES.format(path=json.dumps(str(warehouse))), encoding="utf-8")
    except (OSError, duckdb.Error) as error:
        sys.stderr.write(
            f"load.py: cannot write {warehouse}: {error}\nIs another program reading it? Close it first.\n"
        )
        return 2
    sys.stdout.write(f"{rows:,} rows × {columns} columns in {warehouse}, table {TABLE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

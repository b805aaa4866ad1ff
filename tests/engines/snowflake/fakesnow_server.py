"""Starts fakesnow with the functions that it lacks, or says otherwise than Snowflake documents.

fakesnow translates Snowflake's SQL to DuckDB's, keeps a VARIANT as DuckDB's JSON and takes DuckDB's functions for
Snowflake's. Each correction here and in the modules beside says what Snowflake documents instead: so a test proves that
our statements are right by the documentation, not that Snowflake is.

Source: https://docs.snowflake.com/en/sql-reference/functions-semistructured
"""

import gzip
import json
import re
import socket
import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import duckdb
import fakesnow.arrow
import fakesnow.conn
import fakesnow.server
import pyarrow as pa
import snowflake.connector.errors
import uvicorn
from fakesnow import transforms
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from fakesnow.info_schema import SQL_CREATE_GLOBAL_INFORMATION_SCHEMA_COLUMNS_VIEW
from fakesnow.server import app, login_request, sessions, shared_fs
from fakesnow.variables import Variables
from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from translation import FUNCTIONS, SPOKEN, integers, spelled, translated

QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"[^\"]*\"|\$(?P<name>[A-Za-z_]\w*)", re.DOTALL)


def inline_variables(self: Variables, sql: str) -> str:
    """Session variables by their values; what looks like one in a constant or a name is none."""
    values = {name.upper(): value for name, value in self._variables.items()}

    def said(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name.upper() not in values:
            problem = f"Session variable '${name.upper()}' does not exist"
            raise snowflake.connector.errors.ProgrammingError(msg=problem, errno=2211, sqlstate="22023")
        return values[name.upper()]

    return QUOTED.sub(said, sql)


def semi_structured(create: exp.Expression) -> list[tuple[str, str]]:
    """Columns of a new table that are ARRAYs and OBJECTs, which fakesnow calls VARIANTs."""
    declared = create.find_all(exp.ColumnDef) if isinstance(create, exp.Create) else ()
    return [
        (column.this.sql("duckdb"), column.kind.this.name)
        for column in declared
        if column.kind is not None and column.kind.is_type("array", "object")
    ]


class Cursor(FakeSnowflakeCursor):
    """fakesnow's, which the corrections go through."""

    def _transform(self, expression: exp.Expression, params: Any) -> exp.Expression:
        types = semi_structured(expression)
        if isinstance(expression, exp.Select | exp.Insert) or expression.args.get("kind") == "TABLE":
            for node in reversed(list(expression.walk())):  # what is inside first
                said = translated(node)
                if said is not node:
                    node.replace(said)
        else:
            expression = super()._transform(expression.transform(spelled, copy=False), params)
        expression.args["semi_structured"] = types
        return expression

    def _execute(self, transformed: exp.Expression, params: Any = None) -> None:
        """What DuckDB cannot do with a row is an error of the statement; fakesnow's server would break."""
        seconds = getattr(self._conn, "session_parameters", {}).get("STATEMENT_TIMEOUT_IN_SECONDS")
        late = threading.Timer(seconds or threading.TIMEOUT_MAX, self._duck_conn.interrupt)
        try:
            if seconds:
                late.start()
            super()._execute(transformed, params)
        except duckdb.InterruptException:
            problem = f"Statement reached its statement or warehouse timeout of {seconds} second(s) and was canceled."
            raise snowflake.connector.errors.ProgrammingError(msg=problem, errno=630, sqlstate="57014") from None
        except duckdb.Error as error:
            raise snowflake.connector.errors.ProgrammingError(msg=f"{error}", errno=100038, sqlstate="22018") from None
        finally:
            late.cancel()
        for column, native in transformed.args.get("semi_structured") or ():
            table = transformed.find(exp.Table).sql("duckdb")
            self._duck_conn.execute(f"COMMENT ON COLUMN {table}.{column} IS '{native}'")

    def _describe_last_sql(self) -> list[Any]:
        """DuckDB is asked itself: translating its own SQL once more would double a statement's time."""
        return self._duck_conn.execute(f"DESCRIBE {self._last_sql}", self._last_params).fetchall()


def kind_of_statement(sql: str) -> exp.Expression:
    """fakesnow's server parses a statement to know what it is, and its cursor once more to run it."""
    return exp.Select() if sql.startswith("SELECT ") else parse_one(sql)


def null_for_null(function: Callable[..., Any]) -> Callable[..., Any]:
    """NULL where an argument is."""

    @wraps(function)
    def guarded(*given: Any) -> Any:
        return None if None in given else function(*given)

    return guarded


def with_nulls(structs: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A timestamp that is NULL is no 1970-01-01."""

    def masked(column: Any) -> Any:
        told = structs(column)
        absent = column.is_null()
        absent = absent.combine_chunks() if isinstance(absent, pa.ChunkedArray) else absent
        return pa.StructArray.from_arrays(told.flatten(), fields=list(told.type), mask=absent)

    return masked


async def login(request: Request) -> Response:
    """fakesnow forgets the session's parameters; here the statement timeout counts, and the log tells the query tag."""
    answer = await login_request(request)
    body = await request.body()
    sent = json.loads(gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body)
    parameters = sent["data"]["SESSION_PARAMETERS"]
    sessions[json.loads(answer.body)["data"]["token"]].session_parameters = parameters
    print("session", json.dumps(parameters, sort_keys=True), file=sys.stderr, flush=True)  # noqa: T201 - the log
    return answer


def install() -> None:
    """All corrections."""
    for function, (takes, gives) in FUNCTIONS.items():
        name, guarded = f"tw_{function.__name__}", null_for_null(function)
        shared_fs.duck_conn.create_function(name, guarded, takes, gives, null_handling="special")
    shared_fs.duck_conn.execute("SET GLOBAL threads = 1")  # tests have few rows
    columns = SQL_CREATE_GLOBAL_INFORMATION_SCHEMA_COLUMNS_VIEW.replace("view if not exists", "or replace view")
    shared_fs.duck_conn.execute(columns.replace("then 'VARIANT'", "then coalesce(ddb_columns.comment, 'VARIANT')"))
    Snowflake.Parser.FUNCTIONS.update(SPOKEN)
    Variables.inline_variables = inline_variables
    transforms.integer_precision = integers
    fakesnow.conn.FakeSnowflakeCursor = Cursor
    fakesnow.arrow.timestamp_to_sf_struct = with_nulls(fakesnow.arrow.timestamp_to_sf_struct)
    fakesnow.server.parse_one = kind_of_statement
    app.router.routes.insert(0, Route("/session/v1/login-request", login, methods=["POST"]))


def serve() -> None:
    """Listens until the input ends; tells its port first."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))

    def end_with_input() -> None:
        sys.stdin.read()
        server.should_exit = True

    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)  # noqa: T201 - whoever started it reads it
        threading.Thread(target=end_with_input, daemon=True).start()
        server.run(sockets=[listening])


if __name__ == "__main__":
    install()
    serve()

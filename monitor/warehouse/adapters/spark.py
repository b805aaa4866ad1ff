"""Spark through its Thrift server, as dbt-spark names its fields."""

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import sqlalchemy as sa
from pyhive import exc, hive  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError
from thrift.Thrift import TException  # type: ignore[import-untyped]

from monitor.catalog import TableRef
from monitor.errors import ConfigError, WarehouseError
from monitor.warehouse.adapters.base import Adapter, Landing, Opened, Sleep, Terms, as_text, reason
from monitor.warehouse.profile import Profile
from monitor.warehouse.watch import Patience, Watch

_PORT = 10000
_COLUMN = re.compile(
    r"(?P<name>.*?): (?P<type>[a-z_]+(?: [a-z ]+)?(?:\([0-9, ]+\))?) \(nullable = (?:true|false)\)(?:\n \|    .*)?\s*",
    re.DOTALL,
)
_SPELLED = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}
"""Spark's tree of a table's columns says these types as Scala does."""
_VALUE = re.compile(r"(?<=The value )'.*?'(?= of the type)", re.DOTALL)
"""A row's own value in Spark's words."""
_FEW = 20
"""Rows that are landed as a view."""
_MOST_SAID = 16_000
"""Characters of such a view: a metastore in Derby keeps 32,672, and writes texts more than once."""
_LOST = "the connection to Spark was lost"
_SIGN_IN = 60
"""Seconds in which a server has a session for us."""
_GRACE = 10
"""Seconds that we wait longer than the server may take: it then says itself why it ended a statement."""
_UNLABELLED = re.compile(r"[^\w .:@-]")


class Spark(Adapter):
    """A Thrift server of Spark 4 or later."""

    engine: ClassVar[str] = "spark"
    types: ClassVar[tuple[str, ...]] = ("spark",)
    # No whole numbers of 128 bits (a decimal ends at 38 digits), no UUIDs.
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "STRING", "integer": "BIGINT", "number": "DOUBLE",
        "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE", "json": "VARIANT",
        "list of text": "ARRAY<STRING>", "bytes": "BINARY",
    }  # fmt: skip
    loses: ClassVar[Mapping[str, frozenset[str]]] = {
        "json": frozenset({"the spelling of numbers"}),
        "text": frozenset({"the spelling of numbers"}),
    }
    together: ClassVar[int] = 20
    at_once: ClassVar[int] = 4
    unites: ClassVar[bool] = True

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session in UTC. Spark has no sessions that only read: the account's rights say what may be written."""
        del sleep
        given = _arguments(profile)
        where = f"{given['host']}:{given['port']}/{given['database']}"
        engine = sa.create_engine("hive://", creator=lambda: _Connection(terms.label, given), hide_parameters=True)
        try:
            connection = engine.connect()
            for name, value in _settings(terms).items():
                connection.exec_driver_sql(f"SET {name}={value}")
        except (SQLAlchemyError, exc.Error, TException, OSError) as error:
            engine.dispose()
            told = reason(error) if isinstance(error, SQLAlchemyError) else f"{error}"[:300]
            raise WarehouseError("Spark's Thrift server cannot be reached", where=where, hint=told) from None
        return Opened(engine, connection, where)

    def patience(self, profile: Profile, terms: Terms) -> Patience | None:
        """The server ends its own statements, while it is there."""
        del profile
        return None if terms.statement_seconds is None else Patience(terms.statement_seconds + _GRACE)

    def cut(self, connection: sa.Connection) -> None:
        """The driver finds its socket closed."""
        driver: Any = connection.connection.driver_connection
        driver.shut()

    def lost(self, connection: sa.Connection, error: Exception) -> bool:
        """As we say it ourselves, below."""
        return _LOST in str(getattr(error, "orig", error)) or super().lost(connection, error)

    def catalog(self, schemas: Sequence[str]) -> str:
        """Spark has no statement that tells the columns of all tables: see `columns`."""
        named = [f"SHOW TABLE EXTENDED IN {self.quoted(schema)} LIKE '*'" for schema in schemas if schema]
        return ";\n".join(named)

    def united(self, statements: Sequence[str]) -> str:
        """Planning and starting a job takes Spark half a second, whatever is read."""
        row = "to_json(struct(*), map('ignoreNullFields', 'false'))"
        return " UNION ALL ".join(
            f"SELECT {n} AS place, {row} AS said FROM ({sql})"  # noqa: S608 - our own statements
            for n, sql in enumerate(statements)
        )

    def columns(self, connection: sa.Connection, schemas: Sequence[str]) -> Sequence[Sequence[Any]]:
        """One statement per schema; where a catalog does not know that one, one per table."""
        own = str(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
        wanted = sorted({schema or own for schema in schemas})
        return [
            (schema == own, schema, table, name, native)
            for schema in wanted
            for table, listed in self._tables(connection, schema)
            for name, native in listed
        ]

    def _tables(self, connection: sa.Connection, schema: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        try:
            told = connection.exec_driver_sql(f"SHOW TABLE EXTENDED IN {self.quoted(schema)} LIKE '*'").fetchall()
        except SQLAlchemyError as error:
            if "SCHEMA_NOT_FOUND" in str(error):
                return
            yield from self._described(connection, schema)
            return
        for row in told:
            if not row[2]:  # temporary views belong to a session, not to a schema
                yield str(row[1]), list(read_tree(str(row[3])))

    def _described(self, connection: sa.Connection, schema: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        for row in connection.exec_driver_sql(f"SHOW TABLES IN {self.quoted(schema)}").fetchall():
            if row[2]:
                continue
            table = str(row[1])
            listed: list[tuple[str, str]] = []
            for name, native, *_ in connection.exec_driver_sql(f"DESCRIBE {self.named(TableRef(schema, table))}"):
                if not name or str(name).startswith("# "):
                    break  # what follows is about partitions
                listed.append((str(name), str(native)))
            yield table, listed

    # ── landing rows ────────────────────────────────────────────────────────────────────────────────

    def land(self, connection: sa.Connection, ref: TableRef, columns: Mapping[str, str], rows: Landing) -> None:
        """Few rows as a view of constants: writing a table takes seconds. More as a table, which executors share."""
        natives = self.natives(columns, rows)
        kinds = list(columns.values())
        said = [
            ", ".join(
                self.value(native, kind, value)
                for native, kind, value in zip(natives.values(), kinds, row, strict=True)
            )
            for row in rows
        ]
        names = ", ".join(map(self.quoted, columns))
        if said:
            held = f"SELECT * FROM VALUES {', '.join(f'({row})' for row in said)} AS landed({names})"  # noqa: S608 - quoted
        else:
            nothing = ", ".join(f"CAST(NULL AS {native}) AS {self.quoted(name)}" for name, native in natives.items())
            held = f"SELECT {nothing} WHERE false"
        made = "VIEW" if len(said) <= _FEW and len(held) <= _MOST_SAID else "TABLE"
        connection.exec_driver_sql(f"CREATE {made} {self.named(ref)}{' USING parquet' * (made == 'TABLE')} AS {held}")

    def cast(self, native: str, kind: str, literal: str) -> str:
        """A document is parsed."""
        return f"parse_json({literal})" if kind == "json" else super().cast(native, kind, literal)

    def listed(self, native: str, items: Sequence[str]) -> str:
        """`array(…)`."""
        return f"CAST(array({', '.join(items)}) AS {native})"


def read_tree(information: str) -> Iterator[tuple[str, str]]:
    r"""A table's columns (name, type) out of what `SHOW TABLE EXTENDED` tells of it.

    >>> list(read_tree("Table: t\nSchema: root\n |-- a: long (nullable = true)\n |-- b: string (nullable = true)\n"))
    [('a', 'bigint'), ('b', 'string')]
    """
    _, found, tree = information.rpartition("\nSchema: root\n")
    if not found:
        return
    for part in ("\n" + tree).split("\n |-- ")[1:]:
        column = _COLUMN.fullmatch(part)
        if column is not None:
            yield column["name"], _SPELLED.get(column["type"], column["type"])


class _Connection(hive.Connection):  # type: ignore[misc]
    """Speaks plain text: a percent sign in a name or a constant is only a percent sign."""

    def __init__(self, label: str, given: Mapping[str, Any]) -> None:
        self.label = _UNLABELLED.sub("", label)
        watch = Watch(Patience(_SIGN_IN), self.shut)
        try:
            with _as_told(), watch:
                super().__init__(**given)
        finally:
            watch.close()

    def shut(self) -> None:
        """From another thread: whoever waits for the server finds the connection closed."""
        at: Any = self._transport
        while not hasattr(at, "handle"):  # Thrift's transports stand one in the other; the last one is the socket
            at = getattr(at, "_trans", None) or vars(at)["_TBufferedTransport__trans"]
        if at.handle is not None:
            at.handle.shutdown(socket.SHUT_RDWR)

    def cursor(self, *args: Any, **kwargs: Any) -> "_Cursor":
        return _Cursor(self, *args, **kwargs)


class _Cursor(hive.Cursor):  # type: ignore[misc]
    """The same, and errors in Spark's own words."""

    def execute(self, operation: str, parameters: Any = None, **kwargs: Any) -> None:
        """Run a statement; a comment names us in Spark's list of jobs. SQLAlchemy says `()` for no parameters."""
        named = operation if operation.startswith("SET ") else f"/* {self._connection.label} */ {operation}"
        with _as_told():
            super().execute(named, parameters or None, **kwargs)

    def _fetch_more(self) -> None:
        with _as_told():
            super()._fetch_more()


@contextmanager
def _as_told() -> Iterator[None]:
    """Thrift's answers and broken sockets as errors of the driver, without values of rows."""
    try:
        yield
    except exc.OperationalError as error:
        status = getattr(error.args[0] if error.args else None, "status", None)
        told = str(getattr(status, "errorMessage", None) or error)
        raise exc.OperationalError(_plain(told)) from None
    except (TException, OSError, EOFError) as error:
        raise exc.OperationalError(f"{_LOST}: {error}") from None


def _plain(told: str) -> str:
    """Spark's message without the Java class before it and the statement behind it."""
    _, found, message = told.partition("Exception: ")
    return _VALUE.sub("'…'", (message if found else told).partition("== SQL")[0]).strip()


def _settings(terms: Terms) -> Mapping[str, str]:
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.variant.allowDuplicateKeys": "true",
        "spark.sql.parser.escapedStringLiterals": "false",
        "spark.sql.groupByOrdinal": "true",
        "spark.sql.orderByOrdinal": "true",
    }
    if terms.statement_seconds is not None:
        settings["spark.sql.thriftServer.queryTimeout"] = str(terms.statement_seconds)
    # The last one: from here on `${…}` in a name is only a name.
    return {**settings, "spark.sql.variable.substitute": "false"}


def _arguments(profile: Profile) -> dict[str, Any]:
    fields = profile.fields
    method = str(fields.get("method") or "thrift")
    if method != "thrift":
        raise ConfigError(
            f"trackwarden does not reach Spark by the method '{method}'",
            where=profile.where,
            hint="set `method: thrift` and the Thrift server's host and port; for Databricks use `type: databricks`",
        )
    if str(fields.get("use_ssl") or "").lower() == "true":
        raise ConfigError(
            "use_ssl is not spoken yet with Spark's Thrift server",
            where=profile.where,
            hint="reach the server by a tunnel (ssh -L, stunnel) and set `use_ssl: false`",
        )
    parameters = fields.get("server_side_parameters") or {}
    if not isinstance(parameters, Mapping):
        raise ConfigError("server_side_parameters must be a mapping", where=profile.where)
    try:
        port = int(fields.get("port") or _PORT)
    except (TypeError, ValueError):
        raise ConfigError("port must be a number", where=profile.where) from None
    return {
        "host": str(fields.get("host") or "localhost"),
        "port": port,
        "username": fields.get("user"),
        "password": fields.get("password") or (fields.get("token") if fields.get("auth") == "LDAP" else None),
        "auth": fields.get("auth"),
        "kerberos_service_name": fields.get("kerberos_service_name"),
        "database": str(fields.get("schema") or "default"),
        "configuration": {str(key): as_text(value) for key, value in parameters.items()},
    }

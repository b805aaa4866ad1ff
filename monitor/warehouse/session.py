"""One open session: the catalog, and statements. Read-only; held from the catalog to the last scan."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Self, TypeAlias

import sqlalchemy as sa

from monitor.catalog import Catalog, TableRef
from monitor.errors import WarehouseError
from monitor.values import Values, transposed
from monitor.warehouse import catalogs
from monitor.warehouse.adapters.base import Adapter, Landing, Sleep, Terms
from monitor.warehouse.held import Held
from monitor.warehouse.profile import Profile

Row: TypeAlias = Sequence[Any]


class Warehouse:
    """An open connection to the warehouse, opened anew where it was lost. Not for several threads; `close` it."""

    def __init__(self, adapter: Adapter, profile: Profile, terms: Terms, sleep: Sleep) -> None:
        self.engine = adapter.engine
        """The name of the engine file that speaks its SQL."""
        self.at_once = adapter.sessions(profile, terms)
        """How many statements a run may have under way, each in a session of its own."""
        self.batched = terms.batch if adapter.unites else 1
        """How many scans of small tables are sent as one statement."""
        self._adapter = adapter
        self._given = (profile, terms, sleep)
        self._held = Held(adapter, profile, terms, sleep)
        self._number = 0
        self._bound: dict[str, datetime] = {}
        self._ready: int | None = None
        """What the session was last prepared for."""

    @property
    def where(self) -> str:
        """For errors: the file or host, never a secret."""
        return self._held.where

    @property
    def pool(self) -> sa.Engine:
        """For listening to statements; all of them go through it."""
        return self._held.pool

    @property
    def gone(self) -> bool:
        """The connection was lost and cannot be had again: whatever is asked fails at once."""
        return self._held.gone

    def another(self) -> "Warehouse":
        """One more session like this one. Raises WarehouseError where there is none to be had."""
        return Warehouse(self._adapter, *self._given)

    def stop(self) -> None:
        """From another thread: whoever waits for an answer gets an error, soon."""
        self._held.cut()

    def catalog(self, schemas: Iterable[str]) -> Catalog:
        """The tables of these schemas as they are now; an empty name is the connection's own schema."""
        wanted = sorted(set(schemas))
        problem = "the catalog cannot be read"
        told = self._held.run(lambda connection: self._adapter.columns(connection, wanted), problem)
        if told is None:
            return Catalog.of(self.engine, catalogs.read(self._adapter.catalog, wanted, self.query))
        return Catalog.of(self.engine, catalogs.read(lambda _: "", wanted, lambda _: told))

    def query(self, sql: str, moments: Mapping[str, datetime] | None = None, rows: int | None = None) -> Sequence[Row]:
        """All rows of a statement; `moments` are the values of its placeholders (aware).

        `rows`: about how many the largest of its tables has, where the catalog tells. Raises WarehouseError with the
        engine's own words.
        """

        def asked(connection: sa.Connection) -> Sequence[Row]:
            if rows is not None:
                self._prepare(connection, rows)
            return self._executed(connection, sql, moments or {}).fetchall()

        return self._held.run(asked)

    def several(
        self, statements: Sequence[str], moments: Mapping[str, datetime] | None = None
    ) -> Iterator[Sequence[Row] | WarehouseError]:
        """The rows of each of these small statements, or what the warehouse said; as one where that is quicker."""
        size = self._adapter.together
        for start in range(0, len(statements), size):
            yield from self._united(statements[start : start + size], moments)

    def _united(
        self, statements: Sequence[str], moments: Mapping[str, datetime] | None
    ) -> Iterator[Sequence[Row] | WarehouseError]:
        if len(statements) > 1:
            with suppress(WarehouseError):  # one of them is refused: which, the warehouse says one by one
                rows = self.query(self._adapter.united(statements), moments)
                apart: list[list[Row]] = [[] for _ in statements]
                for index, row in rows:
                    apart[int(index)].append(list(json.loads(row).values()))
                yield from apart
                return
        for statement in statements:
            try:
                yield self.query(statement, moments)
            except WarehouseError as error:
                yield error

    def columns(
        self, sql: str, width: int, moments: Mapping[str, datetime] | None = None, rows: int | None = None
    ) -> Sequence[Values]:
        """The same, column by column: where the driver hands over arrays, no Python object is made per number.

        `rows`: about how many rows the table has, where the catalog tells.
        """

        def asked(connection: sa.Connection) -> Sequence[Values]:
            self._prepare(connection, rows)
            result = self._executed(connection, sql, moments or {})
            arrays = self._adapter.arrays(result)
            return transposed(result.fetchall(), width) if arrays is None else arrays

        return self._held.run(asked)

    def batch(
        self, asked: Sequence[tuple[str, int]], moments: Mapping[str, datetime] | None = None
    ) -> list[Sequence[Values] | WarehouseError]:
        """The results of several statements (text, width) that are sent as one; one by one where that is refused."""
        answers = self._united([sql for sql, _ in asked], moments)
        return [
            answer if isinstance(answer, WarehouseError) else transposed(answer, width)
            for (_, width), answer in zip(asked, answers, strict=True)
        ]

    def estimate(self, sql: str) -> int | None:
        """Bytes that a statement would read, where the warehouse tells before running it."""
        return self._held.run(lambda connection: self._adapter.estimate(connection, sql))

    # ── a schema of our own, where the terms allow writing ──────────────────────────────────────────────

    @property
    def kinds(self) -> Mapping[str, str]:
        """The kinds of columns that the warehouse has → its own words for them."""
        return self._adapter.kinds

    @property
    def loses(self) -> Mapping[str, frozenset[str]]:
        """Kind of column → what the warehouse does not keep in it as it was sent."""
        return self._adapter.loses

    @contextmanager
    def scratch(self, schema: str) -> Iterator[None]:
        """A new, empty schema, dropped at the end whatever happened. Raises WarehouseError where it is there already.

        Only in a session whose terms say `writes`.
        """
        self.write(self._adapter.make(schema))
        try:
            yield
        finally:
            with suppress(WarehouseError):
                self._held.run(lambda connection: connection.rollback())
            try:
                self.write(self._adapter.drop(schema))
            except WarehouseError as error:
                problem = f"the scratch schema {schema} could not be dropped"
                hint = f"drop it yourself where it is still there: {error.hint}"
                raise WarehouseError(problem, where=self.where, hint=hint) from None

    def land(self, ref: TableRef, columns: Mapping[str, str], rows: Landing) -> None:
        """A new table with columns of these kinds, and its rows. Raises WarehouseError with the engine's own words."""
        self._held.run(
            lambda connection: self._adapter.land(connection, ref, columns, rows), f"rows could not be landed in {ref}"
        )

    def write(self, statements: Iterable[str]) -> None:
        """Statements that give no rows, committed together. Raises WarehouseError with the engine's own words."""

        def written(connection: sa.Connection) -> None:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()

        self._held.run(written)

    def _prepare(self, connection: sa.Connection, rows: int | None) -> None:
        self._forget()
        if rows != self._ready:
            self._adapter.prepare(connection, rows)
            self._ready = rows

    def _forget(self) -> None:
        """After an error, or on a new connection, everything is said anew."""
        if self._number != self._held.number:
            self._number, self._ready = self._held.number, None
            self._bound.clear()

    def _executed(self, connection: sa.Connection, sql: str, moments: Mapping[str, datetime]) -> sa.CursorResult[Any]:
        """Run a statement with its placeholders at these moments; most scans of a run share theirs."""
        self._forget()
        fresh = {name: moment for name, moment in moments.items() if self._bound.get(name) != moment}
        self._bound.update(fresh)
        said, parameters = self._adapter.bound(connection, sql, moments, fresh)
        return connection.exec_driver_sql(said, parameters)

    def close(self) -> None:
        """Release the connection and, with it, the lock on a file."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""The SQL inside Great Expectations suites: the rows of one event version, and those among them that break a rule.

Great Expectations hands texts to `str.format` and to SQLAlchemy's `text()`, once or twice; what they would read
as a placeholder is written so that they do not.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from monitor.contract.model import BoundTable, BoundVersion, Compiled, Rule
from monitor.measure.origin import rows_of
from monitor.measure.rows import arrival
from monitor.sql import tree
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.sql.vocabulary import Expr
from monitor.sql.writer import Element, Writer

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_ESCAPED_COLON = re.compile(r"\\:")
_BOUND = re.compile(r"(?<![:\w\\]):(?=[\w$])")


@dataclass(frozen=True, slots=True)
class Hours:
    """Arrival hours [since, until), whole UTC hours since 1970-01-01; None: unbounded."""

    since: int | None = None
    until: int | None = None


class VersionRows:
    """Statements about the rows of one event version in one table."""

    def __init__(self, table: BoundTable, version: BoundVersion, engine: str) -> None:
        self.table, self.version = table, version
        self.writer = _reading_places(version, writer(engine))

    def batch(self, hours: Hours | None = None) -> str:
        """The query of the suite's asset: the version's rows with the columns that its rules and properties need."""
        chosen: list[Element] = [sa.column(name) for name in self._columns()]
        predicates = self._predicates(hours or Hours())
        needed = frozenset(self._columns()).union(*map(tree.columns, predicates))
        rows = sa.select(*chosen).select_from(rows_of(self.table.landed, needed, self.writer))
        wanted = [self.writer.expr(predicate) for predicate in predicates]
        statement = self.writer.compile(rows.where(*wanted) if wanted else rows)
        return plain_text(_one_line(statement))

    def failing(self, rule: Rule) -> str:
        """The `unexpected_rows_query` of a compiled rule. It returns a row's id and arrival, never its values."""
        assert isinstance(rule.verdict, Compiled)  # noqa: S101 - only asked of those
        fails = self.writer.compile(self.writer.expr(rule.verdict.fails))
        return plain_text(" ".join(("SELECT", _braced(self._said), "FROM {batch} WHERE", _braced(_one_line(fails)))))

    @cached_property
    def _said(self) -> str:
        known: list[tuple[str, Expr | None]] = [
            ("event_id", self.table.landed.id),
            ("arrived_at", arrival(self.table.landed)),
        ]
        says = [f"{self.writer.compile(self.writer.expr(expr))} AS {name}" for name, expr in known if expr is not None]
        return ", ".join(says) or "1 AS failed"

    def _predicates(self, hours: Hours) -> list[Expr]:
        landed = self.table.landed
        named = v.OneOf(landed.event, self.version.raw_events)
        versioned = v.OneOf(landed.version, self.version.raw_versions)
        predicates: list[Expr] = [] if isinstance(landed.event, v.Literal) else [named]
        predicates.append(versioned)
        came = arrival(landed)
        if came is not None and hours.since is not None:
            predicates.append(v.Compare(v.EpochHour(came), ">=", v.Literal(hours.since)))
        if came is not None and hours.until is not None:
            predicates.append(v.Compare(v.EpochHour(came), "<", v.Literal(hours.until)))
        return predicates

    def _columns(self) -> list[str]:
        """In the catalog's order."""
        landed = self.table.landed
        spoken: list[Expr | None] = [landed.id, arrival(landed), self.version.document]
        spoken += [rule.verdict.fails for rule in self.version.rules if isinstance(rule.verdict, Compiled)]
        spoken += [place.doc for place in self.version.extracts if place is not None]
        wanted = {prop.column for prop in self.version.properties if prop.landed}
        for expr in spoken:
            if expr is not None:
                wanted |= tree.columns(expr)
        columns = [column.name for column in landed.table.columns]
        beside = sorted(wanted - {"", *columns}) if landed.origin else []  # what another table says of a row
        return [*(name for name in columns if name in wanted), *beside] or columns[:1]


def _reading_places(version: BoundVersion, say: Writer) -> Writer:
    """A writer that reads a document's properties where a rule asks for them: a suite has no level that extracts."""

    def place(position: int) -> v.Place:
        extract = version.extracts[position]
        assert extract is not None  # noqa: S101 - the version's own rules speak of its own places
        return v.At(extract.doc, extract.path)

    say.bind_extracted(lambda n: say.text(place(n)), lambda n: say.kind(place(n)))
    return say


def plain_text(sql: str) -> str:
    r"""SQL in which SQLAlchemy's `text()` finds no parameter and no escape, however often it reads it.

    A colon before a word is the end of its literal, and the word the beginning of the next.

    >>> print(plain_text("SELECT 1 WHERE a = ' :b' OR c = 'http://x:80'"))
    SELECT 1 WHERE a = (' :' || 'b') OR c = 'http://x:80'
    """
    return _QUOTED.sub(lambda quoted: _split(quoted[0]), sql)


def _split(quoted: str) -> str:
    if quoted.startswith('"'):
        return _BOUND.sub(r"\\:", quoted)  # an identifier has no parts; one reading takes the backslash away
    parts = _BOUND.sub(":' || '", _ESCAPED_COLON.sub(r"\\' || ':", quoted))
    return quoted if parts == quoted else f"({parts})"


def _braced(sql: str) -> str:
    """For `str.format`: a brace is two."""
    return sql.replace("{", "{{").replace("}", "}}")


def _one_line(sql: str) -> str:
    """Line breaks between clauses as spaces; those inside literals stay."""
    parts: list[str] = []
    end = 0
    for quoted in _QUOTED.finditer(sql):
        parts += [_spaced(sql[end : quoted.start()]), quoted[0]]
        end = quoted.end()
    return "".join([*parts, _spaced(sql[end:])])


def _spaced(sql: str) -> str:
    return re.sub(r"\s+", " ", sql)

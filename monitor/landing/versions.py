"""The version locator chain: one expression that says a row's version, or NULL where nothing resolves it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, TypeAlias, assert_never

from monitor.config.landings import Landing
from monitor.config.locators import (
    AppVersionLocator,
    ColumnLocator,
    ConstantLocator,
    DatesLocator,
    FallbackLocator,
    JsonLocator,
    Locator,
    RegexLocator,
)
from monitor.errors import ConfigError
from monitor.landing.app_versions import VersionMap, app_version_expr, parse_version_map
from monitor.landing.columns import Columns, as_text
from monitor.landing.dates import DateWindows, date_expr, date_windows, parse_dates
from monitor.landing.held import Row, is_event
from monitor.plan.model import Event, EventVersion, Status
from monitor.sql import vocabulary as sql
from monitor.sql.regex import unsupported
from monitor.sql.vocabulary import Expr, Path

VersionFile: TypeAlias = VersionMap | DateWindows
"""What a file beside the configuration says of versions."""

_STEP = re.compile(r"""\.([A-Za-z_$][^.\[\]"']*)|\[(?:"([^"]+)"|'([^']+)')\]""")

_PROPERTY = re.compile(r"\\[pP]\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Listing:
    """One landing's place in the configuration, and the files that its locators name (by path as configured)."""

    name: str
    """Its position and source: `0:web`."""
    where: str
    files: Mapping[str, VersionFile] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the locators of one table look."""

    columns: Columns
    row: Row
    time: Expr | None = None
    """What date windows go by."""
    document: Expr | None = None
    """What JSON paths go into."""
    app_version: str | None = None
    """The layout's own column of app versions."""


def version_files(landings: Sequence[Landing]) -> Mapping[str, Callable[[Any, str], VersionFile]]:
    """The files that the landings' locators name, and what parses each: `parse(yaml, where)`."""
    found: dict[str, Callable[[Any, str], VersionFile]] = {}
    for locator in (locator for landing in landings for locator in landing.version):
        if isinstance(locator, AppVersionLocator):
            found[str(locator.app_version)] = parse_version_map
        elif isinstance(locator, DatesLocator) and isinstance(locator.dates, FilePath):
            found[str(locator.dates)] = parse_dates
    return found


def version_expr(chain: Sequence[Locator], places: Places, listing: Listing) -> Expr:
    """The first version that the chain finds, as text; NULL where none does.

    Raises ConfigError where a locator cannot work on this table.
    """
    found = [
        expr
        for position, locator in enumerate(chain)
        if (expr := _located(locator, places, listing, f"version[{position}]")) is not None
    ]
    if not found:
        return sql.Literal(None)
    return found[0] if len(found) == 1 else sql.Coalesce(tuple(found))


def _located(locator: Locator, places: Places, listing: Listing, key: str) -> Expr | None:
    """One locator's version; None where it finds none in any row of this table."""
    where = f"{listing.where}.{key}"
    match locator:
        case ColumnLocator(column=column):
            return places.columns.text(column, f"{key}.column")
        case JsonLocator(json_path=path):
            return _in_document(path, places, where)
        case RegexLocator(regex=pattern, column=column):
            text = places.columns.text(column, f"{key}.column")
            return text and sql.NullIf(sql.Captured(text, one_group(pattern, f"{where}.regex")), "")
        case AppVersionLocator():
            return _by_app_version(locator, places, listing, key)
        case DatesLocator():
            return _by_date(locator, places, listing, where)
        case ConstantLocator() | FallbackLocator():
            return _last(locator, places.row)
    assert_never(locator)


def _in_document(path: str, places: Places, where: str) -> Expr:
    if places.document is None:
        hint = "a JSON path needs the json layout; here name the version's column"
        raise ConfigError("this layout has no document to look into", where=f"{where}.json", hint=hint)
    return sql.NullIf(sql.Text(sql.At(places.document, json_path(path, f"{where}.json"))), "")


def json_path(text: str, where: str) -> Path:
    """The keys of `$.a.b` or `$['a b']`. Raises ConfigError.

    >>> json_path("$.meta['schema version']", "")
    ('meta', 'schema version')
    """
    keys: list[str] = []
    at = 1
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None or not text.startswith("$"):
            raise ConfigError(f"{text!r} is not a path of keys", where=where, hint="write $.key, $.a.b or $['a key']")
        keys.append(step[1] or step[2] or step[3])
        at = step.end()
    return tuple(keys)


def one_group(pattern: str, where: str) -> str:
    """The pattern with exactly one group: where it has none, all that it finds. Raises ConfigError.

    >>> one_group("_v([0-9]+)$", ""), one_group("[0-9-]+", "")
    ('_v([0-9]+)$', '([0-9-]+)')
    """
    reason = unsupported(pattern)
    if reason:
        hint = "write what ECMA 262 and RE2 both read"
        raise ConfigError(f"{pattern!r} cannot be asked of a warehouse: {reason}", where=where, hint=hint)
    # Python counts the groups; it knows no `\p{…}` and spells names its own way.
    groups = re.compile(_PROPERTY.sub("x", pattern).replace("(?<", "(?P<")).groups
    if groups > 1:
        raise ConfigError(f"{pattern!r} has {groups} groups", where=where, hint="write all but one of them as (?:…)")
    return pattern if groups else f"({pattern})"


def _by_app_version(locator: AppVersionLocator, places: Places, listing: Listing, key: str) -> Expr | None:
    where = f"{listing.where}.{key}"
    held = listing.files.get(str(locator.app_version))
    if not isinstance(held, VersionMap):
        raise _unread(locator.app_version, where)
    if locator.column is not None:
        text = places.columns.text(locator.column, f"{key}.column")
    elif places.app_version is None:
        hint = "add `column:`, the column that holds the app's version"
        raise ConfigError("does not say where the app's version is", where=where, hint=hint)
    else:
        usual = places.columns.find(places.app_version)
        text = as_text(usual) if usual else None
    return text and app_version_expr(held, text, places.row)


def _by_date(locator: DatesLocator, places: Places, listing: Listing, where: str) -> Expr | None:
    if isinstance(locator.dates, FilePath):
        held = listing.files.get(str(locator.dates))
        if not isinstance(held, DateWindows):
            raise _unread(locator.dates, where)
    else:
        held = date_windows(locator.dates, f"{where}.dates")
    return date_expr(held, places.time) if places.time is not None else None


def _unread(path: FilePath, where: str) -> ConfigError:
    return ConfigError(f"{path} was not read as what this locator needs", where=where, hint="give it a file of its own")


def _last(locator: ConstantLocator | FallbackLocator, row: Row) -> Expr | None:
    if isinstance(locator, ConstantLocator):
        return sql.Literal(locator.constant)
    match locator.fallback:
        case "oldest":
            return _of_each_event(row, 0)
        case "latest":
            return _of_each_event(row, -1)
        case "only":
            return _only_version(row)
        case "unknown":
            return None
    assert_never(locator.fallback)


def _in_use(event: Event) -> tuple[EventVersion, ...]:
    """An event's versions; a draft has no rows, so it counts only where there is nothing else."""
    return tuple(version for version in event.versions if version.status is not Status.DRAFT) or event.versions


def _only_version(row: Row) -> Expr | None:
    """The version of events that have just one; of the others, none."""
    return _of_each_event(Row(row.event, row.source, tuple(one for one in row.held if len(_in_use(one.event)) == 1)), 0)


def _of_each_event(row: Row, index: int) -> Expr | None:
    """Each event's first or last version."""
    rows: dict[str, list[str]] = {}
    for event, raw in row.held:
        versions = _in_use(event)
        if not versions:
            continue
        if is_event(row.event, raw) is None:
            return sql.Literal(versions[index].version)
        rows.setdefault(versions[index].version, []).extend(raw)
    if not rows:
        return None
    arms = tuple((sql.OneOf(row.event, tuple(raw)), sql.Literal(version)) for version, raw in sorted(rows.items()))
    return sql.Case(arms, sql.Literal(None))

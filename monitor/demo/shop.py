"""What the shop is made of: apps with releases, events with properties, as plain values.

An expression is DuckDB SQL over the columns of `sql/rows.sql`; `u(key, n)` is the row's n-th draw in [0, 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """An app's release: its version, how many days before now it was shipped, what changed in its tracking."""

    app_version: str
    days_ago: int
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One of the shop's apps and how its rows arrive."""

    name: str
    id: int
    table: str
    """Where its events land: a schema with a table per event, or one table."""
    layout: str
    library: str
    by_hour: tuple[float, ...]
    """24 weights, from midnight UTC."""
    by_weekday: tuple[float, ...]
    """7 weights, from Monday."""
    behind: float
    """Mean age in days of the release that a row comes from."""
    queue_ms: int
    """The longest that an event waits before it is sent, while the device is online."""
    offline: float
    """Share of events that wait until the device is online again."""
    releases: tuple[Release, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property: a dot in its name is nesting; its type is that of its landed column."""

    name: str
    type: str
    sql: str
    absent: tuple[str, ...] = ()
    """The versions that do not have it."""


@dataclass(frozen=True, slots=True)
class ShopEvent:
    """One event: its mean rows per hour and source, what it holds, and the release since which it has its version."""

    name: str
    rates: Mapping[str, float]
    properties: tuple[Property, ...]
    version: str = "1-0-0"
    before: str = ""
    """The version that it had before the release `changed_by`."""
    changed_by: str = ""
    signed_in: bool = False
    """Whether it always knows who the person is."""

    @property
    def slug(self) -> str:
        """Its table's name."""
        return self.name.lower().replace(" ", "_")

"""`landings:` as frozen values: how each collector lays events out."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from monitor.config.locators import ConstantLocator, FallbackLocator, Locator
from monitor.config.values import Duration, Section


class InColumn(Section):
    """A value that stands in a column of the row."""

    column: str


def _source_kind(value: Any) -> str:
    return "name" if isinstance(value, str) else "in_column"


Source = Annotated[
    Annotated[str, Field(min_length=1), Tag("name")] | Annotated[InColumn, Tag("in_column")],
    Discriminator(_source_kind),
]
"""Where an event is sent from: one name for all rows, or the column that says it."""


class PartitionKey(Section):
    """The column by which the landing's tables are partitioned, and how it follows the time when a row came."""

    column: Annotated[str, Field(min_length=1)]
    by: Literal["hour", "day", "month"] = "day"
    """What one partition holds."""
    slack: Duration = timedelta(days=1)
    """How far a row's partition may lie from the time when the row came: what lies farther is not counted."""
    format: str | None = None
    """How texts and whole numbers are written, as `strftime` has it."""

    @field_validator("format")
    @classmethod
    def _is_in_order(cls, format: str | None) -> str | None:  # noqa: A002 - the key's name
        if format is not None and [day.strftime(format) for day in _IN_ORDER] != sorted(
            {day.strftime(format) for day in _IN_ORDER}
        ):
            raise ValueError("does not sort as time does: write the year first, then month and day, with zeros")
        return format


_IN_ORDER = (datetime(2025, 12, 31), datetime(2026, 2, 9), datetime(2026, 10, 1), datetime(2027, 1, 1))  # noqa: DTZ001


class AnyLanding(Section):
    """What every landing may say. Times that are not said are where the layout has them."""

    version: tuple[Locator, ...] = ()
    time: str | None = None
    """The column that says when it happened."""
    received: str | None = None
    """The column that says when the collector had it: windows and volume go by it."""
    loaded: str | None = None
    """The column that says when the warehouse had it."""
    id: str | None = None
    """The column of the event's id, where duplicates are to be counted."""
    env: str = "prod"
    """Landings of any other environment are reported and never page."""
    lag: Duration = timedelta(hours=2)
    """Windows younger than this are still filling."""
    partition: PartitionKey | None = None
    """By which the warehouse passes over what cannot have come in the measured hours."""

    @field_validator("version")
    @classmethod
    def _fallback_is_last(cls, chain: tuple[Locator, ...]) -> tuple[Locator, ...]:
        if any(isinstance(locator, FallbackLocator | ConstantLocator) for locator in chain[:-1]):
            raise ValueError("goes on after a constant or a fallback, which always find a version: put it last")
        return chain


class PerEventLanding(AnyLanding):
    """A schema with a table per event."""

    source: Source
    db_schema: Annotated[str, Field(alias="schema", min_length=1)]


class FailedEvents(Section):
    """A table of events that the collector refused."""

    table: Annotated[str, Field(min_length=1)]


class Violations(FailedEvents):
    """Segment's `violation_generated` events."""

    source_slug: str | None = None
    """Only those of this source, by the column `source_slug`: several sources may send theirs to one table."""


class SegmentLanding(PerEventLanding):
    """A schema with a table per event, as Segment writes it."""

    layout: Literal["segment"]
    names: str | None = None
    """The naming rule, where it is not Segment's own."""
    rejected: Violations | None = None
    """Where forwarded violations land; `violation_generated` of the schema itself is known without it."""


class RudderstackLanding(PerEventLanding):
    """A schema with a table per event, as RudderStack writes it."""

    layout: Literal["rudderstack"]
    names: Literal["new", "legacy"] = "new"
    """`legacy`: letters and digits are divided (`underscoreDivideNumbers`), as older destinations write them."""
    discards: bool = True
    """Whether `rudder_discards` is read, where it is there."""


class SnowplowLanding(AnyLanding):
    """Snowplow's events table, with self-describing columns."""

    layout: Literal["snowplow"]
    table: Annotated[str, Field(min_length=1)]
    source: Source
    names: Literal["auto", "snake", "original"] = "auto"
    """How keys inside self-describing columns are written; `auto` looks."""
    rejected: FailedEvents | None = None
    """Where failed events land."""


class JsonLanding(AnyLanding):
    """One table: a column with the event's name, a column with its document."""

    layout: Literal["json"]
    table: Annotated[str, Field(min_length=1)]
    source: Source
    event: InColumn
    properties: InColumn


class DocumentLanding(AnyLanding):
    """One table whose columns are the collector's own, the properties in one document."""

    table: Annotated[str, Field(min_length=1)]
    source: Source
    own_keys: tuple[str, ...] = ()
    """Keys of the document that are nobody's property: set by an SDK, never undeclared."""


class AmplitudeLanding(DocumentLanding):
    """Amplitude's export, or Fivetran's `event` table."""

    layout: Literal["amplitude"]


class MixpanelLanding(DocumentLanding):
    """Mixpanel's `mp_master_event`, or Fivetran's `event` table."""

    layout: Literal["mixpanel"]
    names: Literal["auto", "original", "reserved"] = "auto"
    """How `$x` stands in the properties: as sent, or `mp_reserved_x`; `auto` looks at the loader's columns."""


class PosthogLanding(DocumentLanding):
    """PostHog's batch export."""

    layout: Literal["posthog"]


class Ga4Landing(AnyLanding):
    """The BigQuery export of Google Analytics 4: a table for every day."""

    layout: Literal["ga4"]
    db_schema: Annotated[str, Field(alias="schema", min_length=1)]
    source: Source
    own_keys: tuple[str, ...] = ()
    intraday: bool = True
    """Whether days that have only `events_intraday_…` so far are read from it."""
    lag: Duration = timedelta(hours=48)
    """A day's table comes within the next day, and more."""


class JitsuLanding(AnyLanding):
    """Jitsu: one `events` table, or a table per event (`schema`)."""

    layout: Literal["jitsu"]
    table: Annotated[str, Field(min_length=1)] | None = None
    db_schema: Annotated[str | None, Field(alias="schema", min_length=1)] = None
    source: Source

    @model_validator(mode="after")
    def _one_place(self) -> "JitsuLanding":
        if (self.table is None) == (self.db_schema is None):
            raise ValueError("needs either table: (single table, Jitsu's default) or schema: (a table per event)")
        return self


Landing = Annotated[
    SegmentLanding
    | RudderstackLanding
    | SnowplowLanding
    | JsonLanding
    | AmplitudeLanding
    | MixpanelLanding
    | PosthogLanding
    | Ga4Landing
    | JitsuLanding,
    Field(discriminator="layout"),
]
"""How one collector lays events out in the warehouse."""


def schema_of(table: str) -> str:
    """`raw.events` → `raw`; empty: the connection's own."""
    return table.rpartition(".")[0]


def place_of(landing: Landing) -> str:
    """Where a landing is, for people: its table, or its schema."""
    if isinstance(landing, PerEventLanding | Ga4Landing):
        return landing.db_schema
    if isinstance(landing, JitsuLanding):
        return landing.table or landing.db_schema or ""
    return landing.table


def schemas_of(landing: Landing) -> frozenset[str]:
    """The schemas that a landing's tables are in; an empty name is the connection's own."""
    whole = isinstance(landing, PerEventLanding | Ga4Landing) or (
        isinstance(landing, JitsuLanding) and landing.db_schema
    )
    found = {place_of(landing) if whole else schema_of(place_of(landing))}
    if isinstance(landing, SegmentLanding | SnowplowLanding) and landing.rejected is not None:
        found.add(schema_of(landing.rejected.table))
    return frozenset(found)

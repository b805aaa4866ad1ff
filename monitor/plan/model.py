"""The tracking plan as values, whatever format it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
"""A JSON Schema of an event's properties, with every resolvable `$ref` already written out."""


class Status(StrEnum):
    """Where a version stands in its life."""

    DRAFT = "draft"
    LIVE = "live"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class Tier(StrEnum):
    """How much an event matters: drives thresholds, mentions and ranking."""

    CORE = "core"
    STANDARD = "standard"
    EXPERIMENTAL = "experimental"


@dataclass(frozen=True, slots=True)
class EventVersion:
    """One version of an event: `1-1-0` and the schema that its rows must fit."""

    version: str
    schema: Schema
    status: Status = Status.LIVE
    until: date | None = None
    """A retired version's last day: rows that arrive later are a finding."""
    where: str = ""
    """Where it is written: `tracking_plan/events/order_completed.yml:9`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One planned event with its versions, oldest first."""

    name: str
    """As the plan writes it: `Order Completed`; in Iglu `vendor/name`."""
    key: str
    """Unique in the plan and safe in file names, identifiers and rule ids: `order_completed`."""
    versions: tuple[EventVersion, ...]
    description: str = ""
    team: str = ""
    """The owning team; empty when the plan names none."""
    tier: Tier = Tier.STANDARD
    sources: tuple[str, ...] = ()
    """Where it may be sent from; empty: anywhere."""
    where: str = ""

    def version(self, version: str) -> EventVersion | None:
        """The planned version of that name, or None."""
        return next((v for v in self.versions if v.version == version), None)


@dataclass(frozen=True, slots=True)
class Refused:
    """A schema that the plan holds and that cannot be checked, with the reason: never silently dropped."""

    name: str
    version: str
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole tracking plan. `revision` is a hash of its content (12 hex digits)."""

    events: tuple[Event, ...]
    revision: str
    refused: tuple[Refused, ...] = ()

    def event(self, name: str) -> Event | None:
        """The planned event of that exact name, or None."""
        return next((event for event in self.events if event.name == name), None)

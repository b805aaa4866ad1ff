"""A plan as plain JSON values and back, so that a plan that was read once need not be parsed again."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from monitor.errors import PlanError
from monitor.plan.model import Event, EventVersion, Plan, Refused, Status, Tier

FORMAT: Final = 1
"""Rises whenever the shape below changes: a dump of another shape is refused, never guessed at."""


def dump(plan: Plan) -> dict[str, Any]:
    """The plan as mappings, lists and scalars that `json` can write. Schemas are shared, not copied."""
    return {
        "format": FORMAT,
        "revision": plan.revision,
        "events": [_dump_event(event) for event in plan.events],
        "refused": [[held.name, held.version, held.reason, held.where] for held in plan.refused],
    }


def load(dumped: Mapping[str, Any]) -> Plan:
    """The plan that was dumped. Raises PlanError where the shape is not ours, so that a reader reads anew."""
    try:
        if dumped["format"] != FORMAT:
            raise _foreign(f"it has format {dumped['format']!r}")
        return Plan(
            events=tuple(_load_event(event) for event in dumped["events"]),
            revision=dumped["revision"],
            refused=tuple(Refused(*held) for held in dumped["refused"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _foreign(f"{type(error).__name__}: {error}") from error


def _foreign(why: str) -> PlanError:
    return PlanError(f"the kept plan cannot be used: {why}", hint="it is read again from its files")


def _dump_event(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "key": event.key,
        "description": event.description,
        "team": event.team,
        "tier": event.tier.value,
        "sources": list(event.sources),
        "where": event.where,
        "versions": [
            {
                "version": held.version,
                "schema": held.schema,
                "status": held.status.value,
                "until": held.until.isoformat() if held.until else None,
                "where": held.where,
            }
            for held in event.versions
        ],
    }


def _load_event(dumped: Mapping[str, Any]) -> Event:
    return Event(
        name=dumped["name"],
        key=dumped["key"],
        description=dumped["description"],
        team=dumped["team"],
        tier=Tier(dumped["tier"]),
        sources=tuple(dumped["sources"]),
        where=dumped["where"],
        versions=tuple(
            EventVersion(
                version=held["version"],
                schema=held["schema"],
                status=Status(held["status"]),
                until=date.fromisoformat(held["until"]) if held["until"] else None,
                where=held["where"],
            )
            for held in dumped["versions"]
        ),
    )

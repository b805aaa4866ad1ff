"""`plan show --json`: the plan and every rule's verdict as one JSON object."""

from collections.abc import Mapping
from typing import Any

from monitor.cli.present.verdicts import verdict_of
from monitor.contract.model import BoundTable, BoundVersion, Contract
from monitor.plan.model import Event, EventVersion


def document(contract: Contract, only: Event | None = None) -> Mapping[str, Any]:
    """All events, or one.

    `{plan_revision, events: [{…, versions: [{…, landed: [{table, properties, rules}]}]}], refused}`
    """
    events = contract.plan.events if only is None else (only,)
    return {
        "plan_revision": contract.plan.revision,
        "events": [_event(event, contract) for event in events],
        "refused": [
            {"name": one.name, "version": one.version, "reason": one.reason, "where": one.where}
            for one in (() if only else contract.plan.refused)
        ],
    }


def _event(event: Event, contract: Contract) -> Mapping[str, Any]:
    return {
        "name": event.name,
        "key": event.key,
        "description": event.description,
        "team": event.team,
        "tier": event.tier.value,
        "sources": list(event.sources),
        "where": event.where,
        "versions": [_version(event, version, contract) for version in event.versions],
    }


def _version(event: Event, version: EventVersion, contract: Contract) -> Mapping[str, Any]:
    landed = [
        _landed(table, bound)
        for table in contract.tables
        for bound in table.versions
        if (bound.event, bound.version) == (event.name, version.version)
    ]
    return {
        "version": version.version,
        "status": version.status.value,
        "until": version.until.isoformat() if version.until else None,
        "where": version.where,
        "landed": landed,
    }


def _landed(table: BoundTable, version: BoundVersion) -> Mapping[str, Any]:
    return {
        "table": table.key,
        "payload_missing": version.payload_missing,
        "properties": [
            {
                "property": one.name,
                "types": list(one.types),
                "required": one.required,
                "column": one.column,
                "landed_as": one.native,
                "landed": one.landed,
            }
            for one in version.properties
        ],
        "rules": [
            {
                "rule": rule.id,
                "keyword": rule.keyword,
                "sentence": rule.sentence,
                "verdict": verdict_of(rule).word,
                "reason": verdict_of(rule).reason,
            }
            for rule in version.rules
        ],
    }

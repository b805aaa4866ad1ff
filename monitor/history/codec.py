"""Findings as JSON text and back: written out field by field, so that old text stays readable."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.errors import HistoryError
from monitor.judge.model import Evidence, Finding, Kind, Severity


def encode(findings: Sequence[Finding]) -> str:
    """Findings as one JSON array."""
    return json.dumps([_finding(finding) for finding in findings])


def decode(text: str) -> tuple[Finding, ...]:
    """The same findings. HistoryError: written by another version of trackwarden, or damaged."""
    try:
        return tuple(_read_finding(kept) for kept in json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HistoryError(
            "holds a finding that cannot be read",
            where="the history database",
            hint="upgrade trackwarden; if this is the newest, restore the history from a backup",
        ) from error


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "severity": finding.severity.word,
        "message": finding.message,
        "event": finding.event,
        "version": finding.version,
        "source": finding.source,
        "property": finding.property,
        "env": finding.env,
        "tables": list(finding.tables),
        "evidence": _evidence(finding.evidence),
        "absorbed": [_finding(absorbed) for absorbed in finding.absorbed],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "facts": [list(fact) for fact in evidence.facts],
        "rules": [list(rule) for rule in evidence.rules],
        "series": list(evidence.series),
        "series_until": evidence.series_until,
        "reference": list(evidence.reference),
        "affected": evidence.affected,
    }


def _read_finding(kept: Mapping[str, Any]) -> Finding:
    return Finding(
        kind=Kind(kept["kind"]),
        severity=Severity[kept["severity"].upper()],
        message=kept["message"],
        event=kept["event"],
        version=kept["version"],
        source=kept["source"],
        property=kept["property"],
        evidence=_read_evidence(kept["evidence"]),
        absorbed=tuple(_read_finding(absorbed) for absorbed in kept["absorbed"]),
        env=kept["env"],
        tables=tuple(kept.get("tables", ())),
    )


def _read_evidence(kept: Mapping[str, Any]) -> Evidence:
    return Evidence(
        facts=tuple((name, value) for name, value in kept["facts"]),
        rules=tuple((rule, failed) for rule, failed in kept["rules"]),
        series=tuple(kept["series"]),
        series_until=kept["series_until"],
        reference=tuple(kept.get("reference", ())),
        affected=kept.get("affected", 0),
    )

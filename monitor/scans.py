"""Scan SQL kept on disk: a pure function of contract, catalog, engine and our version, so it is built once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monitor import __version__
from monitor.cache import keep, recall
from monitor.contract.model import BoundTable
from monitor.measure.scan import Range, Scan, SlotMap, VersionSlots, build
from monitor.sql.engines import writer
from monitor.sql.writer import Writer


class Scans:
    """The scans of one engine, from the cache or built. `keep` writes what was built."""

    def __init__(self, cache: Path, engine: str) -> None:
        self._file = cache / f"scans-{engine}.json"
        self._engine = engine
        self._known: dict[str, Any] | None = None
        self._used: dict[str, Any] = {}
        self._built = False

    @property
    def writer(self) -> Callable[[], Writer]:
        """Makes a fresh writer for the engine."""
        return lambda: writer(self._engine)

    def of(self, table: BoundTable, reach: Range) -> Scan:
        """The scan of one table. Its name in the cache changes whenever its SQL would."""
        key = f"{table.key}/{table.hash}/{reach.since:d}{reach.no_time:d}"
        if self._known is None:
            self._known = self._read()
        kept = self._known.get(key)
        scan = _loaded(kept) if kept is not None else None
        if scan is None:
            scan = build(table, reach, self.writer())
            self._known[key] = _dumped(scan)
            self._built = True
        return scan

    def keep(self) -> None:
        """Write the cache, if anything was built."""
        if self._built and self._known is not None:
            keep(self._file, json.dumps({"version": __version__, "scans": self._known}, separators=(",", ":")))

    def _read(self) -> dict[str, Any]:
        try:
            kept = json.loads(recall(self._file) or "null")
            return dict(kept["scans"]) if kept["version"] == __version__ else {}
        except (ValueError, KeyError, TypeError):
            return {}


def _dumped(scan: Scan) -> dict[str, Any]:
    at = scan.map
    versions = [
        {
            "event": one.event,
            "version": one.version,
            "raw_events": one.raw_events,
            "raw_versions": one.raw_versions,
            "rules": one.rules,
            "properties": one.properties,
        }
        for one in at.versions
    ]
    slots = {"event": at.event, "windows": at.windows, "rule_slots": at.rule_slots, "property_slots": at.property_slots}
    return {"table": scan.table, "sql": scan.sql, "map": {**slots, "versions": versions}}


def _loaded(kept: Any) -> Scan | None:
    try:
        at = kept["map"]
        versions = tuple(
            VersionSlots(
                event=one["event"],
                version=one["version"],
                raw_events=tuple(one["raw_events"]),
                raw_versions=tuple(one["raw_versions"]),
                rules=tuple((slot, rule) for slot, rule in one["rules"]),
                properties=tuple((slot, pointer) for slot, pointer in one["properties"]),
            )
            for one in at["versions"]
        )
        slots = SlotMap(at["event"], at["windows"], at["rule_slots"], at["property_slots"], versions)
        return Scan(kept["table"], kept["sql"], slots)
    except (KeyError, TypeError, ValueError):
        return None

"""What a contract is to a warehouse, kept on disk: scan SQL, built once, and what the warehouse refuses of it.

Both are pure functions of contract, catalog, engine and our version; a contract's hash names the first two.
"""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from monitor import __version__
from monitor.cache import Shelf, keep, recall
from monitor.contract.model import BoundTable
from monitor.contract.without import Refused
from monitor.measure.rows import Range
from monitor.measure.scan import Scan, SlotMap, VersionSlots, build
from monitor.sql.engines import writer
from monitor.sql.writer import Writer


class Scans:
    """The scans of one engine, from the cache or built. `keep` writes what was built.

    `target` is the warehouse that is asked: what one of them refuses another may take.
    """

    def __init__(self, cache: Path, engine: str, target: str = "") -> None:
        self._file = cache / f"scans-{engine}.json"
        self._engine = engine
        self._known: dict[str, Any] | None = None
        self._used: dict[str, str] = {}
        """Table → the hash of its contract."""
        self._built = False
        self.outlines = Shelf(cache / "outlines.json", __version__)
        """What there is to say of contracts without binding them, by their hash."""
        of = f"-{sha256(target.encode()).hexdigest()[:8]}" if target else ""
        self._refusals = cache / f"refused-{engine}{of}.json"
        self._refused: dict[str, Refused] | None = None

    @property
    def writer(self) -> Callable[[], Writer]:
        """Makes a fresh writer for the engine."""
        return lambda: writer(self._engine)

    def of(self, table: BoundTable, reach: Range) -> Scan:
        """The scan of one table, or a part of it. Its name in the cache changes whenever its SQL would."""
        key = f"{table.key}/{table.hash}/{reach.name}"
        self._used[table.key] = table.hash
        if self._known is None:
            self._known = _read(self._file)
        kept = self._known.get(key)
        scan = _loaded(kept) if kept is not None else None
        if scan is None:
            scan = build(table, reach, self.writer())
            self._known[key] = _dumped(scan)
            self._built = True
        return scan

    def keep(self) -> None:
        """Write the caches, if anything was built; scans of contracts that a table no longer has are left out."""
        self.outlines.keep()
        if self._built and self._known is not None:
            _write(self._file, {key: scan for key, scan in self._known.items() if self._holds(key)})

    def _holds(self, key: str) -> bool:
        table, digest, _ = key.rsplit("/", 2)
        return self._used.get(table, digest) == digest

    # ── what the warehouse refuses ──────────────────────────────────────────────────────────────────

    def refused(self, digest: str) -> Refused:
        """What the warehouse has refused of the contract with this hash; nothing of most."""
        if self._refused is None:
            self._refused = _read(self._refusals)
        return self._refused.get(digest, {})

    def refuse(self, table: BoundTable, refused: Refused) -> None:
        """Remember it for the runs to come: what is bound there, and by whom, is all that it depends on."""
        self._refused = {**(self._refused or _read(self._refusals)), table.hash: dict(refused)}
        _write(self._refusals, self._refused)


def _read(file: Path) -> dict[str, Any]:
    try:
        kept = json.loads(recall(file) or "null")
        return dict(kept["held"]) if kept["version"] == __version__ else {}
    except (ValueError, KeyError, TypeError):
        return {}


def _write(file: Path, held: Mapping[str, Any]) -> None:
    keep(file, json.dumps({"version": __version__, "held": held}, separators=(",", ":")))


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

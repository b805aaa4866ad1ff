"""Small files that can be computed again: a cache that cannot be read or written, or was changed, is none.

Each begins with the hash of the rest, so that a damaged one is noticed. It is no seal against people: who may write
into a workspace may also write its configuration.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

MOST = 20_000
"""Values on one shelf."""


def recall(path: Path) -> str | None:
    """What was kept; None: nothing that can be read, or not what was written."""
    try:
        digest, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if digest == _digest(text) else None


def keep(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(f"{_digest(text)}\n{text}")
        Path(file.name).replace(path)
    except OSError:
        return


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Shelf(MutableMapping[str, Any]):
    """Small plain values (as JSON has them) by name, in one file that is read when first asked; `keep` writes it.

    Values of another version of ours, or that are no mapping, are none.
    """

    def __init__(self, file: Path, version: str, most: int = MOST) -> None:
        self._file, self._version, self._most = file, version, most
        self._read: dict[str, Any] | None = None
        self._used: dict[str, None] = {}
        self._new = False

    def keep(self) -> None:
        """Write it, if anything is new: what was used, and of the rest the latest, up to so many in all."""
        if not self._new:
            return
        used = [name for name in self._used if name in self._held]
        rest = [name for name in self._held if name not in self._used]
        room = max(0, self._most - len(used))
        held = {name: self._held[name] for name in (*rest[max(0, len(rest) - room) :], *used)}
        keep(self._file, json.dumps({"version": self._version, "held": held}, separators=(",", ":")))
        self._new = False

    @property
    def _held(self) -> dict[str, Any]:
        if self._read is None:
            self._read = _shelved(self._file, self._version)
        return self._read

    def __getitem__(self, name: str) -> Any:
        found = self._held[name]
        self._used[name] = None
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        self._held[name] = value
        self._used[name] = None
        self._new = True

    def __delitem__(self, name: str) -> None:
        del self._held[name]
        self._new = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def _shelved(file: Path, version: str) -> dict[str, Any]:
    try:
        kept = json.loads(recall(file) or "null")
        return dict(kept["held"]) if kept["version"] == version else {}
    except (ValueError, KeyError, TypeError):
        return {}

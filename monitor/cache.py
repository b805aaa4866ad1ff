"""Small files that can be computed again: a cache that cannot be read or written, or was changed, is none.

Each begins with the hash of the rest, so that a damaged one is noticed. It is no seal against people: who may write
into a workspace may also write its configuration.
"""

import hashlib
import tempfile
from pathlib import Path


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

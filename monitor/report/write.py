"""The site on disk: each file whole or not at all, only what changed, and nothing removed that we did not write."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from monitor.errors import ReportError
from monitor.report.model import Overview
from monitor.report.pages import EventPage, Site
from monitor.report.render import render_event, render_overview, templates_digest

INDEX = "index.html"
MANIFEST = ".trackwarden-report.json"
_OURS = re.compile(r"events/[a-z0-9-]+-[0-9a-f]{10}\.html\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """What was done: pages written, pages that were as they should be, pages removed."""

    pages: int
    seconds: float
    unchanged: int = 0
    removed: int = 0


def write_site(site: Site, folder: Path) -> Written:
    """Write the site into a folder, which is made where it is absent. Raises `ReportError`.

    A page is drawn and written only where its values or the templates changed since the manifest was written.
    Event pages that the manifest names and the site no longer has are removed. The overview comes last, so that
    it never links to a page that is not there yet; on any failure what stood there stands.
    """
    began = perf_counter()
    try:
        counts = _write(site, folder)
    except OSError as error:
        raise ReportError(
            f"the report cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="check `report.path` in trackwarden.yml, its permissions and the space left; the old report is intact",
        ) from error
    return Written(*counts[:1], perf_counter() - began, *counts[1:])


def _write(site: Site, folder: Path) -> tuple[int, int, int]:
    pages: dict[str, Overview | EventPage] = {page.file: page for page in site.pages}
    pages[INDEX] = site.overview
    (folder / "events").mkdir(parents=True, exist_ok=True)
    before = _manifest(folder)
    _refuse_foreign(folder, before)
    now = {file: _digest(page) for file, page in pages.items()}
    changed = [file for file in now if before.get(file) != now[file] or not (folder / file).is_file()]
    # Said before it is done: a page that a killed run leaves behind is still known as ours.
    _replace(folder / MANIFEST, _json({**before, **dict.fromkeys(changed, "")}))
    for file in changed:
        _replace(folder / file, _rendered(pages[file]))
    stale = [file for file in before if file not in now and _OURS.match(file)]
    for file in stale:
        (folder / file).unlink(missing_ok=True)
    _replace(folder / MANIFEST, _json(now))
    return len(changed), len(now) - len(changed), len(stale)


def _rendered(page: Overview | EventPage) -> str:
    return render_overview(page) if isinstance(page, Overview) else render_event(page)


def _digest(page: Overview | EventPage) -> str:
    return sha256(f"{templates_digest()}\0{page!r}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _manifest(folder: Path) -> Mapping[str, str]:
    """File → digest, as last written; empty where there is none or it cannot be read: then all is written again."""
    try:
        said = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    pages = said.get("pages") if isinstance(said, dict) else None
    return {str(file): str(digest) for file, digest in pages.items()} if isinstance(pages, dict) else {}


def _refuse_foreign(folder: Path, manifest: Mapping[str, str]) -> None:
    """Somebody else's `index.html` is not overwritten."""
    index = folder / INDEX
    if INDEX in manifest or not index.exists():
        return
    if '<meta name="generator" content="trackwarden">' not in index.read_text("utf-8", "replace"):
        raise ReportError(
            "the folder holds an index.html that trackwarden did not write",
            where=str(index),
            hint="give the report a folder of its own: `report.path` in trackwarden.yml",
        )


def _json(pages: Mapping[str, str]) -> str:
    return json.dumps({"pages": dict(sorted(pages.items()))}, indent=0) + "\n"


def _replace(path: Path, text: str) -> None:
    """Write the whole text beside the file, then put it in the file's place in one step."""
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise

"""What `generate` writes: the targets' trees, and the catalog that they were made from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path

from monitor.cli import catalogs
from monitor.contract import Binder
from monitor.errors import TargetError, TrackwardenError
from monitor.targets.catalog_file import CATALOG_FILE, dumps
from monitor.targets.generate import generate
from monitor.targets.model import Tree
from monitor.targets.write import Drift, Written, check, write
from monitor.wiring import Workspace


@dataclass(frozen=True, slots=True)
class Generated:
    """Everything as it should be on disk now."""

    trees: Sequence[Tree]
    catalog: Path
    text: str
    """What the catalog file should hold."""
    source: str
    """Where the columns come from."""
    problem: TrackwardenError | None

    @property
    def folders(self) -> tuple[Path, ...]:
        """The projects that are written into."""
        return tuple(tree.folder for tree in self.trees)

    @property
    def files(self) -> int:
        """How many files that is, the catalog included."""
        return sum(len(tree.files) for tree in self.trees) + 1

    def drift(self) -> Drift:
        """What `write` would change. Raises TargetError."""
        drift = check(self.trees)
        before = self._kept()
        if before == self.text:
            return drift
        name = str(self.catalog)
        lines = unified_diff(
            (before or "").splitlines(keepends=True),
            self.text.splitlines(keepends=True),
            "/dev/null" if before is None else name,
            name,
        )
        diff = drift.diff + "".join(lines)
        if before is None:
            return replace(drift, missing=(*drift.missing, self.catalog), diff=diff)
        return replace(drift, changed=(*drift.changed, self.catalog), diff=diff)

    def write(self) -> Written:
        """Make it so. Raises TargetError."""
        written = write(self.trees)
        if self._kept() == self.text:
            return replace(written, unchanged=written.unchanged + 1)
        try:
            self.catalog.parent.mkdir(parents=True, exist_ok=True)
            self.catalog.write_text(self.text, encoding="utf-8", newline="\n")
        except OSError as error:
            problem = f"cannot be written: {error.strerror or error}"
            raise TargetError(problem, where=str(self.catalog), hint="check the folder's permissions") from error
        return replace(written, written=written.written + 1)

    def _kept(self) -> str | None:
        try:
            return self.catalog.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def generated(workspace: Workspace, *, check: bool = False, offline: bool = False) -> Generated:
    """The plan bound to the catalog, as files. `check`: the kept catalog is enough where there is no warehouse.

    Raises ConfigError, PlanError, WarehouseError and TargetError.
    """
    plan = workspace.plan()
    if offline:
        known = catalogs.kept(workspace)
    else:
        known = catalogs.live_or_kept(workspace) if check else catalogs.live(workspace)
    contract = Binder(plan, workspace.landed(plan, known.catalog)).contract()
    trees = generate(contract, workspace.settings, known.catalog.engine)
    return Generated(trees, workspace.root / CATALOG_FILE, dumps(known.catalog), known.source, known.problem)

"""Generated trees on disk: what differs, and making it so. Each file is replaced whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path, PurePosixPath

from monitor.errors import TargetError
from monitor.targets import merge
from monitor.targets.model import MARK, GeneratedFile, Mode, Tree


@dataclass(frozen=True, slots=True)
class Drift:
    """How a tree on disk differs from what would be generated now."""

    changed: tuple[Path, ...] = ()
    missing: tuple[Path, ...] = ()
    stale: tuple[Path, ...] = ()
    """Files that carry our mark, and that nothing generates any more."""
    diff: str = ""
    """All of it as one unified diff."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.stale)


@dataclass(frozen=True, slots=True)
class Written:
    """What was done."""

    written: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Change:
    """One file as it is and as it should be; None: absent."""

    path: Path
    before: str | None
    after: str | None


def check(trees: Iterable[Tree]) -> Drift:
    """What `write` would do, and nothing is done. Raises TargetError where it could not."""
    changes = [change for tree in trees for change in _changes(tree)]
    return Drift(
        changed=tuple(c.path for c in changes if c.before is not None and c.after is not None),
        missing=tuple(c.path for c in changes if c.before is None),
        stale=tuple(c.path for c in changes if c.after is None),
        diff="".join(_diff(change) for change in changes),
    )


def write(trees: Sequence[Tree]) -> Written:
    """Make the trees so. Everything is read and merged before the first file is touched.

    Raises TargetError where a file cannot be read, written, or is somebody else's.
    """
    changes = [change for tree in trees for change in _changes(tree)]
    for change in changes:
        try:
            if change.after is None:
                change.path.unlink(missing_ok=True)
                _prune(change.path.parent)
            else:
                _replace(change.path, change.after)
        except (OSError, UnicodeEncodeError) as error:
            reason = error.strerror or error if isinstance(error, OSError) else "it holds half a character"
            raise TargetError(
                f"cannot be written: {reason}",
                where=str(change.path),
                hint="check `targets` in trackwarden.yml, the folder's permissions and the space left",
            ) from error
    removed = sum(change.after is None for change in changes)
    written = len(changes) - removed
    return Written(written, sum(len(tree.files) for tree in trees) - written, removed)


def _changes(tree: Tree) -> Iterator[_Change]:
    wanted = {file.path for file in tree.files}
    for file in sorted(tree.files, key=lambda file: file.path):
        path = tree.folder / file.path
        before = _read(path)
        after = _wanted(file, before, path)
        if after != before:
            yield _Change(path, before, after)
    for folder in tree.owned:
        yield from _stale(tree.folder, folder, wanted)


def _wanted(file: GeneratedFile, before: str | None, path: Path) -> str:
    """The text that should be there."""
    if before is None or before == file.text:
        return file.text
    match file.mode:
        case Mode.ONCE:
            return before
        case Mode.SHARED:
            return merge.merged(before, merge.load(file.text), str(path))
        case Mode.WHOLE:
            if MARK not in before:
                raise TargetError(
                    "is a file that trackwarden did not write",
                    where=str(path),
                    hint="move it away, or set another project folder under `targets` in trackwarden.yml",
                )
            return file.text


def _stale(project: Path, folder: PurePosixPath, wanted: set[PurePosixPath]) -> Iterator[_Change]:
    """Marked files that nothing generates any more. What a user wrote into a shared one stays."""
    for path in sorted((project / folder).rglob("*")):
        if PurePosixPath(path.relative_to(project).as_posix()) in wanted or path.suffix not in (
            ".json",
            ".sql",
            ".yml",
        ):
            continue
        before = _read(path) if path.is_file() and not path.is_symlink() else None
        if before is None or MARK not in before:
            continue
        after = _without_ours(before, path) if path.suffix == ".yml" else None
        if after != before:
            yield _Change(path, before, after)


def _without_ours(text: str, path: Path) -> str | None:
    left = merge.merged(text, {}, str(path))
    return None if merge.is_empty(left, str(path)) else left


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise TargetError(f"cannot be read: {reason}", where=str(path), hint="repair it or move it away") from error


def _replace(path: Path, text: str) -> None:
    """Write the whole text beside the file, then put it in the file's place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _prune(folder: Path) -> None:
    """Folders that are empty now."""
    with suppress(OSError):
        folder.rmdir()
        _prune(folder.parent)


def _diff(change: _Change) -> str:
    before = "/dev/null" if change.before is None else str(change.path)
    after = "/dev/null" if change.after is None else str(change.path)
    lines = unified_diff(
        (change.before or "").splitlines(keepends=True), (change.after or "").splitlines(keepends=True), before, after
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

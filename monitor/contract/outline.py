"""What a judge asks of a table's contract before it looks closer: most tables have nothing to look closer at. Pure.

An outline is small, and can be kept on disk by the contract's hash: a table of which nothing is remarkable is judged
without being bound.
"""

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from monitor.contract.model import BoundTable, BoundVersion, Unmeasurable
from monitor.contract.recent import MOST, Bound, Recent

Kept: TypeAlias = MutableMapping[str, Any]
"""Contract's hash → its outline as plain values."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Of all versions of a table together; a version whose payload did not land says nothing of columns."""

    misfit: bool
    """A property's column cannot hold what the plan says, or a rule cannot be asked of it."""
    lacking: bool
    """A required property has no column."""
    unlanded: bool
    """A version's payload did not land."""
    undeclared: tuple[str, ...]
    """Columns that no version declares, in the order of their names, the collector's own left out."""


def outline(table: BoundTable) -> Outline:
    """The outline of a table; known without binding it where it was bound before."""
    versions = table.versions
    return versions.outline if isinstance(versions, Later) else outlined(versions)


def outlined(versions: Sequence[BoundVersion]) -> Outline:
    """The outline of versions that are bound."""
    landed = [version for version in versions if not version.payload_missing]
    held = [frozenset(version.undeclared_columns) for version in landed]
    return Outline(
        misfit=any(map(_misfit, landed)),
        lacking=any(prop.required and prop.column and not prop.landed for one in landed for prop in one.properties),
        unlanded=len(landed) < len(versions),
        undeclared=tuple(sorted(frozenset.intersection(*held))) if held else (),
    )


def _misfit(version: BoundVersion) -> bool:
    columns = {prop.pointer: prop for prop in version.properties if prop.column and prop.landed}
    asked = any(isinstance(rule.verdict, Unmeasurable) and rule.pointer in columns for rule in version.rules)
    return asked or not all(prop.fits for prop in columns.values())


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a binder keeps of tables."""

    outlines: Kept | None = None
    """Outlines from earlier, and room for those to come."""
    most: int = MOST
    """Rules and properties that stay bound."""


class Later(Sequence[BoundVersion]):
    """A table's versions, bound when somebody looks at them; of many tables only those looked at last stay bound."""

    __slots__ = ("_bound", "_digest", "_kept", "_outline", "_recent")

    def __init__(self, digest: str, bind: Bound, recent: Recent, kept: Kept | None) -> None:
        self._digest, self._bound, self._recent, self._kept = digest, bind, recent, kept
        self._outline: Outline | None = None

    @property
    def outline(self) -> Outline:
        """What there is to say of them in short."""
        if self._outline is None and self._kept is not None:
            self._outline = _read(self._kept.get(self._digest))
        return self._outline or self._outlined(self._all())

    def _outlined(self, versions: tuple[BoundVersion, ...]) -> Outline:
        if self._outline is None:
            said = self._outline = outlined(versions)
            if self._kept is not None:
                self._kept[self._digest] = [said.misfit, said.lacking, said.unlanded, list(said.undeclared)]
        return self._outline

    def _all(self) -> tuple[BoundVersion, ...]:
        return self._recent.of(self._digest, self._bind)

    def _bind(self) -> tuple[BoundVersion, ...]:
        """Once they are bound the outline costs little: they may not be for long."""
        versions = self._bound()
        self._outlined(versions)
        return versions

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __iter__(self) -> Iterator[BoundVersion]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def _read(kept: Any) -> Outline | None:
    """What was kept; None: it is none of ours."""
    match kept:
        case [bool(misfit), bool(lacking), bool(unlanded), [*names]] if all(isinstance(name, str) for name in names):
            return Outline(misfit, lacking, unlanded, tuple(names))
    return None

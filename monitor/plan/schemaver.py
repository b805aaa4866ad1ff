"""Versions of an event: SchemaVer (`1-1-0`) and the other spellings that plans and rows carry."""

import re
from dataclasses import dataclass
from typing import Self, TypeAlias

from monitor.errors import PlanError

VersionKey: TypeAlias = tuple[int, tuple[int, ...], str]
"""A sort key that orders any two version strings: SchemaVer, then numbers, then text."""

_SCHEMAVER = re.compile(r"([1-9][0-9]{0,8})-(0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,8})", re.ASCII)
_NUMBERS = re.compile(r"[vV]?([0-9]{1,18}(?:[.-][0-9]{1,18})*)", re.ASCII)
_THREE = re.compile(r"([0-9]{1,9})([.-])([0-9]{1,9})\2([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class SchemaVer:
    """MODEL-REVISION-ADDITION, starting at 1-0-0.

    A new model breaks interaction with any historical data, a new revision with some, an addition
    with none (https://docs.snowplow.io/docs/fundamentals/schemas/versioning/).
    """

    model: int
    revision: int
    addition: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1-1-0`. Raises PlanError, whose hint names the spelling that was probably meant."""
        found = _SCHEMAVER.fullmatch(text)
        if found:
            return cls(int(found[1]), int(found[2]), int(found[3]))
        numbers = re.findall(r"[0-9]{1,9}", text)
        hint = "write MODEL-REVISION-ADDITION, the first one is 1-0-0"
        parts = [*map(int, numbers), 0, 0][: max(3, len(numbers))]
        if numbers and len(parts) == len(("model", "revision", "addition")) and parts[0] > 0:
            hint = f"did you mean '{'-'.join(map(str, parts))}'?"
        raise PlanError(f"{text!r} is not a SchemaVer", hint=hint)

    def __str__(self) -> str:
        return f"{self.model}-{self.revision}-{self.addition}"


def schemaver(version: str) -> SchemaVer | None:
    """The version as SchemaVer, or None where it follows another scheme (`2`, `2024-05`, `beta`).

    >>> schemaver("1-1-0")
    SchemaVer(model=1, revision=1, addition=0)
    >>> schemaver("1.1.0") is None
    True
    """
    try:
        return SchemaVer.parse(version)
    except PlanError:
        return None


def version_key(version: str) -> VersionKey:
    """Oldest first, for any version strings: SchemaVer, then numbers by value, then text.

    >>> sorted(["beta", "10", "1-10-0", "9.1", "1-9-0"], key=version_key)
    ['1-9-0', '1-10-0', '9.1', '10', 'beta']
    """
    found = _SCHEMAVER.fullmatch(version)
    if found:
        return (0, (int(found[1]), int(found[2]), int(found[3])), version)
    numbers = _NUMBERS.fullmatch(version)
    if numbers:
        return (1, tuple(int(part) for part in re.split(r"[.-]", numbers[1])), version)
    return (2, (), version)


def aliases(version: str) -> tuple[str, ...]:
    """The spellings under which a landed row may carry the version, its own first.

    >>> aliases("1-1-0")
    ('1-1-0', '1.1.0')
    >>> aliases("3")
    ('3',)
    """
    found = _THREE.fullmatch(version)
    if not found:
        return (version,)
    parts = (found[1], found[3], found[4])
    return tuple(dict.fromkeys((version, "-".join(parts), ".".join(parts))))

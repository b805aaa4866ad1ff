"""What rules stand on: where a version's properties landed, and the place that a schema speaks of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, TypeAlias

from monitor.contract.drafts import ANNOTATIONS
from monitor.contract.field import Field, InColumn, InJson, InRow
from monitor.contract.scope import Scope
from monitor.sql.vocabulary import Expr, Path

if TYPE_CHECKING:
    from monitor.contract.alike import Alike

Lift: TypeAlias = Callable[[Expr], Expr]
"""From a predicate about an item to one about the row."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What rules of one event version stand on."""

    prefix: str
    """`order_completed@1-1-0`"""
    scope: Scope
    root: InJson | InRow
    """The object that holds all properties."""
    field: Callable[[Path, tuple[str, ...]], Field]
    """Where the property of a path and planned types is."""
    holder: Callable[[Path], InJson | InRow]
    """Where the object of a path is, whose keys are asked for."""
    other_keys: Callable[[Path, tuple[str, ...]], Expr | None]
    """Predicate: the object at a path has keys beside those; None where the landing cannot tell."""
    alike: "Alike"
    """What was compiled for other versions."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One place that a schema speaks of."""

    path: Path
    at: str
    """The same as a pointer."""
    field: Field
    scope: Scope
    types: tuple[str, ...]
    lifts: tuple[Lift, ...] = ()
    """Innermost last."""
    loose: bool = False
    """Within an array: not one of the places that the landing knows."""
    members: "dict[tuple[str, int], Spot]" = dataclass_field(default_factory=dict, init=False, compare=False)
    """Its properties that were looked for, by name and the identity of what is said of them."""


def pointer(path: Path) -> str:
    """A JSON pointer.

    >>> pointer(("address", "a/b"))
    '/address/a~1b'
    """
    plain = "/".join(("", *path))
    if plain.count("/") == len(path) and "~" not in plain:
        return plain
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def is_anything(schema: Any) -> bool:
    """A schema that every value fits."""
    return schema is True or (isinstance(schema, (dict, Mapping)) and schema.keys() <= ANNOTATIONS)


def cut_matters(name: str, value: Any, column: InColumn) -> bool:
    """Whether what a collector cut off a text could change a keyword's answer.

    A text that is as long as the limit was at least that long when it was sent: longer than any shorter
    `maxLength`, and none of an `enum` of shorter texts.
    """
    limit = column.truncates
    if limit is None or name in {"type", "required", "maxLength"}:
        return False
    if name == "minLength":
        return isinstance(value, int | float) and value > limit
    if name in {"enum", "const"}:
        values = value if name == "enum" and isinstance(value, list) else [value]
        return any(isinstance(one, str) and len(one) >= limit for one in values)
    return True

"""The few operations every rule and every landing is written in; one file per engine says them in its SQL.

An expression is a frozen value: equal expressions are written once in a scan, a contract's hash is the
hash of its expressions, and no rule knows which engine will run it. What looks inside one is in monitor/sql/tree.py.

Three-valued logic, once and for all: a *failing* predicate is true only where a row breaks a rule. NULL
counts as not failing, so a rule that must catch NULL says `IsNull`.
"""

from dataclasses import dataclass
from typing import Literal as OneOfTheseWords
from typing import TypeAlias

from monitor.catalog import Family

Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = tuple[str, ...]
"""Keys from a document's root: `("address", "city")`; `()` is the document itself."""
JsonKind: TypeAlias = OneOfTheseWords["null", "boolean", "integer", "number", "string", "array", "object"]
Operator: TypeAlias = OneOfTheseWords["=", "<>", "<", "<=", ">", ">="]


# ── places: where a JSON value is read ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class At:
    """A value inside a JSON document, read where it is used (once per table: event name, version)."""

    doc: "Expr"
    path: Path


@dataclass(frozen=True, slots=True)
class Extracted:
    """The `position`-th property of the row's own event version, extracted once per row by the scan."""

    position: int


@dataclass(frozen=True, slots=True)
class Item:
    """The array item, or the object member's value, at hand; only inside `AnyItem`, `CountItems` and `AnyMember`.

    `level` tells nested ones apart: the predicate of level 1 stands inside that of level 0 and may speak of both.
    """

    level: int = 0


@dataclass(frozen=True, slots=True)
class Nth:
    """The item of an array at an index from 0; absent where the place holds no array, or a shorter one."""

    place: "Place"
    index: int


Place: TypeAlias = At | Extracted | Item | Nth


# ── values ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Column:
    """A landed column, by its exact name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A value from the plan or the configuration; always bound or quoted by SQLAlchemy.

    Its kind counts: 1 and true are equal in Python, and are not one constant.
    """

    value: Scalar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and _same(self.value, other.value)

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class Text:
    """The JSON value at a place as text: strings without quotes, arrays and objects as JSON.

    NULL where the place is absent or holds JSON null.
    """

    place: Place


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text column read as a JSON document; NULL where it is not JSON."""

    expr: "Expr"


@dataclass(frozen=True, slots=True)
class Document:
    """The JSON value at a place as a document of its own, to look inside it: `At(Document(Item(0)), ("a",))`.

    NULL where the place is absent; JSON null stays a JSON null.
    """

    place: Place


@dataclass(frozen=True, slots=True)
class MemberName:
    """The name (text) of the object member at hand; only inside `AnyMember` of that level."""

    level: int = 0


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How many items the array at a place has; NULL where there is no array."""

    place: Place


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many distinct keys the object at a place has; NULL where there is no object."""

    place: Place


@dataclass(frozen=True, slots=True)
class CountItems:
    """For how many items of the array at a place the predicate (over `Item(level)`) is true; NULL: no array."""

    place: Place
    predicate: "Expr"
    level: int = 0


@dataclass(frozen=True, slots=True)
class CountTrue:
    """How many of these predicates are true: a whole number, never NULL."""

    exprs: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A document whose collector wraps it in one-item arrays (`[{…}]`, `[[{…}]]`): the innermost object."""

    doc: "Expr"


@dataclass(frozen=True, slots=True)
class Params:
    """A list of named parameters as one document: GA4's `event_params`.

    Each item is a struct {key, value: {string_value, int_value, float_value, double_value}}; the value is the one of
    the four that is set. `beside`: keys of the document that are columns of lists of structs (GA4's `items`), their
    NULL fields left out; a NULL or empty one is absent. Never NULL.
    """

    expr: "Expr"
    beside: tuple[tuple[str, "Expr"], ...] = ()


@dataclass(frozen=True, slots=True)
class SinceEpoch:
    """The timestamp (UTC) so many whole units after 1970-01-01; NULL where the number is NULL."""

    expr: "Expr"
    unit: OneOfTheseWords["seconds", "milliseconds", "microseconds"]


@dataclass(frozen=True, slots=True)
class TryCast:
    """The value as another family; NULL where it does not fit."""

    expr: "Expr"
    family: Family


@dataclass(frozen=True, slots=True)
class Whole:
    """A text as a whole number, exact to 38 digits; NULL where it is none or larger. A fraction is rounded."""

    expr: "Expr"


@dataclass(frozen=True, slots=True)
class Length:
    """Code points in a text."""

    expr: "Expr"


@dataclass(frozen=True, slots=True)
class Leading:
    """The first `count` characters of a text."""

    expr: "Expr"
    count: int


@dataclass(frozen=True, slots=True)
class Floor:
    """The largest whole number not above a number."""

    expr: "Expr"


@dataclass(frozen=True, slots=True)
class EpochHour:
    """Whole UTC hours since 1970-01-01 of a timestamp; a timestamp without a zone is UTC."""

    expr: "Expr"


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first that is not NULL."""

    exprs: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class NullIf:
    """NULL where the value equals the literal (an empty version is no version)."""

    expr: "Expr"
    value: Scalar


@dataclass(frozen=True, slots=True)
class Concat:
    """Texts joined; NULL where any is NULL."""

    exprs: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class SplitPart:
    """The `index`-th part (from 1) of a text split at a separator; empty text where there are fewer parts."""

    expr: "Expr"
    separator: str
    index: int


@dataclass(frozen=True, slots=True)
class Captured:
    """The first group of a regular expression's first match; NULL where it does not match."""

    expr: "Expr"
    pattern: str


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first arm whose predicate is true."""

    arms: tuple[tuple["Expr", "Expr"], ...]
    otherwise: "Expr"


# ── predicates ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class IsNull:
    """The value is NULL."""

    expr: "Expr"


@dataclass(frozen=True, slots=True)
class Exists:
    """The place is there, even if it holds JSON null."""

    place: Place


@dataclass(frozen=True, slots=True)
class Is:
    """The JSON value at a place is of one of these kinds; NULL where it is absent.

    `integer` includes numbers without a fraction (`1.0`) when `loose` is set (draft 6 and later).
    """

    place: Place
    kinds: tuple[JsonKind, ...]
    loose: bool = True


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of one family compared; NULL where either is."""

    left: "Expr"
    operator: Operator
    right: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class OneOf:
    """The value is among the listed ones; NULL where it is NULL."""

    expr: "Expr"
    values: tuple[Scalar, ...]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OneOf) or len(self.values) != len(other.values):
            return False
        return self.expr == other.expr and all(map(_same, self.values, other.values))

    def __hash__(self) -> int:
        return hash((self.expr, self.values))


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression (ECMA 262, as JSON Schema has it) matches somewhere in the text."""

    expr: "Expr"
    pattern: str


@dataclass(frozen=True, slots=True)
class HasOtherKeys:
    """The object at a path of a document has a key that is not among the declared ones.

    `places` are where those declared keys are read anyway: an engine may compare counts first.
    """

    doc: "Expr"
    path: Path
    declared: tuple[str, ...]
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class MoreKeys:
    """The object at a path of a document has more keys than there are values at these places: a cheap first look."""

    doc: "Expr"
    path: Path
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class AnyItem:
    """The value at a place is an array, and the predicate (over `Item(level)`) is true for an item from `start` on.

    False, never NULL, where there is no array.
    """

    place: Place
    predicate: "Expr"
    level: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class AnyMember:
    """The value at a place is an object, and the predicate is true for one of its members.

    The predicate speaks of `MemberName(level)` and `Item(level)`, the member's value. False where there is no object.
    """

    place: Place
    predicate: "Expr"
    level: int = 0


@dataclass(frozen=True, slots=True)
class Repeats:
    """The array at a place has two items that are equal as JSON: `1` and `1.0` are, `1` and `true` are not.

    Objects are equal whatever the order of their keys; arrays item by item; to any depth. False: no array.
    """

    place: Place


@dataclass(frozen=True, slots=True)
class MultipleOf:
    """A text that is a number is a whole multiple of a divisor, exactly (decimal); NULL where it is no number.

    `divisor` is a positive decimal as it is written in the plan: `0.01`, `5`, `1e-8`.
    """

    expr: "Expr"
    divisor: str


@dataclass(frozen=True, slots=True)
class Not:
    """Negation; NULL stays NULL."""

    expr: "Expr"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    exprs: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    exprs: tuple["Expr", ...]


Expr: TypeAlias = (
    Column
    | Literal
    | Text
    | Parsed
    | Document
    | MemberName
    | ItemCount
    | KeyCount
    | CountItems
    | CountTrue
    | Unwrapped
    | Params
    | SinceEpoch
    | TryCast
    | Whole
    | Length
    | Leading
    | Floor
    | EpochHour
    | Coalesce
    | NullIf
    | Concat
    | SplitPart
    | Captured
    | Case
    | IsNull
    | Exists
    | Is
    | Compare
    | OneOf
    | Matches
    | HasOtherKeys
    | MoreKeys
    | AnyItem
    | AnyMember
    | Repeats
    | MultipleOf
    | Not
    | And
    | Or
)


def _same(one: Scalar, other: Scalar) -> bool:
    return type(one) is type(other) and one == other

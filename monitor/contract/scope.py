"""Compiling a schema inside a rule: any sub-schema becomes the predicate "the value here breaks it".

A predicate may be NULL where the value is absent, which counts as not breaking. What negates one (`not`, `oneOf`,
`contains`) sees to it that NULL is false, and that a value is there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from monitor.contract.drafts import ANNOTATIONS, REFUSED, Dialect
from monitor.contract.field import Field, InColumn, InJson, InRow, NoColumn, not_landed
from monitor.contract.kinds import types_of
from monitor.contract.model import Compiled, Declined, Draft, Extract, Undecidable, Verdict
from monitor.contract.refs import Resolver, Unresolved
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

MOST_PARTS = 2_500
"""Keywords and values in one rule: more is no statement that every warehouse reads."""
DEEPEST = 24
"""Schemas within schemas in one rule."""
DEEPEST_ITEMS = 6
"""Arrays within arrays that items are asked of."""
_WORDS = 160

_OF_SCALARS = frozenset(
    {
        "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "pattern", "format",
    }
)  # fmt: skip

FALSE = sql.Literal(value=False)
TRUE = sql.Literal(value=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """How schemas are read."""

    formats: bool = True
    """`format` is checked; False: it only annotates."""
    documents: Mapping[str, Any] = field(default_factory=dict)
    """Documents that a `$ref` may lead to, by URI. Nothing is ever fetched."""


AS_USUAL = Reading()


class Unsaid(Exception):  # noqa: N818 - a verdict, not a fault
    """Part of a rule cannot be compiled: the whole rule has this verdict."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


class Budget:
    """How much one rule, or one version, may still grow."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, parts: int = 1) -> None:
        """Raises Unsaid where nothing is left."""
        self.left -= parts
        if self.left < 0:
            raise Unsaid(Declined("too large to say in one statement"))


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword of one schema: `minimum: 0`, with its neighbours, which some keywords look at."""

    name: str
    value: Any
    schema: Mapping[str, Any]
    scope: "Scope"


Compile: TypeAlias = Callable[[Keyword, Field], Draft]


@dataclass(frozen=True, slots=True)
class Judged:
    """A schema at one place: true where the value breaks it, and what it asks, in words."""

    fails: Expr
    words: str

    @property
    def fits(self) -> Expr:
        """True where the value fits it, or there is none; never NULL."""
        return negated(self.fails)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a schema is read with: its draft, its references, how keys land, and how deep it stands."""

    compilers: Mapping[str, Compile]
    resolver: Resolver
    dialect: Dialect
    base: str
    reading: Reading = AS_USUAL
    naming: Callable[[str], str] | None = None
    """From a planned key to the landed one; None: they are the same."""
    positions: Mapping[Extract, int] = field(default_factory=dict)
    """Where the scan has read a path of the document already."""
    inside: bool = False
    """Within a rule: nothing about the value is told by another rule."""
    level: int = 0
    depth: int = 0
    parents: frozenset[int] = frozenset()
    """Schemas that a `$ref` on the way here led to."""
    budget: Budget = field(default_factory=lambda: Budget(MOST_PARTS))

    # ── keys and places ─────────────────────────────────────────────────────────────────────────────

    def landed(self, key: str) -> str:
        """A planned key as it landed."""
        return self.naming(key) if self.naming else key

    def child(self, of: InJson | InRow, key: str, schema: Any) -> Field:
        """Where an object's member is."""
        if isinstance(of, InRow):
            return of.member(key, self.types(schema))
        doc, path = of.doc, (*of.path, self.landed(key))
        position = self.positions.get(Extract(doc, path))
        place: sql.Place = sql.At(doc, path) if position is None else sql.Extracted(position)
        return InJson(place, doc, path, of.loose)

    def item(self, loose: bool) -> InJson:  # noqa: FBT001 - a field's own word
        """The array item or member at hand one level down."""
        if self.level >= DEEPEST_ITEMS:
            raise Unsaid(Declined(f"arrays and maps nested deeper than {DEEPEST_ITEMS}"))
        here = sql.Item(self.level)
        return InJson(here, sql.Document(here), (), loose)

    def below(self) -> "Scope":
        """The scope of a predicate about items or members."""
        return replace(self, level=self.level + 1)

    # ── schemas ─────────────────────────────────────────────────────────────────────────────────────

    def types(self, schema: Any) -> tuple[str, ...]:
        """The kinds that a schema lets in; empty where it does not say."""
        return types_of(schema, lambda found: self.follow(found)[0], lonely=self.dialect.lonely)

    def follow(self, schema: Mapping[str, Any]) -> "tuple[Any, Scope]":
        """What a schema's `$ref` means, and the scope it is read in; (None, …) where it leads nowhere."""
        try:
            return self.target(schema["$ref"])
        except Unsaid:
            return None, self

    def target(self, reference: Any) -> "tuple[Any, Scope]":
        """The schema that a reference means. Raises Unsaid with the reason where it is refused."""
        if not isinstance(reference, str):
            raise Unsaid(Declined("$ref wants a text"))
        try:
            found = self.resolver.resolve(reference, self.base)
        except (Unresolved, ValueError) as reason:
            raise Unsaid(Declined(str(reason))) from None
        if id(found.schema) in self.parents:
            raise Unsaid(Declined(f"$ref {reference!r} is recursive"))
        parents = self.parents | {id(found.schema)} if isinstance(found.schema, Mapping) else self.parents
        return found.schema, replace(self, dialect=found.dialect, base=found.base, parents=parents)

    def entered(self, schema: Mapping[str, Any]) -> "Scope":
        """The scope inside a schema, whose `$id` may move what its references are relative to."""
        said = schema.get(self.dialect.identifier)
        if not isinstance(said, str):
            return self
        return replace(self, base=self.resolver.moved(schema, self.base, self.dialect))

    def judge(self, schema: Any, at: Field) -> Judged:
        """A schema asked of a value. Raises Unsaid where any part of it cannot be."""
        self.budget.spend()
        if schema is True:
            return Judged(FALSE, "is anything")
        if schema is False:
            return Judged(there(at), "is absent")
        if not isinstance(schema, Mapping):
            raise Unsaid(Declined("a schema is a mapping, or true or false"))
        if self.depth >= DEEPEST:
            raise Unsaid(Declined(f"schemas nested deeper than {DEEPEST}"))
        scope = replace(self.entered(schema), depth=self.depth + 1, inside=True)
        drafts = [draft for name in self.asked(schema) if (draft := scope.part(name, schema, at)) is not None]
        fails = any_of(draft.verdict.fails for draft in drafts if isinstance(draft.verdict, Compiled))
        return Judged(fails, _joined(tuple(draft.sentence for draft in drafts)) or "is anything")

    def asked(self, schema: Mapping[str, Any]) -> tuple[str, ...]:
        """The keywords of a schema that say something about validity, in its own order."""
        if self.dialect.lonely and "$ref" in schema:
            return ("$ref",)
        said = (name for name in schema if name not in ANNOTATIONS)
        return tuple(name for name in said if name != "format" or self.reading.formats)

    def part(self, name: str, schema: Mapping[str, Any], at: Field) -> Draft | None:
        """One keyword inside a rule; None where it passes over such values. Raises Unsaid where it cannot be."""
        self.budget.spend()
        draft = self.draft(name, schema, at)
        if isinstance(draft.verdict, Undecidable) and draft.verdict.vacuous:
            return None
        if not isinstance(draft.verdict, Compiled):
            raise Unsaid(draft.verdict)
        return draft

    def draft(self, name: str, schema: Mapping[str, Any], at: Field) -> Draft:
        """One keyword of a schema at a place, with its verdict."""
        reason = self.dialect.unknown(name) or REFUSED.get(name, "")
        if reason:
            return Draft(Declined(reason), f"has {name}")
        if isinstance(at, InRow) and name in _OF_SCALARS:
            return Draft(_of_row(name, schema[name], at), f"has {name}")
        if self.inside and isinstance(at, InColumn) and not at.kinds:
            return Draft(Undecidable("the plan does not say what kinds of values the column holds"), f"has {name}")
        try:
            return self.compilers[name](Keyword(name, schema[name], schema, self), at)
        except Unsaid as unsaid:
            return Draft(unsaid.verdict, f"has {name}")


def _of_row(name: str, value: Any, at: InRow) -> Verdict:
    """What a keyword about scalars says of an object in columns: nothing, or that it is one."""
    if name in {"enum", "const"}:
        return Undecidable("the object lands flattened")
    if name == "type" and "object" not in (value if isinstance(value, list) else [value]):
        return Compiled(TRUE) if at.whole else Undecidable("the object lands flattened")
    return Undecidable(f"{name} speaks of what is no object, or of objects alone", vacuous=True)


def there(at: Field) -> Expr:
    """True where a value is there, null or not; never NULL."""
    if isinstance(at, InJson):
        return TRUE if isinstance(at.place, sql.Item) else at.exists
    if isinstance(at, NoColumn):
        raise Unsaid(not_landed(at))
    if isinstance(at, InRow):
        return TRUE
    return TRUE if at.name is not None else sql.Not(sql.IsNull(at.value))


def negated(expr: Expr) -> Expr:
    """True where a predicate is false or NULL."""
    if isinstance(expr, sql.Literal):
        return sql.Literal(value=not expr.value)
    return sql.Not(sql.Coalesce((expr, FALSE)))


def any_of(exprs: Iterable[Expr]) -> Expr:
    """Any of these predicates; what is never true is left out."""
    arms: dict[Expr, None] = {}
    for expr in exprs:
        if expr == TRUE:
            return TRUE
        for part in expr.exprs if isinstance(expr, sql.Or) else (expr,):
            if part != FALSE:
                arms[part] = None
    kept = tuple(arms)
    return (kept[0] if len(kept) == 1 else sql.Or(kept)) if kept else FALSE


def all_of(*exprs: Expr) -> Expr:
    """All of these predicates; what is always true is left out."""
    kept = tuple(dict.fromkeys(expr for expr in exprs if expr != TRUE))
    if FALSE in kept:
        return FALSE
    return (kept[0] if len(kept) == 1 else sql.And(kept)) if kept else TRUE


def shortened(words: str) -> str:
    """A sentence that a line can hold."""
    return words if len(words) <= _WORDS else words[: _WORDS - 1] + "…"


def _joined(sentences: tuple[str, ...]) -> str:
    return shortened(" and ".join(dict.fromkeys(sentences)))

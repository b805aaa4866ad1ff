"""What a readable plan leaves unsaid or probably says wrong. Pure: a plan in, its lints out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from monitor.plan.keywords import KNOWN, Path, pointer, types, walk
from monitor.plan.model import Event, EventVersion, Plan, Schema, Status
from monitor.plan.nearest import distance
from monitor.plan.schemaver import SchemaVer, schemaver
from monitor.plan.twins import near_duplicates


class LintSeverity(StrEnum):
    """How much a lint matters."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Lint:
    """One lint: where in the plan, what is the matter, and what to do about it."""

    severity: LintSeverity
    where: str
    """The file and line, as the reader tells it."""
    event: str
    version: str
    """Empty where the event as a whole is meant."""
    pointer: str
    """The place inside the version's schema (`/properties/currency`); empty where none is meant."""
    problem: str
    hint: str = ""


LONG_KEYWORD = 6
"""Letters from which on two slips still leave a keyword recognizable."""

Said: TypeAlias = tuple[LintSeverity, Path, str, str]
SchemaLint: TypeAlias = Callable[[Path, Schema], Iterator[Said]]


def lint(plan: Plan) -> tuple[Lint, ...]:
    """Every lint of the plan, by event and version."""
    found = [one for event in plan.events for one in _event(event)]
    wheres = {event.name: event.where for event in plan.events}
    for first, second in near_duplicates([event.name for event in plan.events]):
        problem = f"is named almost like {first!r}"
        hint = "use one name, or tell apart what each of them counts"
        found.append(Lint(LintSeverity.WARNING, wheres[second], second, "", "", problem, hint))
    order = {event.name: place for place, event in enumerate(plan.events)}
    return tuple(sorted(found, key=lambda one: order[one.event]))


def _event(event: Event) -> Iterator[Lint]:
    for severity, problem, hint in _unsaid(event):
        yield Lint(severity, event.where, event.name, "", "", problem, hint)
    for held in event.versions:
        for severity, path, problem, hint in _version(held):
            yield Lint(severity, held.where, event.name, held.version, pointer(path), problem, hint)
    for held, problem in _gaps(event.versions):
        hint = "SchemaVer counts without gaps; was a version left out of the plan?"
        yield Lint(LintSeverity.INFO, held.where, event.name, held.version, "", problem, hint)


def _unsaid(event: Event) -> Iterator[tuple[LintSeverity, str, str]]:
    if not event.team:
        yield LintSeverity.WARNING, "has no owner", "add `team:`, so that somebody hears of it"
    if not event.description.strip():
        yield LintSeverity.INFO, "has no description", "add `description:`: what happened when it is sent"
    if not any(held.status is Status.LIVE for held in event.versions):
        problem = "has no live version: every row of it will be a finding or goes unchecked"
        yield LintSeverity.WARNING, problem, "set one version to `status: live`, or retire the event"


def _version(held: EventVersion) -> Iterator[Said]:
    if held.until is None and held.status in {Status.DEPRECATED, Status.RETIRED}:
        hint = "add `until:`, its last day"
        yield LintSeverity.WARNING, (), f"is {held.status} without a last day", hint
    if held.until is not None and held.status in {Status.LIVE, Status.DRAFT}:
        hint = "deprecated and retired versions have one"
        yield LintSeverity.WARNING, (), f"is {held.status} and has a last day, which has no effect", hint
    for path, schema in walk(held.schema):
        for check in SCHEMA_LINTS:
            yield from check(path, schema)


def _unknown_keyword(path: Path, schema: Schema) -> Iterator[Said]:
    for key in schema:
        if key in KNOWN or key.startswith(("x-", "$")):
            continue
        meant = _meant(key)
        if meant:
            yield LintSeverity.WARNING, (*path, key), f"keyword {key!r} is not known", f"did you mean '{meant}'?"
        else:
            hint = "start it with `x-` if it is a note"
            yield LintSeverity.INFO, (*path, key), f"keyword {key!r} is not known: it checks nothing", hint


def _meant(key: str) -> str | None:
    """The keyword that a key misspells: two slips at most, one in a short word."""
    limit = 1 if len(key) < LONG_KEYWORD else 2
    ranked = sorted((distance(key.casefold(), word.casefold(), limit), word) for word in KNOWN)
    return ranked[0][1] if ranked[0][0] <= limit else None


def _undeclared_required(path: Path, schema: Schema) -> Iterator[Said]:
    declared = schema.get("properties")
    if not isinstance(declared, dict) or "patternProperties" in schema:
        return
    for name in schema.get("required", ()):
        if name not in declared:
            hint = "declare it in properties, with its type"
            yield LintSeverity.WARNING, (*path, "required"), f"requires {name!r}, which it does not declare", hint


def _enum_without_null(path: Path, schema: Schema) -> Iterator[Said]:
    named = types(schema)
    if "enum" in schema and len(named) > 1 and "null" in named and None not in schema["enum"]:
        problem = "may be null by its type, but enum omits null: null is invalid"
        yield LintSeverity.WARNING, (*path, "enum"), problem, "add null to enum, or drop it from type"


def _enum_beside_type(path: Path, schema: Schema) -> Iterator[Said]:
    named = types(schema)
    for place, value in enumerate(schema.get("enum", ())):
        if named and not any(_is(value, name) for name in named) and value is not None:
            problem = f"enum lists a value that is not of type {' or '.join(named)}: no row can fit it"
            yield LintSeverity.WARNING, (*path, "enum", place), problem, "correct the value or the type"


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    kinds: dict[str, type | tuple[type, ...]] = {
        "array": list,
        "integer": (int, float),
        "number": (int, float),
        "object": dict,
        "string": str,
    }
    whole = name != "integer" or not isinstance(value, float) or value.is_integer()
    return name in kinds and isinstance(value, kinds[name]) and whole


SCHEMA_LINTS: tuple[SchemaLint, ...] = (_unknown_keyword, _undeclared_required, _enum_without_null, _enum_beside_type)


def _gaps(versions: tuple[EventVersion, ...]) -> Iterator[tuple[EventVersion, str]]:
    """Versions whose predecessor the plan lacks.

    1-0-0 is the first; m-0-0 follows any version of model m-1, m-r-0 any of revision r-1, m-r-a addition a-1.
    """
    read = [(held, found) for held in versions if (found := schemaver(held.version))]
    known = {found for _, found in read}
    for held, found in read:
        missing = _missing_before(found, known)
        if missing:
            yield held, f"follows {missing}, which the plan does not have"


def _missing_before(version: SchemaVer, known: set[SchemaVer]) -> str:
    model, revision, addition = version.model, version.revision, version.addition
    if addition:
        before = SchemaVer(model, revision, addition - 1)
        return "" if before in known else str(before)
    if revision:
        found = any(one.model == model and one.revision == revision - 1 for one in known)
        return "" if found else f"{model}-{revision - 1}-*"
    if model > 1:
        return "" if any(one.model == model - 1 for one in known) else f"{model - 1}-*-*"
    return ""

"""A table's contract without what the warehouse refuses: the refused rules say why, and the others are asked. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TypeAlias

from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Compiled, Rule, Unmeasurable
from monitor.sql.vocabulary import Expr

Refused: TypeAlias = Mapping[str, str]
"""What is refused (`askable`) → the engine's own words."""


def askable(table: BoundTable) -> tuple[str, ...]:
    """Names of everything that a scan asks beyond the rows themselves: rules by id, properties, undeclared ones."""
    return tuple(name for name, _ in asked(table))


def asked(table: BoundTable) -> Iterator[tuple[str, Expr]]:
    """The same, each with what is asked."""
    return (one for version in table.versions for one in _asked(version))


def without(table: BoundTable, refused: Refused) -> BoundTable:
    """The table with these names not asked. Its hash is another one, since its scan is."""
    return replace(table, versions=versions_without(table.versions, refused), hash=renamed(table.hash, refused))


def versions_without(versions: Iterable[BoundVersion], refused: Refused) -> tuple[BoundVersion, ...]:
    """The versions with these names not asked."""
    return tuple(_without(version, refused) for version in versions)


def renamed(digest: str, refused: Refused) -> str:
    """The hash of a contract of which these names are not asked."""
    text = "\n".join((digest, *sorted(refused)))
    return sha256(text.encode()).hexdigest()[:16]


def _asked(version: BoundVersion) -> Iterator[tuple[str, Expr]]:
    yield from ((rule.id, rule.verdict.fails) for rule in version.rules if isinstance(rule.verdict, Compiled))
    yield from ((_of_property(version, one), one.present) for one in version.properties if one.present is not None)
    if version.undeclared is not None:
        yield _of_undeclared(version), version.undeclared


def _of_property(version: BoundVersion, one: BoundProperty) -> str:
    return f"{version.key}@{version.version}#{one.pointer}:(present)"


def _of_undeclared(version: BoundVersion) -> str:
    return f"{version.key}@{version.version}#:(undeclared)"


def _without(version: BoundVersion, refused: Refused) -> BoundVersion:
    if not any(name in refused for name, _ in _asked(version)):
        return version
    kept = replace(
        version,
        rules=tuple(_unmeasurable(rule, refused[rule.id]) if rule.id in refused else rule for rule in version.rules),
        properties=tuple(
            replace(one, present=None) if _of_property(version, one) in refused else one for one in version.properties
        ),
        undeclared=None if _of_undeclared(version) in refused else version.undeclared,
    )
    # Where nothing is asked of a document it is not read: reading it may be what is refused.
    return kept if any(_asked(kept)) else replace(kept, extracts=())


def _unmeasurable(rule: Rule, reason: str) -> Rule:
    return replace(rule, verdict=Unmeasurable(f"the warehouse refuses it: {reason}"), expectation=None, test=None)

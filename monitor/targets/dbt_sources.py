"""dbt sources: one per schema, with its landed tables, their columns, freshness, owners and data tests."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TypeAlias

from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Compiled, Contract, Rule
from monitor.errors import TargetError
from monitor.measure.rows import arrival
from monitor.plan.model import Event
from monitor.sql import tree
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.targets.jinja import verbatim
from monitor.targets.names import digest, slug
from monitor.targets.yaml_text import Value

Fields: TypeAlias = dict[str, Value]

PREFIX = "trackwarden"
"""Tags and data tests that begin so are ours."""

_NAMED = 12
_UNNAMEABLE = re.compile(r"[\"`\x00-\x1f\\]")
_PLAIN_COLUMN = re.compile(r"[\w $.-]+")
_PLAIN_VALUE = re.compile(r"[^'\\{}\x00-\x1f]*")
_PLAIN_WHERE = re.compile(r"[^\\{}%#\x00-\x08\x0e-\x1f]*")


def source_name(schema: str) -> str:
    """What the source of a schema is called; the connection's own schema has no name of its own."""
    return schema or "landed"


def source(contract: Contract, schema: str, tables: Sequence[BoundTable], how: tuple[str, str]) -> Fields:
    """One schema's source; `how` is the engine and which data tests. Raises TargetError."""
    events = {event.name: event for event in contract.plan.events}
    said: Fields = {
        "name": verbatim(source_name(schema)),
        "schema": verbatim(schema) if schema else "{{ target.schema }}",
        "quoting": {"schema": True, "identifier": True},
        "config": {"meta": {PREFIX: {"generated": True}}, "tags": [PREFIX]},
        "tables": [_Table(table, events, *how).fields() for table in tables],
    }
    return said


def nameable(name: str, where: str) -> str:
    """A name that dbt can quote: it writes quotes around a name and never doubles one within."""
    if _UNNAMEABLE.search(name):
        raise TargetError(
            f"dbt cannot name {name!r}: it does not escape quotes in names",
            where=where,
            hint="give the table another name, or a view of that name, or set `targets.dbt: null`",
        )
    return name


class _Table:
    """One landed table on its way into YAML."""

    def __init__(self, table: BoundTable, events: dict[str, Event], engine: str, data_tests: str) -> None:
        self.table, self.landed = table, table.landed
        landed = {version.event for version in table.versions if not version.payload_missing}
        self.events = [events[held.event] for held in table.landed.events if held.event in landed]
        self.engine, self.data_tests = engine, data_tests

    def fields(self) -> Fields:
        described = {"description": verbatim(text)} if (text := self._description()) else {}
        return {
            "name": verbatim(nameable(self.landed.table.ref.name, str(self.landed.table.ref))),
            **described,
            "config": self._config(),
            "columns": [self._column(column.name, column.native) for column in self.landed.table.columns],
        }

    def _description(self) -> str:
        if len(self.events) == 1:
            return self.events[0].description.strip()
        names = [event.name for event in self.events]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"Holds {', '.join(names[:_NAMED])}{more}." if names else "Holds no planned event's properties yet."

    def _config(self) -> Fields:
        came = arrival(self.landed)
        owners = list(dict.fromkeys(event.team for event in self.events if event.team))
        tiers = dict.fromkeys(event.tier.value for event in self.events)
        tags = [
            PREFIX,
            *(f"{PREFIX}_{tier}" for tier in sorted(tiers)),
            *(f"{PREFIX}_{slug(o)}" for o in sorted(owners)),
        ]
        config: Fields = {}
        if came is not None:
            say = writer(self.engine)
            config["loaded_at_field"] = verbatim(say.compile(say.expr(came)))
            config["freshness"] = {"warn_after": _period(self.landed.lag)}
        meta: Fields = {PREFIX: self._meta()}
        if owners:
            meta["owner"] = verbatim(owners[0]) if len(owners) == 1 else [verbatim(owner) for owner in owners]
        return {**config, "meta": meta, "tags": list(dict.fromkeys(tags))}

    def _meta(self) -> Fields:
        versions: dict[str, list[str]] = {}
        for version in self.table.versions:
            versions.setdefault(version.event, []).append(version.version)
        return {
            "landing": verbatim(self.landed.landing),
            "environment": verbatim(self.landed.env),
            "events": [
                {
                    "event": verbatim(event.name),
                    "tier": event.tier.value,
                    "versions": list(versions.get(event.name, ())),
                }
                for event in self.events
            ],
        }

    # ── columns ─────────────────────────────────────────────────────────────────────────────────────

    def _column(self, name: str, native: str) -> Fields:
        holding = [
            (version, prop)
            for version in self.table.versions
            for prop in version.properties
            if prop.landed and prop.column == name
        ]
        description = next((prop.description.strip() for _, prop in reversed(holding) if prop.description.strip()), "")
        said: Fields = {"name": verbatim(name), "quote": True, "data_type": verbatim(native)}
        if description:
            said["description"] = verbatim(description)
        said["config"] = {"meta": {PREFIX: self._column_meta(name, holding)}}
        if tests := list(self._tests(name, holding)):
            said["data_tests"] = tests
        return said

    def _column_meta(self, name: str, holding: Sequence[tuple[BoundVersion, BoundProperty]]) -> Fields:
        if not holding:
            document = any(
                tree.columns(version.document) == {name} for version in self.table.versions if version.document
            )
            return {
                "role": "document" if document else "collector" if name in self.landed.own_columns else "undeclared"
            }
        said: Fields = {
            "role": "property",
            "property": verbatim(holding[-1][1].name),
            "versions": list(dict.fromkeys(version.version for version, _ in holding)),
        }
        if any(prop.pii for _, prop in holding):
            said["pii"] = True
        return said

    # ── data tests ──────────────────────────────────────────────────────────────────────────────────

    def _tests(self, name: str, holding: Sequence[tuple[BoundVersion, BoundProperty]]) -> Iterator[Value]:
        if self.data_tests == "none" or not _PLAIN_COLUMN.fullmatch(name):
            return
        if self.landed.id is not None and tree.columns(self.landed.id) == {name}:
            yield from (self._test(kind, name, "") for kind in ("unique", "not_null"))
        wanted: dict[Rule, list[BoundVersion]] = {}
        for version, prop in holding:
            for rule in version.rules:
                if rule.pointer == prop.pointer and self._is_asked(rule):
                    wanted.setdefault(_same(rule), []).append(version)
        for rule, versions in wanted.items():
            if (where := self._where(versions)) is not None:
                yield self._rule_test(rule, name, where)

    def _is_asked(self, rule: Rule) -> bool:
        if rule.test is None or not isinstance(rule.verdict, Compiled):
            return False
        return rule.test.name == "not_null" or (self.data_tests == "full" and _safe(_values(rule)))

    def _rule_test(self, rule: Rule, name: str, where: str) -> Value:
        assert rule.test is not None  # noqa: S101 - `_is_asked` says so
        values = _values(rule)
        if not values:
            return self._test(rule.test.name, name, where)
        quoted = all(isinstance(value, str) for value in values)
        arguments: Fields = {"values": list(values), **({} if quoted else {"quote": False})}
        return self._test(rule.test.name, name, where, arguments)

    def _test(self, kind: str, column: str, where: str, arguments: Fields | None = None) -> Value:
        said = (self.table.key, column, kind, where, repr(arguments))
        config: Fields = {"severity": "warn", **({"where": where} if where else {})}
        test: Fields = {"name": f"{PREFIX}_{kind}_{digest(repr(said))[:12]}"}
        return {kind: {**test, **({"arguments": arguments} if arguments else {}), "config": config}}

    def _where(self, versions: Sequence[BoundVersion]) -> str | None:
        """Which rows a test is about; None where it cannot be said without dbt reading it otherwise."""
        landed = self.landed
        arms = []
        for version in versions:
            named = [] if isinstance(landed.event, v.Literal) else [v.OneOf(landed.event, version.raw_events)]
            arms.append(v.And((*named, v.OneOf(landed.version, version.raw_versions))))
        if len(self.events) == 1 and len(versions) == len(self.table.versions):
            # Every planned version asks it: said by version all the same, since unplanned ones do not.
            raw = tuple(dict.fromkeys(raw for version in versions for raw in version.raw_versions))
            arms = [v.And((*arms[0].exprs[:-1], v.OneOf(landed.version, raw)))]
        say = writer(self.engine)
        text = " ".join(say.compile(say.expr(v.Or(tuple(arms)) if len(arms) > 1 else arms[0])).split())
        return text if _PLAIN_WHERE.fullmatch(text) else None


def _same(rule: Rule) -> Rule:
    """The rule without what differs between versions that ask the same."""
    assert isinstance(rule.verdict, Compiled)  # noqa: S101 - `_is_asked` says so
    return Rule("", "", rule.keyword, rule.value, "", rule.verdict, None, rule.test)


def _values(rule: Rule) -> tuple[str | int | float | bool | None, ...]:
    arguments = dict(rule.test.arguments) if rule.test else {}
    values = arguments.get("values", ())
    return values if isinstance(values, tuple) else (values,)


def _safe(values: Iterable[str | float | bool | None]) -> bool:
    """All of one kind, and sayable: dbt's test puts texts between quotes without escaping them."""
    listed = list(values)
    texts = [value for value in listed if isinstance(value, str)]
    numbers = [value for value in listed if isinstance(value, int | float) and not isinstance(value, bool)]
    one_kind = len(texts) == len(listed) or len(numbers) == len(listed)
    return bool(listed) and one_kind and all(_PLAIN_VALUE.fullmatch(text) for text in texts)


def _period(lag: timedelta) -> Fields:
    minutes = max(1, round(lag.total_seconds() / 60))
    return {"count": minutes // 60, "period": "hour"} if minutes % 60 == 0 else {"count": minutes, "period": "minute"}

"""Every schema of iglu-central compiles, and finds invalid what `jsonschema` finds invalid."""

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.validators import extend

from monitor.contract.model import Compiled
from monitor.contract.scope import Reading
from tests.conformance.schemas import _multiple_of
from tests.conformance.suite import Side, bound, broken
from tests.fakes.duck import Duck

SIDE = Side(Duck())
INSTANCES = 25
UNRESOLVABLE = 2
"""Schemas whose `$ref` leads to another server."""
VALIDATOR = extend(jsonschema.Draft4Validator, {"multipleOf": _multiple_of})  # type: ignore[no-untyped-call]
ODD: tuple[Any, ...] = (None, True, 0, -1, 1.5, 2**53 + 1, "", "a", "é😀", "x" * 300, [], [1], ["a", "a"], {}, {"a": 1})


class Maker:
    """Instances of a schema: mostly what it asks for, now and then something else. The same for the same seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same every time

    def instance(self, schema: Any, wild: float, depth: int = 0) -> Any:
        """A value; `wild` is the chance that any part of it is not what is asked for."""
        if not isinstance(schema, Mapping) or self.random.random() < wild or depth > 12:
            return self.random.choice(ODD)
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        for name in ("oneOf", "anyOf", "allOf"):
            if schema.get(name) and self.random.random() < 0.8:
                return self.instance({**schema, name: [], **self.random.choice(schema[name])}, wild, depth + 1)
        said = schema.get("type", "object" if "properties" in schema else "string")
        kind = self.random.choice(said) if isinstance(said, list) else said
        return getattr(self, f"_{kind}", self._string)(schema, wild, depth)

    def _object(self, schema: Mapping[str, Any], wild: float, depth: int) -> Any:
        required, made = schema.get("required", ()), {}
        for name, sub in schema.get("properties", {}).items():
            if name in required or self.random.random() < 0.5:
                made[name] = self.instance(sub, wild, depth + 1)
        for name in required:
            made.setdefault(name, "a")
        if made and self.random.random() < wild:
            del made[self.random.choice(list(made))]
        if self.random.random() < wild:
            made["unplanned"] = 1
        return made

    def _array(self, schema: Mapping[str, Any], wild: float, depth: int) -> Any:
        sub = schema.get("items", {})
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + 3), least + 3) + (self.random.random() < wild)
        return [
            self.instance(sub[0] if isinstance(sub, list) and sub else sub, wild, depth + 1)
            for _ in range(self.random.randint(least, max(least, most)))
        ]

    def _integer(self, schema: Mapping[str, Any], *_: Any) -> Any:
        low, high = int(schema.get("minimum", -5)), int(schema.get("maximum", 2**31))
        return self.random.choice((low, high, low - 1, high + 1, self.random.randint(low, max(low, high)), 1.0))

    def _number(self, schema: Mapping[str, Any], *rest: Any) -> Any:
        return self._integer(schema, *rest) + self.random.choice((0, 0.5))

    def _boolean(self, *_: Any) -> Any:
        return self.random.random() < 0.5

    def _null(self, *_: Any) -> Any:
        return None

    def _string(self, schema: Mapping[str, Any], *_: Any) -> Any:
        low, high = schema.get("minLength", 0), schema.get("maxLength", 40)
        length = self.random.choice((low, min(high, 5_000), min(high, 5_000) + 1, max(low - 1, 0), 5))
        usual = ("2026-02-28T10:00:00Z", "5f0c7d5e-5c5b-4c5b-8c5b-5c5b5c5b5c5b", "https://a.b/c", "US", "1.2.3")
        return self.random.choice((*usual, "é" * length, "a" * length, "1" * length))


def schemas(folder: Path) -> Iterator[tuple[str, Any]]:
    for file in sorted(folder.glob("iglu-central/schemas/*/*/jsonschema/*")):
        yield "/".join(file.parts[-4:]), json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_what_iglu_central_calls_invalid_is_counted_as_invalid(shared: Path) -> None:
    refused, wrong, compared, failed = [], [], 0, 0
    for name, schema in schemas(shared / "data"):
        maker = Maker(name)
        rows = [maker.instance(schema, 0.0 if n % 3 == 0 else 0.05) for n in range(INSTANCES)]
        table = bound(SIDE, schema, rows, Reading(formats=False))
        if not all(isinstance(rule.verdict, Compiled) for rule in table.versions[0].rules):
            refused.append(name)
            continue
        judge = VALIDATOR(schema)
        expected = {n for n, row in enumerate(rows) if not judge.is_valid(row)}
        wrong += [(name, n, json.dumps(rows[n])[:300]) for n in broken(SIDE, table) ^ expected]
        compared, failed = compared + len(rows), failed + len(expected)
    assert not wrong
    assert len(refused) == UNRESOLVABLE, refused
    assert compared == (660 - UNRESOLVABLE) * INSTANCES
    assert 0.2 < failed / compared < 0.9, "both valid and invalid rows were compared"

"""Iglu's static layout: `schemas/{vendor}/{name}/jsonschema/{M-R-A}`, self-describing JSON Schemas.

Source: https://docs.snowplow.io/docs/api-reference/iglu/iglu-repositories/static-repo/. An event's
name is `vendor/name`. A schema that cannot be used is refused with a reason, and the others are read.
"""

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import PlanError
from monitor.plan.build import build_plan
from monitor.plan.keywords import Path as Inside
from monitor.plan.keywords import is_draft_4, pointer
from monitor.plan.model import Event, EventVersion, Plan, Refused, Schema
from monitor.plan.refs import expand
from monitor.plan.sanity import flaws
from monitor.plan.schemaver import schemaver, version_key

BYTES = 5_000_000
DEPTH = 100
_PART = re.compile(r"[A-Za-z0-9_.-]{1,128}", re.ASCII)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class _File:
    """One schema file and what its path says that it is."""

    vendor: str
    name: str
    version: str
    path: Path
    where: str

    @property
    def event(self) -> str:
        return f"{self.vendor}/{self.name}"


def read_iglu(folder: Path) -> Plan:
    """Read every JSON Schema below the folder, which holds `schemas/` or is it.

    Raises PlanError only where there is no such folder or nothing in it; a schema that is broken,
    contradicts its path, refers outside itself or is too large is in `Plan.refused`.
    """
    root = folder / "schemas" if (folder / "schemas").is_dir() else folder
    if not root.is_dir():
        raise PlanError("there is no such folder", where=str(folder), hint="set plan.path in trackwarden.yml")
    versions: dict[str, list[EventVersion]] = {}
    refused: list[Refused] = []
    for file in _files(root):
        try:
            schema = _read(file, root)
        except PlanError as error:
            reason = f"{error.problem} ({error.hint})" if error.hint else error.problem
            refused.append(Refused(file.event, file.version, reason, file.where))
        else:
            versions.setdefault(file.event, []).append(EventVersion(file.version, schema, where=file.where))
    if not versions and not refused:
        hint = "expected schemas/{vendor}/{name}/jsonschema/1-0-0"
        raise PlanError("holds no Iglu schemas", where=str(folder), hint=hint)
    return build_plan((_event(name, held) for name, held in versions.items()), refused)


def _event(name: str, versions: list[EventVersion]) -> Event:
    newest = max(versions, key=lambda held: version_key(held.version))
    said = newest.schema.get("description", "")
    where = newest.where.rpartition("/")[0]
    return Event(name, "", tuple(versions), description=said if isinstance(said, str) else "", where=where)


def _files(root: Path) -> Iterator[_File]:
    """Every file of the layout, sorted; other formats (avro, thrift, protobuf) are none of ours."""
    for vendor in _entries(root):
        for name in _entries(root / vendor):
            folder = root / vendor / name / "jsonschema"
            for version in _entries(folder):
                where = f"schemas/{vendor}/{name}/jsonschema/{version}"
                yield _File(_safe(vendor), _safe(name), _safe(version), folder / version, _safe(where))


def _entries(folder: Path) -> list[str]:
    """The names in a folder, hidden ones left out; none where it is a file or cannot be listed."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 - names only
    except OSError:
        return []


def _safe(name: str) -> str:
    r"""A file's name as text that can be written anywhere: bytes that are not UTF-8 become `\udcff`."""
    return name.encode("utf-8", "backslashreplace").decode()


def _read(file: _File, root: Path) -> Schema:
    """The schema of one file, references written out. Raises PlanError with the reason to refuse it."""
    if not all(_PART.fullmatch(part) for part in (file.vendor, file.name)):
        raise PlanError("vendor and name may hold only letters, digits and . _ -")
    if schemaver(file.version) is None:
        raise PlanError(f"file name {file.version!r} is not a SchemaVer", hint="MODEL-REVISION-ADDITION, as 1-0-0")
    if file.path.is_symlink() and not file.path.resolve().is_relative_to(root.resolve()):
        raise PlanError("is a link that leaves the folder")
    document = _parsed(_content(file.path))
    _check_self(document, file)
    schema = {key: value for key, value in document.items() if key != "self"}
    found = flaws(schema, draft_4="$schema" not in schema or is_draft_4(schema))
    if found:
        raise _at(found[0].path, found[0].problem, found[0].hint)
    expanded = expand(schema, _fetch)
    if expanded.flaws:
        flaw = expanded.flaws[0][1]
        raise _at(flaw.path, flaw.problem, flaw.hint)
    return expanded.schema


def _at(path: Inside, problem: str, hint: str) -> PlanError:
    return PlanError(f"{problem} at #{pointer(path)}" if path else problem, hint=hint)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise PlanError("is not a file that can be read")
    try:
        with path.open("rb") as opened:
            content = opened.read(BYTES + 1)
    except OSError as error:
        raise PlanError(f"cannot be read: {error.strerror}") from error
    if len(content) > BYTES:
        raise PlanError(f"is larger than {BYTES // 1_000_000} MB")
    if _SURROGATE.search(content) and _lone_surrogate(content):
        raise PlanError("holds half of a UTF-16 pair, which no warehouse can store")
    return content


def _lone_surrogate(content: bytes) -> bool:
    try:
        json.dumps(json.loads(content), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False  # not JSON at all: told where it is parsed
    return False


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise PlanError("is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise PlanError(f"is not valid JSON: {error.msg} on line {error.lineno}") from error
    except ValueError as error:
        raise PlanError("holds a number that is too large") from error
    except RecursionError as error:
        raise PlanError(f"is nested deeper than {DEPTH} levels") from error
    if not isinstance(found, dict):
        raise PlanError("is not a JSON object")
    if _deeper(found, DEPTH):
        raise PlanError(f"is nested deeper than {DEPTH} levels")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys say one thing each; iglu-central itself repeats a key with one value."""
    held = dict(pairs)
    if len(held) < len(pairs):
        for name, value in pairs:
            if held[name] != value:
                raise PlanError(f"key {name[:80]!r} is written twice in one object, with different values")
    return held


def _no_number(text: str) -> float:
    raise PlanError(f"{text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise PlanError(f"holds a number that is too large: {text[:40]}")
    return number


def _deeper(value: object, limit: int) -> bool:
    """Whether containers are nested deeper, found without recursion."""
    level: list[object] = [value]
    for _ in range(limit):
        below: list[object] = []
        for held in level:
            inner = held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
            below.extend(one for one in inner if isinstance(one, dict | list))
        if not below:
            return False
        level = below
    return True


def _check_self(document: Mapping[str, Any], file: _File) -> None:
    said = document.get("self")
    if not isinstance(said, dict):
        raise PlanError("does not describe itself", hint="add self: {vendor, name, format, version}")
    expected = {"vendor": file.vendor, "name": file.name, "format": "jsonschema", "version": file.version}
    for key, value in expected.items():
        if said.get(key) != value:
            raise PlanError(f"self.{key} is {str(said.get(key))[:80]!r}, but its path says {value!r}")


def _fetch(_home: str, reference: str) -> tuple[str, Any]:
    raise PlanError(f"$ref {reference[:200]!r} leads outside the schema", hint="only `#/…` can be written out")

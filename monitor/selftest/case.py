"""Rule cases: a schema, rows as they land, and how many of them break each rule.

A file per keyword. A case lands its rows either as `documents` (JSON texts; null: no document), which are tried in a
JSON column and in a text column (`in` narrows that), or as `columns` of the given kinds with `rows`. `fails` counts
failing rows per rule, by the end of the rule's id (`/p:enum`): a rule that is not listed fails nowhere. `verdicts` says
which rules are not compiled. `needs` names what a column must keep as it was sent (`Adapter.loses`). Kinds of columns
are named apart from warehouses, whose adapters say what they call them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_SHIPPED = Path(__file__).parent / "cases"
_IN_REPOSITORY = Path(__file__).parents[2] / "tests" / "rules"
"""Where a checkout has them; a wheel has them beside this module."""

FORMS: Mapping[str, str] = {"json": "JSON column", "text": "JSON in text", "columns": "own columns"}
"""Ways of landing, and what they are called."""

_COLUMNS = ("documents", "columns", "rows", "verdicts", "invalid")


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one file, in one landing."""

    keyword: str
    """The file's name: the keyword it is about."""
    title: str
    schema: Any
    fails: Mapping[str, int]
    documents: Sequence[Any] = ()
    document_kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Sequence[Any]] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    invalid: int | None = None
    """How many rows break any rule; None: the case does not say."""
    needs: frozenset[str] = frozenset()

    @property
    def form(self) -> str:
        """How the rows land: `json`, `text` (documents in a column of that kind) or `columns`."""
        return self.document_kind or "columns"

    @property
    def name(self) -> str:
        """Unique among all: `enum: null in the list (json)`."""
        return f"{self.keyword}: {self.title} ({self.form})"

    @property
    def kinds(self) -> Mapping[str, str]:
        """The landed columns and their kinds."""
        return self.columns or {"payload": self.document_kind}

    @property
    def landed(self) -> Sequence[Sequence[Any]]:
        """The rows, value by value."""
        return self.rows if self.columns else [(document,) for document in self.documents]


def folder() -> Path:
    """The folder of the cases' files."""
    return _SHIPPED if _SHIPPED.is_dir() else _IN_REPOSITORY


@cache
def cases() -> tuple[Case, ...]:
    """All cases, by keyword."""
    return tuple(case for file in sorted(folder().glob("*.yml")) for case in _read(file))


def _read(file: Path) -> Iterator[Case]:
    for said in yaml.safe_load(file.read_text(encoding="utf-8")):
        schema = said.get("schema") or {"type": "object", "properties": {"p": said["property"]}}
        rest = {key: said[key] for key in _COLUMNS if key in said}
        needs = frozenset(said.get("needs", ()))
        for kind in said.get("in", ["json", "text"] if "documents" in said else [""]):
            yield Case(file.stem, said["case"], schema, said.get("fails", {}), document_kind=kind, needs=needs, **rest)

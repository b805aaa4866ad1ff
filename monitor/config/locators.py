"""`version:` of a landing as frozen values: the chain of locators that finds a row's version."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from monitor.config.values import Section


class ColumnLocator(Section):
    """The version stands in a column."""

    column: str


class JsonLocator(Section):
    """The version stands in the event's document: `$.schema_version`."""

    json_path: Annotated[str, Field(alias="json", pattern=r"^\$[.\[]")]


class RegexLocator(Section):
    """The version is the first group (or all) of what a regular expression finds in a column."""

    regex: str
    column: str


class AppVersionLocator(Section):
    """The app's version, in `column`, maps to the event's by `versions.yml`: per source, ranges of app versions."""

    app_version: Path
    column: str | None = None


class Dates(Section):
    """When a version was the current one: from that day on, until and without that day."""

    start: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None


def _dates_kind(value: Any) -> str:
    return "here" if isinstance(value, Mapping) else "file"


class DatesLocator(Section):
    """The version is the one whose dates hold the event's time; written here, or in a file of the same shape."""

    dates: Annotated[
        Annotated[Path, Tag("file")] | Annotated[Mapping[str, Dates], Tag("here")], Discriminator(_dates_kind)
    ]


class ConstantLocator(Section):
    """All rows have this version."""

    constant: str


class FallbackLocator(Section):
    """What a row has where no locator before this one found a version."""

    fallback: Literal["oldest", "latest", "only", "unknown"]
    """`only`: the event's one planned version (drafts left out); none where it has several."""


def first_key_of(keys: tuple[str, ...]) -> Discriminator:
    """A union is told apart by which of these keys is written."""

    def tag(value: Any) -> str | None:
        if isinstance(value, Mapping):
            return next((key for key in keys if key in value), None)
        return next((key for key in keys if hasattr(value, key if key != "json" else "json_path")), None)

    return Discriminator(tag)


# `regex` and `app_version` before `column`: they may hold a `column` too.
Locator = Annotated[
    Annotated[JsonLocator, Tag("json")]
    | Annotated[RegexLocator, Tag("regex")]
    | Annotated[AppVersionLocator, Tag("app_version")]
    | Annotated[DatesLocator, Tag("dates")]
    | Annotated[ConstantLocator, Tag("constant")]
    | Annotated[FallbackLocator, Tag("fallback")]
    | Annotated[ColumnLocator, Tag("column")],
    first_key_of(("json", "regex", "app_version", "dates", "constant", "fallback", "column")),
]
"""One link of the chain that finds a row's version."""

"""A message's content apart from any service's markup: read from the blocks that the outbox keeps.

The blocks are our own (monitor/alert/blocks.py), so their markup is known: `*…*` opens a line, names stand in code
spans, links are `<url|label>`, and whatever came from outside is escaped and cannot be any of these.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from monitor.alert.blocks import Block
from monitor.alert.escape import unescape
from monitor.incidents.model import Delivery

_SPAN = re.compile(
    r"`(?P<code>[^`]*)`"
    r"|<(?P<url>https?://[^|>\s]+)\|(?P<label>[^>]+)>"
    r"|<(?:@|!subteam\^)[A-Z0-9]+> ?"  # somebody who is mentioned in Slack
    r"|^\*(?P<strong>[^*]+)\*"
)


class Style(StrEnum):
    """How a piece of a line is set."""

    PLAIN = "plain"
    CODE = "code"
    STRONG = "strong"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line, raw: it may hold anything that landed in a table."""

    text: str
    style: Style = Style.PLAIN
    url: str = ""
    """Of a link; always ours."""


Line: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together; one that begins with `• ` is an item of a list."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values."""

    pairs: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Lines as they are: a diff."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Small:
    """The small print."""

    parts: tuple[Line, ...]


Part: TypeAlias = Paragraph | Facts | Code | Small


@dataclass(frozen=True, slots=True)
class Page:
    """A message: its title says it all, its parts say the rest, most important first."""

    title: str
    parts: tuple[Part, ...] = ()
    links: tuple[Span, ...] = ()
    """Where to read on."""


def page_of(delivery: Delivery) -> Page:
    """The message's content; without blocks its one line of text."""
    blocks: list[Block] = json.loads(delivery.blocks) if delivery.blocks else []
    title = unescape(delivery.text)
    parts: list[Part] = []
    links: list[Span] = []
    for block in blocks:
        match block:
            case {"type": "header", "text": {"text": str(said)}}:
                title = unescape(said)
            case {"type": "section", "fields": list(pairs)}:
                parts.append(Facts(tuple(_fact(pair["text"]) for pair in pairs)))
            case {"type": "section", "text": {"text": str(said)}}:
                parts.append(_section(said))
            case {"type": "context", "elements": list(said)}:
                parts.append(Small(tuple(_line(one["text"]) for one in said)))
            case {"type": "actions", "elements": list(said)}:
                links += [Span(one["text"]["text"], Style.LINK, one["url"]) for one in said if "url" in one]
    return Page(title, tuple(parts), tuple(links))


def _section(said: str) -> Part:
    lines = said.split("\n")
    if lines[0] == lines[-1] == "```" and len(lines) > 1:
        return Code(tuple(map(unescape, lines[1:-1])))
    return Paragraph(tuple(_line(line) for line in lines))


def _fact(said: str) -> tuple[str, Line]:
    label, _, value = said.partition("\n")
    return unescape(label).strip("*"), _line(value)


def _line(said: str) -> Line:
    return tuple(_spans(said))


def _spans(said: str) -> Iterator[Span]:
    end = 0
    for found in _SPAN.finditer(said):
        if found.start() > end:
            yield Span(unescape(said[end : found.start()]))
        end = found.end()
        if found["code"] is not None:
            yield Span(unescape(found["code"]), Style.CODE)
        elif found["url"] is not None:
            yield Span(unescape(found["label"]), Style.LINK, found["url"])
        elif found["strong"] is not None:
            yield Span(unescape(found["strong"]).replace("`", ""), Style.STRONG)
    if end < len(said):
        yield Span(unescape(said[end:]))

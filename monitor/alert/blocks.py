"""Block Kit blocks within Slack's limits, and the same blocks as terminal text.

Every text handed to these functions is already escaped (monitor/alert/escape.py). A block that would
be too long raises ValueError: clipping is the writer's work, where it is known what may be cut.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from monitor.alert.escape import unescape
from monitor.incidents.model import Delivery

Block: TypeAlias = dict[str, Any]
"""One Block Kit block, as Slack's JSON has it."""

Element: TypeAlias = dict[str, Any]
"""One button."""

MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_SECTION = 3_000
MAX_FIELDS = 10
MAX_FIELD = 2_000
MAX_CONTEXT = 10
MAX_URL = 3_000
MAX_BUTTON = 75
MAX_VALUE = 2_000
BUDGET = 10_000
"""Characters in one message: over about 13,200 Slack refuses it without documenting so."""


def header(text: str) -> Block:
    """The title: plain text of at most 150 characters; `:shortcodes:` stay text."""
    return {"type": "header", "text": {"type": "plain_text", "text": _within(text, MAX_HEADER), "emoji": False}}


def section(text: str) -> Block:
    """A paragraph of at most 3,000 characters."""
    return {"type": "section", "text": _mrkdwn(text, MAX_SECTION)}


def fields(pairs: Sequence[tuple[str, str]]) -> Iterator[Block]:
    """Label and value in two columns, ten to a section, each at most 2,000 characters."""
    for first in range(0, len(pairs), MAX_FIELDS):
        page = pairs[first : first + MAX_FIELDS]
        yield {"type": "section", "fields": [_mrkdwn(f"*{label}*\n{value}", MAX_FIELD) for label, value in page]}


def context(parts: Sequence[str]) -> Block:
    """The small print: at most ten parts on one line."""
    if len(parts) > MAX_CONTEXT:
        raise ValueError(f"{len(parts)} context elements; Slack takes {MAX_CONTEXT}")
    return {"type": "context", "elements": [_mrkdwn(part, MAX_FIELD) for part in parts]}


def link(label: str, url: str) -> Element:
    """A button that opens a page; it needs no listener on our side."""
    return {
        "type": "button",
        "action_id": "open_report",
        "text": {"type": "plain_text", "text": label, "emoji": False},
        "url": url,
    }


def button(label: str, action: str, value: str) -> Element:
    """A button that a listener hears of: the action's id, and a value of at most 2,000 characters."""
    text = {"type": "plain_text", "text": _within(label, MAX_BUTTON), "emoji": False}
    return {"type": "button", "action_id": action, "text": text, "value": _within(value, MAX_VALUE)}


def actions(elements: Sequence[Element]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def dumps(blocks: Sequence[Block]) -> str:
    """The blocks as JSON, the same for the same blocks.

    Raises ValueError over 50 blocks or 10,000 characters of text.
    """
    if len(blocks) > MAX_BLOCKS:
        raise ValueError(f"{len(blocks)} blocks; Slack takes {MAX_BLOCKS}")
    if (size := text_size(blocks)) > BUDGET:
        raise ValueError(f"{size} characters of text in one message; the budget is {BUDGET}")
    return json.dumps(list(blocks), ensure_ascii=False, separators=(",", ":"))


def text_size(blocks: Any) -> int:
    """Characters of all texts in the blocks."""
    if isinstance(blocks, dict):
        own = len(blocks["text"]) if isinstance(blocks.get("text"), str) else 0
        return own + sum(text_size(value) for value in blocks.values() if not isinstance(value, str))
    return sum(map(text_size, blocks)) if isinstance(blocks, list | tuple) else 0


def as_text(delivery: Delivery) -> str:
    """The message as a terminal shows it: the same words and numbers, without markup.

    A delivery without blocks gives its fallback text.
    """
    blocks: list[Block] = json.loads(delivery.blocks) if delivery.blocks else []
    paragraphs = [paragraph for block in blocks if (paragraph := _paragraph(block))]
    return "\n".join(paragraphs) if paragraphs else _readable(delivery.text)


def _paragraph(block: Block) -> str:
    match block:
        case {"type": "header", "text": {"text": str(title)}}:
            return _readable(title)
        case {"type": "section", "fields": list(pairs)}:
            return "\n".join(_columns([_readable(pair["text"]) for pair in pairs]))
        case {"type": "section", "text": {"text": str(paragraph)}}:
            return _indented(_readable(paragraph))
        case {"type": "context", "elements": list(parts)}:
            return _indented(" · ".join(_readable(part["text"]) for part in parts))
        case {"type": "actions", "elements": list(buttons)}:
            linked = [f"{one['text']['text']}: {one['url']}" for one in buttons if "url" in one]
            return _indented("\n".join(linked))
    return ""


def _columns(pairs: Sequence[str]) -> Iterator[str]:
    split = [pair.partition("\n") for pair in pairs]
    width = max(len(label) for label, _, _ in split)
    return (f"  {label:<{width}}  {value}" for label, _, value in split)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))


def _readable(markup: str) -> str:
    """Our own markup taken off; what came from outside is escaped and so untouched until the last step."""
    lines = [line for line in markup.split("\n") if line != "```"]
    text = "\n".join(re.sub(r"^\*([^*]+)\*", r"\1", line) for line in lines).replace("`", "")
    text = re.sub(r"<(?:@|!subteam\^)([A-Z0-9]+)>", r"@\1", text)
    return unescape(re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r"\2 (\1)", text))


def _mrkdwn(text: str, limit: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": _within(text, limit), "verbatim": True}


def _within(text: str, limit: int) -> str:
    if not 0 < len(text) <= limit:
        raise ValueError(f"{len(text)} characters where Slack takes 1 to {limit}")
    return text

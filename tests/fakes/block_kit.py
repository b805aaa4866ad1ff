"""Slack's rules for blocks, as its API applies them: what it would refuse with `invalid_blocks` or `msg_too_long`."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_TOTAL = 13_200
_SPECIAL = re.compile(r"<([^<>]*)>")
_ALLOWED_SPECIAL = re.compile(r"(@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+|https?://[^|\s]+(\|[^|]+)?)")
_BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")


def problems(blocks: Any) -> list[str]:
    """Everything that Slack would refuse in a message's blocks, and every text that is not escaped."""
    if not isinstance(blocks, list):
        return ["blocks: not a list"]
    found = [f"blocks: {len(blocks)} of at most 50"] if len(blocks) > 50 else []
    for number, block in enumerate(blocks):
        found += [f"blocks[{number}]: {problem}" for problem in _block(block)]
    total = sum(len(text) for text in texts(blocks))
    return found + ([f"blocks: {total} characters of at most {MAX_TOTAL}"] if total > MAX_TOTAL else [])


def texts(part: Any) -> Iterator[str]:
    """Every text in the blocks."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


def mentions(blocks: Any) -> list[str]:
    """Everything in angle brackets that Slack would act on, links aside."""
    found = [match for text in texts(blocks) for match in _SPECIAL.findall(text)]
    return [match for match in found if not match.startswith("http")]


def _block(block: Any) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _BLOCKS:
        yield f"unknown block {kind!r}"
        return
    yield from _BLOCKS[kind](block)


def _header(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields(block, {"type", "text", "block_id"}, {"text"})
    yield from _text(block.get("text"), 150, {"plain_text"})


def _section(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields(block, {"type", "text", "fields", "block_id", "accessory", "expand"}, set())
    if "text" not in block and "fields" not in block:
        yield "section without text and fields"
    if "text" in block:
        yield from _text(block["text"], 3_000, {"plain_text", "mrkdwn"})
    listed = block.get("fields", [{}] if "fields" in block else [])
    if "fields" in block and not 1 <= len(listed) <= 10:
        yield f"{len(listed)} fields of at most 10"
    for field in listed:
        yield from _text(field, 2_000, {"plain_text", "mrkdwn"})


def _context(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields(block, {"type", "elements", "block_id"}, {"elements"})
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        yield f"{len(elements)} context elements of at most 10"
    for element in elements:
        yield from _text(element, 3_000, {"plain_text", "mrkdwn"})


def _actions(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields(block, {"type", "elements", "block_id"}, {"elements"})
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield f"{len(elements)} actions of at most 25"
    identifiers = [element.get("action_id") for element in elements]
    if len(set(identifiers)) != len(identifiers):
        yield "action_id occurs twice"
    for element in elements:
        yield from _button(element)


def _button(element: Mapping[str, Any]) -> Iterator[str]:
    if element.get("type") != "button":
        yield f"unknown element {element.get('type')!r}"
        return
    yield from _fields(element, {"type", "text", "action_id", "url", "value", "style"}, {"text"})
    yield from _text(element.get("text"), 75, {"plain_text"})
    for name, limit in (("url", 3_000), ("value", 2_000), ("action_id", 255)):
        if len(element.get(name, "")) > limit:
            yield f"button {name}: {len(element[name])} characters of at most {limit}"


def _divider(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _fields(block, {"type", "block_id"}, set())


def _text(text: Any, limit: int, kinds: set[str]) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"text must be one of {sorted(kinds)}: {text!r:.80}"
        return
    yield from _fields(text, {"type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"}, {"text"})
    said = text.get("text", "")
    if not 1 <= len(said) <= limit:
        yield f"text of {len(said)} characters of at most {limit}"
    yield from unescaped(said)


def unescaped(text: str) -> Iterator[str]:
    """What in a text Slack would read as more than text, mentions and links of the right form aside."""
    for special in _SPECIAL.findall(text):
        if not _ALLOWED_SPECIAL.fullmatch(special):
            yield f"not escaped: <{special}>"
    rest = _SPECIAL.sub("", text)
    if "<" in rest or ">" in rest or _BARE_AMPERSAND.search(rest):
        yield f"not escaped: {rest:.80}"
    if text.count("`") % 2:
        yield f"a code span stays open: {text:.80}"


def _fields(part: Mapping[str, Any], known: set[str], needed: set[str]) -> Iterator[str]:
    for name in sorted(set(part) - known):
        yield f"unknown field {name!r} in {part.get('type')}"
    for name in sorted(needed - set(part)):
        yield f"field {name!r} is missing in {part.get('type')}"


_BLOCKS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
}

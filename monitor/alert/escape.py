"""Outside text made safe for Slack: nothing that landed in a table can mention, link, format or break a message.

Lengths are counted on the escaped text, as Slack counts them, and an entity is never cut in half.
"""

import re
import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MENTION = re.compile(r"[UWS][A-Z0-9]+")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, direction overrides, surrogates, line separators: they hide or reorder what stands beside them."""


def plain(text: str, limit: int) -> str:
    """The text on one line, escaped, without backticks, at most `limit` characters with its ellipsis.

    >>> plain("a < b & <!channel>", 100)
    'a &lt; b &amp; &lt;!channel&gt;'
    >>> plain("checkout", 5)
    'chec…'
    >>> plain("a&b", 4)
    'a…'
    """
    return _escaped(_one_line(text).replace("`", "'"), limit)


def ours(text: str, limit: int) -> str:
    """A sentence of our own: escaped, its code spans kept."""
    return _escaped(text, limit)


def prose(text: str, limit: int) -> str:
    """The text as `plain`, with the characters that would format it in mrkdwn replaced by their look-alikes.

    >>> "*" in prose("*bold*", 100), "`" in prose("`code`", 100)
    (False, False)
    """
    return _escaped(_one_line(text).translate(_LITERAL), limit)


def code(name: str, limit: int = 80) -> str:
    """A name in a code span: backticks and line breaks replaced, at most `limit` characters with its ticks.

    >>> code("price`")
    "`price'`"
    >>> code("")
    '`(no name)`'
    """
    shown = _one_line(name).replace("`", "'") or "(no name)"
    return f"`{_escaped(shown, limit - 2)}`"


def code_block(lines: tuple[str, ...], limit: int) -> str:
    r"""Lines in a code block of at most `limit` characters; lines that do not fit are counted, not dropped in silence.

    >>> code_block(("+ coupon_code", "- currency"), 100)
    '```\n+ coupon_code\n- currency\n```'
    """
    room = limit - len("```\n\n```") - len("\n… 9999 more")
    kept: list[str] = []
    for line in lines:
        safe = _escaped(_one_line(line).replace("`", "'"), min(room, 300))
        if len(safe) + 1 > room:
            break
        kept.append(safe)
        room -= len(safe) + 1
    more = [f"{ELLIPSIS} {len(lines) - len(kept)} more"] if len(kept) < len(lines) else []
    return "```\n" + "\n".join([*kept, *more]) + "\n```"


def mention(identifier: str) -> str:
    """The Slack mention of a configured user (`U…`, `W…`) or user group (`S…`); empty for anything else.

    >>> mention("S0789"), mention("U1"), mention("!channel")
    ('<!subteam^S0789>', '<@U1>', '')
    """
    if not _MENTION.fullmatch(identifier):
        return ""
    return f"<!subteam^{identifier}>" if identifier.startswith("S") else f"<@{identifier}>"


def unescape(text: str) -> str:
    """Entities back to characters, for the terminal."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


_LITERAL = str.maketrans({"*": "∗", "~": "∼", "`": "'"})  # noqa: RUF001 - look-alikes are the point


def _one_line(text: str) -> str:
    return " ".join("".join(" " if unicodedata.category(c) in _INVISIBLE else c for c in text).split())


def _escaped(text: str, limit: int) -> str:
    pieces = list(_pieces(text))
    if sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    room = limit - len(ELLIPSIS)
    kept: list[str] = []
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + ELLIPSIS


def _pieces(text: str) -> Iterator[str]:
    return (_ENTITIES.get(character, character) for character in text)

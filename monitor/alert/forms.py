"""A page as plain text, Markdown or simple HTML, within a service's limits, harmless in each.

Whatever landed in a table is hostile here as well: chats read mentions, links and formatting out of any text. Where a
person reads it, the characters that could begin one of them are replaced by their look-alikes, so that no dialect's
rules of escaping matter; where a program reads it, it stays as it is. Links are ours alone.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from monitor.alert.page import Code, Facts, Line, Page, Paragraph, Part, Small, Span, Style


class Form(StrEnum):
    """What a service takes."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Room:
    """How much a service takes, in characters."""

    title: int
    """0: it knows no title, and the title is the body's first line."""
    body: int


@dataclass(frozen=True, slots=True)
class Written:
    """What is handed over."""

    title: str
    body: str


_LOOK_ALIKES = str.maketrans(
    {
        "@": "＠",  # noqa: RUF001 - look-alikes are the point, here and below
        "<": "‹",  # noqa: RUF001
        ">": "›",  # noqa: RUF001
        "[": "［",  # noqa: RUF001
        "]": "］",  # noqa: RUF001
        "`": "'",
        "*": "∗",  # noqa: RUF001
        "~": "∼",  # noqa: RUF001
        "|": "∣",  # noqa: RUF001
        "\\": "＼",  # noqa: RUF001
    }
)


def harmless(text: str) -> str:
    """The text without anything that a chat takes for a mention, a link or formatting.

    >>> harmless("@everyone <@1> [x](https://e.example)")
    '＠everyone ‹＠1› ［x］(https:⁄⁄e.example)'
    """  # noqa: RUF002 - look-alikes are the point
    return unlinked(text.translate(_LOOK_ALIKES))


def unlinked(text: str) -> str:
    """The text, so that no program that shows it makes a link of it."""
    return text.replace("://", ":⁄⁄").replace("www.", "www․")  # noqa: RUF001 - look-alikes are the point


def as_it_is(text: str) -> str:
    """For programs: nothing is replaced."""
    return text


Safe = Callable[[str], str]


def write(page: Page, form: Form, room: Room, safe: Safe) -> Written:
    """The page in that form, within that room: what is less important is left out first, and never cut in half."""
    writer = _WRITERS[form](safe)
    if room.title:
        return Written(_cut(safe(page.title), room.title), _fitted(page, writer, room.body))
    title = writer.strong(writer.safe(_cut(page.title, max(room.body // 2, 1))))
    rest = _fitted(page, writer, room.body - len(title) - len(writer.gap))
    return Written("", f"{title}{writer.gap}{rest}" if rest else title)


def _fitted(page: Page, writer: "Writer", room: int) -> str:
    """The parts that fit, in their order; the links and the small print (what acknowledges) have their room first."""
    last = writer.gap.join(writer.span(link) for link in page.links)
    last = last if len(last) <= room else ""
    left = room - len(last)
    kept: dict[int, str] = {}
    for place, part in sorted(enumerate(page.parts), key=lambda one: not isinstance(one[1], Small)):
        written = writer.part(part)
        if len(written) + len(writer.gap) <= left:
            kept[place] = written
            left -= len(written) + len(writer.gap)
    return writer.gap.join([*(kept[place] for place in sorted(kept)), *([last] if last else [])])


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


class Writer:
    """Plain text: the markup is left out."""

    gap = "\n\n"
    """Between two parts."""

    def __init__(self, safe: Safe) -> None:
        self.safe = safe

    def part(self, part: Part) -> str:
        """One part."""
        match part:
            case Paragraph(lines):
                return self.paragraph([self.line(line) for line in lines])
            case Facts(pairs):
                return self.facts([(self.safe(label), self.line(value)) for label, value in pairs])
            case Code(lines):
                return self.code([self.safe(line) for line in lines])
            case Small(parts):
                return self.small(" · ".join(self.line(line) for line in parts))
            case _:
                assert_never(part)

    def line(self, line: Line) -> str:
        """One line's pieces."""
        return "".join(map(self.span, line))

    def span(self, span: Span) -> str:
        """One piece of a line."""
        return f"{span.text}: {span.url}" if span.style is Style.LINK else self.safe(span.text)

    def strong(self, text: str) -> str:
        """What stands out; safe already."""
        return text

    def paragraph(self, lines: Sequence[str]) -> str:
        """Lines that belong together."""
        return "\n".join(lines)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> str:
        """Labels and values."""
        width = max(len(label) for label, _ in pairs) + 1
        return "\n".join(f"{label + ':':<{width}} {value}" for label, value in pairs)

    def code(self, lines: Sequence[str]) -> str:
        """Lines as they are."""
        return "\n".join(f"  {line}" for line in lines)

    def small(self, text: str) -> str:
        """The small print."""
        return text


class MarkdownWriter(Writer):
    """What every dialect of Markdown has in common."""

    def span(self, span: Span) -> str:
        """One piece of a line; a code span holds no tick and no edge of blanks."""
        match span.style:
            case Style.PLAIN:
                return self.safe(span.text)
            case Style.CODE:
                return f"`{self.safe(span.text).replace('`', chr(39))}`"
            case Style.STRONG:
                return self.strong(self.safe(span.text))
            case Style.LINK:
                return f"[{span.text}]({span.url.replace('(', '%28').replace(')', '%29')})"
            case _:
                assert_never(span.style)

    def strong(self, text: str) -> str:
        """Bold."""
        return f"**{text}**"

    def paragraph(self, lines: Sequence[str]) -> str:
        """Items are a list; other lines end where they end here (two blanks)."""
        said = [f"- {line.removeprefix('• ')}" if line.startswith("• ") else line for line in lines]
        return "\n".join(
            line if line.startswith("- ") or next_one is None or next_one.startswith("- ") else f"{line}  "
            for line, next_one in zip(said, [*said[1:], None], strict=True)
        )

    def facts(self, pairs: Sequence[tuple[str, str]]) -> str:
        """A list."""
        return "\n".join(f"- {self.strong(label)}: {value}" for label, value in pairs)

    def code(self, lines: Sequence[str]) -> str:
        """A fenced block."""
        return "\n".join(["```", *(line.replace("```", "'''") for line in lines), "```"])


class HtmlWriter(Writer):
    """The few tags that every service with HTML takes."""

    gap = "<br/><br/>"

    def __init__(self, safe: Safe) -> None:
        super().__init__(lambda text: html.escape(safe(text)))

    def span(self, span: Span) -> str:
        """One piece of a line."""
        match span.style:
            case Style.PLAIN:
                return self.safe(span.text)
            case Style.CODE:
                return f"<code>{self.safe(span.text)}</code>"
            case Style.STRONG:
                return self.strong(self.safe(span.text))
            case Style.LINK:
                return f'<a href="{html.escape(span.url)}">{html.escape(span.text)}</a>'
            case _:
                assert_never(span.style)

    def strong(self, text: str) -> str:
        """Bold."""
        return f"<b>{text}</b>"

    def paragraph(self, lines: Sequence[str]) -> str:
        """Lines that belong together."""
        return "<br/>".join(lines)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> str:
        """One to a line."""
        return "<br/>".join(f"{label}: {value}" for label, value in pairs)

    def code(self, lines: Sequence[str]) -> str:
        """A block of code."""
        return "<pre>" + "\n".join(lines) + "</pre>"

    def small(self, text: str) -> str:
        """The small print."""
        return f"<i>{text}</i>"


_WRITERS: dict[Form, type[Writer]] = {Form.TEXT: Writer, Form.MARKDOWN: MarkdownWriter, Form.HTML: HtmlWriter}

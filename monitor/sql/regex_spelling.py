"""Writing a pattern's tree in one engine's regular expressions: what engines with sets and look-around write alike."""

from collections.abc import Callable
from typing import assert_never

from monitor.sql.regex_tree import WORD, Group, Node, OneOf, Place, Ranges, Repeated, characters, tree


class Spelling:
    """One engine's way. `char` writes a code point so that it stands for itself, inside a set and outside."""

    def __init__(self, char: Callable[[int], str], end: str) -> None:
        """Take how a character is written, and how the end of the text."""
        self._char = char
        word = self.set_of(WORD)
        self._places = {
            "start": "^",
            "end": end,
            "boundary": f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))",
            "inside": f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))",
        }

    def pattern(self, pattern: str) -> str:
        """A supported ECMA 262 pattern. Raises ValueError or NoSuchSetError."""
        return self._branches(tree(pattern))

    def said(self, node: Node) -> str:
        """One part of a pattern."""
        match node:
            case OneOf(ranges):
                return self.one(characters(ranges))
            case Place(kind):
                return self._places[kind]
            case Group(_, captures):
                return f"{'(' if captures else '(?:'}{self._branches(node)})"
            case Repeated():
                return self.repeated(node)
            case _:
                assert_never(node)

    def repeated(self, node: Repeated) -> str:
        """A repetition."""
        known = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((node.low, node.high))
        times = known or f"{{{node.low},{'' if node.high is None else node.high}}}"
        return f"{self.said(node.node)}{times}{'?' if node.lazy else ''}"

    def one(self, ranges: Ranges) -> str:
        """One character of these; nothing matches where there is none."""
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
            return self._char(ranges[0][0])
        return self.set_of(ranges) if ranges else "(?:(?!))"

    def set_of(self, ranges: Ranges) -> str:
        """A set in brackets."""
        char = self._char
        return f"[{''.join(char(low) if low == high else f'{char(low)}-{char(high)}' for low, high in ranges)}]"

    def _branches(self, group: Group) -> str:
        return "|".join("".join(map(self.said, branch)) for branch in group.branches)

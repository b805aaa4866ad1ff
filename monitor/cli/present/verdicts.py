"""The four verdicts on a rule, in words."""

from typing import NamedTuple, assert_never

from monitor.contract.model import Compiled, Declined, Rule, Undecidable, Unmeasurable

REASONS = {
    "compiled": ("✓", "green"),
    "undecidable": ("~", "yellow"),
    "refused": ("✗", "red"),
    "unmeasurable": ("?", "yellow"),
}
"""How each verdict looks."""


class VerdictWords(NamedTuple):
    """A verdict and its reason; a compiled rule needs none."""

    word: str
    reason: str


def verdict_of(rule: Rule) -> VerdictWords:
    """What became of a rule."""
    match rule.verdict:
        case Compiled():
            return VerdictWords("compiled", "")
        case Undecidable(reason):
            return VerdictWords("undecidable", reason)
        case Declined(reason):
            return VerdictWords("refused", reason)
        case Unmeasurable(reason):
            return VerdictWords("unmeasurable", reason)
    assert_never(rule.verdict)

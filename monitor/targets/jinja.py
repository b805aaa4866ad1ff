"""Text from outside in files that dbt renders: it appears as written and never runs."""

import re

_OPENS = re.compile(r"\{[{%#]")
_PLAIN = re.compile(r"[A-Za-z0-9_ .-]")


def verbatim(text: str) -> str:
    """Text that renders to itself: what opens an expression, a block or a comment is written as an expression.

    >>> verbatim("50% of {{ env_var('HOME') }}")
    "50% of {{ '{{' }} env_var('HOME') }}"
    """
    return _OPENS.sub(lambda opens: f"{{{{ '{opens[0]}' }}}}", text)


def string(text: str) -> str:
    r"""A Jinja string literal; whatever could end it is an escape.

    >>> string("it's")
    "'it\\u0027s'"
    """
    return "'" + "".join(char if _PLAIN.fullmatch(char) else _escape(char) for char in text) + "'"


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 1 << 16 else f"\\U{ord(char):08x}"

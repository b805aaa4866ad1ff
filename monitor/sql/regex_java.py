r"""ECMA 262 patterns in `java.util.regex`, for engines that run on the JVM (Spark, Databricks, Trino).

Java backtracks, and does so by recursion: a pattern that repeats alternatives takes long, or much stack, on texts that
were made for that. Surrogates are no trouble: Java matches by code point.
"""

from functools import lru_cache

from monitor.sql.regex_spelling import Spelling


@lru_cache(maxsize=1_024)
def to_java(pattern: str) -> str:
    r"""A supported pattern as Java reads it, without flags. Raises ValueError or NoSuchSetError.

    >>> print(to_java(r"^[\w.-]+?$"))
    ^[\--\.0-9A-Z\_a-z]+?\z
    """
    return _SPELLING.pattern(pattern)


def _char(code: int) -> str:
    char = chr(code)
    if char.isascii() and char.isalnum():
        return char
    if char.isascii() and char.isprintable() and char != " ":
        return f"\\{char}"
    return f"\\x{{{code:x}}}"


_SPELLING = Spelling(_char, r"\z")

"""ECMA 262 patterns as warehouses read them: what cannot be said is found before a scan is built.

Engines that match with RE2 (DuckDB, BigQuery, ClickHouse) or POSIX/Java dialects share a large part with
ECMA 262. `unsupported` names what they do not share; `to_re2` rewrites what is spelt otherwise.
"""

import re

_LOOK = re.compile(r"\(\?(?:[=!]|<[=!])")
_BACK_REFERENCE = re.compile(r"\\(?:[1-9]|k<)")
_UNICODE = re.compile(r"\\u(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{4}))")
_PROPERTY = re.compile(r"\\[pP]\{[^}]*\}")
_PYTHON_ONLY = re.compile(r"\(\?(?:[>(#P]|[a-zA-Z-]+[:)])|[*+?}]\+")
"""Atomic groups, conditionals, comments, inline flags, possessive repeats."""
_MAX_LENGTH = 2_000
_MAX_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_RE2_REPEATS = 1_000


def unsupported(pattern: str) -> str:
    """Why no warehouse can match the pattern; empty where it can be.

    >>> unsupported("^[A-Z]{3}$")
    ''
    >>> unsupported("(?=x)")
    'look-around is not matched by warehouses'
    """
    bare = _without_escapes(pattern)
    if len(pattern) > _MAX_LENGTH:
        return f"the pattern is longer than {_MAX_LENGTH} characters"
    if "\0" in pattern:
        return "the pattern holds a NUL character"
    if _LOOK.search(bare):
        return "look-around is not matched by warehouses"
    if _BACK_REFERENCE.search(pattern.replace("\\\\", "")):
        return "back-references are not matched by warehouses"
    if _PYTHON_ONLY.search(bare):
        return "the pattern uses what ECMA 262 does not have"
    if any(int(m[1]) > _RE2_REPEATS or int(m[2] or 0) > _RE2_REPEATS for m in _MAX_REPEAT.finditer(bare)):
        return f"repeats more than {_RE2_REPEATS} times"
    try:
        re.compile(_PROPERTY.sub("x", pattern).replace("(?<", "(?P<"))
    except re.error as error:
        return f"the pattern is not valid: {error.msg}"
    return ""


def to_re2(pattern: str) -> str:
    r"""The pattern in RE2's spelling: ECMA's `\uXXXX`, `\/`, `\d` (ASCII) and `$` (the very end).

    >>> to_re2(r"^\u00e9+$")
    '^\\x{00e9}+\\z'
    """
    return _outside_classes(_UNICODE.sub(lambda m: f"\\x{{{m[1] or m[2]}}}", pattern).replace("\\/", "/"))


def _outside_classes(pattern: str) -> str:
    out: list[str] = []
    depth, i = False, 0
    while i < len(pattern):
        char = pattern[i]
        if char == "\\":
            out.append(pattern[i : i + 2])
            i += 2
            continue
        if depth and char == "[":
            out.append("\\[")
        elif char == "[" and not depth:
            depth = True
            out.append(char)
        elif char == "]" and depth:
            depth = False
            out.append(char)
        elif char == "$" and not depth:
            out.append("\\z")
        elif char == "." and not depth:
            out.append("[^\\n\\r\\x{2028}\\x{2029}]")
        else:
            out.append(char)
        i += 1
    return "".join(out)


def _without_escapes(pattern: str) -> str:
    return re.sub(r"\\.", "", pattern, flags=re.DOTALL)

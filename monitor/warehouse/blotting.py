"""An engine's words without what stands in rows: whoever reads an error is not to read a customer's address.

Engines quote the value that they could not read. What helps the reader are names, and those are in the statement that
we wrote, or stand behind a word that says what they are. Pure.
"""

import re

_NAMED = (
    "attribute|catalog|collation|column|constraint|database|dataset|extension|field|file|function|host|index|"
    "identifier|language|name|named|object|operator|parameter|procedure|project|relation|role|schema|sequence|server|"
    "setting|server at|table|user|variable|view|warehouse"
)
_OPENS = re.compile(rf"(?P<name>\b(?:{_NAMED})[:=]?\s+)?(?<!\w)(?P<quote>['\"`])", re.IGNORECASE)
_BARE = re.compile(
    r"((?:Bad \w+ value|Invalid \w+(?: value)?|Error parsing JSON|cannot be cast to [\w() ]+|record parsing"
    r"|input string|Input)\s*:\s*).*",
    re.DOTALL,
)
"""Words behind which BigQuery, Snowflake, Trino and Spark tell a value without quotes."""
_MORE = re.compile(r"^(?:DETAIL|CONTEXT|QUERY|STATEMENT):.*", re.DOTALL | re.MULTILINE)
"""PostgreSQL's further lines: they tell rows."""
_DOTS = "…"


def blotted(told: str, statement: str) -> str:
    """The words with values blotted out. Quoted texts that the statement holds are names, or the plan's own.

    >>> blotted('invalid input syntax for type integer: "jane@example.org"', "SELECT a FROM b")
    'invalid input syntax for type integer: "…"'
    >>> blotted('column "sum" does not exist', "SELECT a FROM b")
    'column "sum" does not exist'
    """
    text = _BARE.sub(rf"\1{_DOTS}", _MORE.sub("", told))
    start = 0
    while found := _OPENS.search(text, start):
        quote, begin = found["quote"], found.end()
        # No quote before a letter is a closing one: `'o'jane@example.org'` is one text, and no name `o`.
        closing = [one.start() for one in re.finditer(rf"{quote}(?!\w)", text) if one.start() >= begin]
        if closing and (found["name"] or _holds(statement, text[begin : closing[0]])):
            start = closing[0] + 1
            continue
        # A value may hold the very quotes that are around it: it reaches to the last one.
        text = f"{text[:begin]}{_DOTS}{text[closing[-1] :] if closing else quote}"
        start = begin + len(_DOTS) + 1
    return text


def _holds(statement: str, inner: str) -> bool:
    """Whether it is a word or a text of the statement, not a part of one."""
    return re.search(rf"(?<!\w){re.escape(inner)}(?!\w)", statement) is not None

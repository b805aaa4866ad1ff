"""Engines quote the values that they cannot read; what is told holds none of them, and still the names."""

import pytest

from monitor.warehouse.blotting import blotted

MAIL = "jane.doe@mail.example"
STATEMENT = """SELECT count(*), sum(CASE WHEN "seats" > 3 THEN 1 ELSE 0 END) FROM raw.signed_up WHERE plan = 'team'"""


@pytest.mark.parametrize(
    ("told", "left"),
    [
        (f'invalid input syntax for type integer: "{MAIL}"', 'invalid input syntax for type integer: "…"'),
        (f'value "{MAIL}" is out of range for type bigint', 'value "…" is out of range for type bigint'),
        (
            f'invalid input for type json\nDETAIL:  Token "{MAIL}" is invalid.\nCONTEXT:  JSON data, line 1: {MAIL}',
            "invalid input for type json\n",
        ),
        (
            f"Conversion Error: Could not convert string '{MAIL}' to INT32 when casting from source column seats",
            "Conversion Error: Could not convert string '…' to INT32 when casting from source column seats",
        ),
        (
            f'Malformed JSON at byte 0 of input: unexpected character.  Input: "{MAIL}"',
            "Malformed JSON at byte 0 of input: unexpected character.  Input: …",
        ),
        (f"Numeric value '{MAIL}' is not recognized", "Numeric value '…' is not recognized"),
        (f"Error parsing JSON: {MAIL}, pos 1", "Error parsing JSON: …"),
        (f"Bad int64 value: {MAIL}", "Bad int64 value: …"),
        (f"Invalid timestamp: '{MAIL}'", "Invalid timestamp: …"),
        (f"Value cannot be cast to date: {MAIL}", "Value cannot be cast to date: …"),
        (f"Cannot cast '{MAIL}' to INT", "Cannot cast '…' to INT"),
        (f"Cannot parse string '{MAIL}' as Int32: syntax error", "Cannot parse string '…' as Int32: syntax error"),
        (f"""The value '{MAIL}' of the type "STRING" cannot""", """The value '…' of the type "…" cannot"""),
        (f"value 'O'Hara {MAIL} 'x' is not one", "value '…' is not one"),
        (f"value 'raw'{MAIL}' is not one", "value '…' is not one"),
        (f'value "seats"{MAIL}" is not one', 'value "…" is not one'),
        (f"value '{MAIL} without an end", "value '…'"),
        (f"two lines '{MAIL}\n{MAIL}' told", "two lines '…' told"),
        ("the word 'eats' is a part of one of the statement's", "the word '…' is a part of one of the statement's"),
    ],
)
def test_values_are_blotted_out(told: str, left: str) -> None:
    assert blotted(told, STATEMENT) == left
    assert MAIL not in blotted(told, "")


@pytest.mark.parametrize(
    "told",
    [
        'column "seat" does not exist',
        'relation "raw.signed_ups" does not exist',
        "permission denied for table signed_up",
        "Object 'RAW.SIGNED_UPS' does not exist or not authorized",
        "canceling statement due to statement timeout",
        "function sum(text) does not exist: no overload of it takes 'team' or \"seats\"",
        'connection to server at "127.0.0.1", port 1 failed: Connection refused',
        "it can't be read, and it doesn't matter",
        "",
    ],
)
def test_names_and_the_statements_own_texts_are_told(told: str) -> None:
    assert blotted(told, STATEMENT) == told

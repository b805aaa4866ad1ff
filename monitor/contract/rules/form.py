"""`format`: date-time, date, uuid, email and uri, as RFC 3339, 4122, 5321 and 3986 have them."""

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn, InJson
from monitor.contract.model import Compiled, Declined
from monitor.contract.rules.draft import Draft, Keyword
from monitor.contract.rules.pattern import must_match
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

_DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_HEX = "[0-9A-Fa-f]"
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_URI_CHARS = "([A-Za-z0-9._~:/?#@!$&'()*+,;=\\[\\]-]|%[0-9A-Fa-f]{2})"

FORMATS: dict[str, tuple[str, str]] = {
    "date-time": (f"^{_DATE}[Tt ]{_TIME}$", "an RFC 3339 date and time"),
    "date": (f"^{_DATE}$", "a date (YYYY-MM-DD)"),
    "uuid": (f"^{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}$", "a UUID"),
    "email": (f"^{_ATOM}([.]{_ATOM})*@{_LABEL}([.]{_LABEL})*$", "an e-mail address"),
    "uri": (f"^[A-Za-z][A-Za-z0-9+.-]*:{_URI_CHARS}*$", "an absolute URI"),
}
"""Name → pattern and words. Patterns stay within what every warehouse's engine reads alike."""

_CALENDAR = {"date-time", "date"}


def compile_format(keyword: Keyword, field: Field) -> Draft:
    """A text of that format; a date must also exist in the calendar (no 30 February)."""
    if not isinstance(keyword.value, str) or keyword.value not in FORMATS:
        known = ", ".join(FORMATS)
        return Draft(Declined(f"format is not one of {known}"), f"is {keyword.value}")
    pattern, words = FORMATS[keyword.value]
    draft = must_match(pattern, f"is {words}", field)
    if keyword.value not in _CALENDAR or not isinstance(draft.verdict, Compiled):
        return draft
    impossible: Expr
    if isinstance(field, InJson):
        impossible = sql.And((field.kind("string"), _no_such_day(field.text)))
    elif isinstance(field, InColumn) and field.family is Family.TEXT:
        impossible = _no_such_day(field.value)
    else:
        return draft
    return Draft(Compiled(sql.Or((draft.verdict.fails, impossible))), draft.sentence)


def _no_such_day(text: Expr) -> Expr:
    """A text shaped like a date that no calendar has; only asked where the day is 29 to 31, so it is cheap."""
    late = sql.Matches(text, "^[0-9]{4}-[0-9]{2}-(29|3[01])")
    day = sql.TryCast(sql.Leading(text, 10), Family.DATE)
    return sql.And((late, sql.IsNull(day)))

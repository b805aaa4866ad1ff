"""How collectors name what they land: from a planned name to a table, a column or a key.

Collectors differ on about one name in a hundred, so each has its own rule, byte for byte.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TypeAlias

from monitor.landing.rudder_names import rudder_column
from monitor.sql.vocabulary import Path

NamingRule: TypeAlias = Callable[[Path], str]
"""From a property's path to its landed name."""

_GOOD = re.compile(r"(?:[a-z0-9]|(?<=.)_(?=[a-z0-9]))*")
_HEAD = re.compile(r"[A-Z0-9]*[a-z0-9]*")
_WORD = re.compile(r"[A-Z0-9]+[a-z0-9]*|[a-z0-9]+")

_FIELD_HUMPS = (re.compile(r"([A-Z]+)([A-Z][a-z])"), re.compile(r"([a-z\d])([A-Z])", re.ASCII))
_NAME_HUMP = re.compile(r"([^A-Z_])([A-Z])")
_FORM = re.compile(r"(?:_([0-9]+)_([0-9]+))?(_recovered_[0-9a-z_]+)?", re.IGNORECASE)
_RECOVERED = re.compile(r"_[0-9]+_(?:[0-9]+_[0-9]+_)?recovered_[0-9a-z_]+\Z", re.IGNORECASE)
_JITSU_HUMP = re.compile(r"(?<=[a-zA-Z0-9])([A-Z])")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]")

SHORTEST_LIMIT = 63
"""PostgreSQL keeps this many characters of a name."""
LONGEST_LIMIT = 127
"""The other warehouses keep at least this many."""


@lru_cache(maxsize=16_384)
def segment_name(text: str) -> str:
    """Segment's snake case: event names → tables, property paths → columns.

    Every byte that is not an ASCII letter or digit separates words, so the result is ASCII; it is
    empty where there is none. A name that is already snake case stays as it is, digits included.

    >>> segment_name("Order Completed"), segment_name("HTTPServerError"), segment_name("iOS App")
    ('order_completed', 'httpserver_error', 'i_os_app')
    >>> segment_name("_private"), segment_name("2FA"), segment_name("größe")
    ('private', '2fa', 'gr_e')
    """
    good = _GOOD.match(text)
    end = good.end() if good else 0
    prefix, rest = text[:end], text[end:]
    if not rest:
        return text
    since = prefix.rpartition("_")[2]
    if "A" <= rest[0] <= "Z" and not re.search("[a-z]", since):
        head = _HEAD.match(rest)
        cut = head.end() if head else 0
        prefix, rest = prefix + rest[:cut].lower(), rest[cut:]
    return "_".join([*([prefix] if prefix else []), *(word.lower() for word in _WORD.findall(rest))])


def segment_column(path: Path) -> str:
    """The column of a property: nested objects flatten with `_`, so `a.b` and `a_b` share one.

    >>> segment_column(("shippingAddress", "postalCode"))
    'shipping_address_postal_code'
    """
    return segment_name("_".join(path))


def landed_spellings(name: str) -> tuple[str, ...]:
    """The forms in which a warehouse may hold a name, likeliest first.

    Redshift puts `_` before reserved words and leading digits, Segment before a property that meets
    one of its own columns; long names are cut.

    >>> landed_spellings("2fa")
    ('2fa', '_2fa')
    """
    forms = (name, f"_{name}")
    cuts = (form[:limit] for limit in (LONGEST_LIMIT, SHORTEST_LIMIT) for form in forms)
    return tuple(dict.fromkeys((*forms, *cuts))) if name else ()


def snowplow_field(text: str) -> str:
    """Snowplow's rule for a key inside a self-describing event, on every warehouse but Snowflake.

    >>> snowplow_field("elapsedTime"), snowplow_field("HTTPRequest"), snowplow_field("2nd-choice")
    ('elapsed_time', 'http_request', '_2nd_choice')
    """
    for hump in _FIELD_HUMPS:
        text = hump.sub(r"\1_\2", text)
    plain = _NOT_PLAIN.sub("_", text.replace("-", "_").lower())
    return f"_{plain}" if plain[:1].isdigit() else plain


def snowplow_stem(vendor: str, name: str) -> str:
    """The column of a self-describing event without its version.

    Its camel case rule is not that of the keys: `HTTPRequest` gives `httprequest` here.

    >>> snowplow_stem("com.acme-shop", "HTTPRequest")
    'unstruct_event_com_acme_shop_httprequest'
    >>> snowplow_stem("com.acme", "linkClick")
    'unstruct_event_com_acme_link_click'
    """
    plain = _NAME_HUMP.sub(r"\1_\2", re.sub(r"[.-]", "_", name))
    return f"unstruct_event_{re.sub(r'[.-]', '_', vendor)}_{plain}".lower()


def snowplow_column(vendor: str, name: str, model: str) -> str:
    """The column that holds the payload of every version with this MODEL.

    >>> snowplow_column("com.snowplowanalytics.snowplow", "link_click", "1")
    'unstruct_event_com_snowplowanalytics_snowplow_link_click_1'
    """
    return f"{snowplow_stem(vendor, name)}_{model}"


def snowplow_columns(vendor: str, name: str, model: str, landed: Iterable[str]) -> tuple[str, ...]:
    """Every landed column that holds payloads of this MODEL, the newest form first.

    One table may hold `…_1` (current loaders), `…_1_0_0` and `…_1_0_1` (BigQuery's first loader) and
    `…_1_recovered_1_0_1_9a8b7c6d` or `…_1_0_1_recovered_42` (a version that broke its own model).
    A row fills one of them.

    >>> snowplow_columns("a", "b", "1", ["unstruct_event_a_b_1_0_0", "unstruct_event_a_b_1", "unstruct_event_a_b_2"])
    ('unstruct_event_a_b_1', 'unstruct_event_a_b_1_0_0')
    """
    stem = snowplow_column(vendor, name, model)
    forms = ((_FORM.fullmatch(column[len(stem) :]), column) for column in landed if column.lower().startswith(stem))

    def age(entry: tuple[re.Match[str], str]) -> tuple[bool, bool, int, int, str]:
        form, column = entry
        revision, addition = int(form[1] or 0), int(form[2] or 0)
        return (form[3] is not None, form[1] is not None, -revision, -addition, column)

    return tuple(column for _, column in sorted(((form, column) for form, column in forms if form), key=age))


def snowplow_table(vendor: str, name: str, model: str) -> str:
    """The table of a self-describing event on Redshift. Its camel case rule is that of the keys.

    >>> snowplow_table("com.acme-shop", "HTTPRequest", "1")
    'com_acme_shop_http_request_1'
    """
    return f"{re.sub(r'[.-]', '_', vendor).lower()}_{snowplow_field(name)}_{model}"


def snowplow_recovered(column: str) -> bool:
    """A loader made the column because a schema changed against its own version: Iglu calls it recovered.

    >>> snowplow_recovered("unstruct_event_a_b_1_recovered_1_0_1_9a8b7c6d"), snowplow_recovered("unstruct_event_a_b_1")
    (True, False)
    """
    return _RECOVERED.search(column) is not None


def jitsu_name(text: str) -> str:
    """Jitsu's snake case: `_` before any capital that follows a letter or digit; its loader replaces other signs.

    >>> jitsu_name("userID"), jitsu_name("CCamelCase"), jitsu_name("Camel-Case "), jitsu_name("field1Name")
    ('user_i_d', 'c_camel_case', 'camel_case_', 'field1_name')
    """
    return _NOT_PLAIN.sub("_", _JITSU_HUMP.sub(r"_\1", text).lower())


def jitsu_column(path: Path) -> str:
    """The column of a property: nested objects flatten with `_`.

    >>> jitsu_column(("shippingAddress", "zip"))
    'shipping_address_zip'
    """
    return "_".join(map(jitsu_name, path))


def mixpanel_key(text: str) -> str:
    """A Mixpanel property where `$` cannot stand (Singer, Stitch, columns): `$x` becomes `mp_reserved_x`.

    >>> mixpanel_key("$browser"), mixpanel_key("plan")
    ('mp_reserved_browser', 'plan')
    """
    return f"mp_reserved_{text[1:]}" if text.startswith("$") else text


def _snowplow_path(path: Path) -> str:
    return ".".join(map(snowplow_field, path))


def _mixpanel_path(path: Path) -> str:
    return ".".join(map(mixpanel_key, path))


NAMING: Mapping[str, NamingRule] = MappingProxyType(
    {
        "segment": segment_column,
        "rudderstack": rudder_column,
        "rudderstack_legacy": partial(rudder_column, divided=True),
        "snowplow": _snowplow_path,
        "jitsu": jitsu_column,
        "mixpanel": _mixpanel_path,
        "original": ".".join,
    }
)
"""Naming rules by name, from a property's path to its column; in a document they are asked key by key."""

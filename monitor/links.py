"""Addresses: which file of the report tells of which event, and which addresses may become a link."""

import re
import unicodedata
from hashlib import sha256

_LONGEST_SLUG = 60
_HASH_DIGITS = 10
_SAFE = re.compile(r"https?://[^\s<>\"'`\\]+\Z|[A-Za-z0-9_.~%/#?=&+,@-]+\Z")


def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens; may be empty.

    >>> slug("Order Completed"), slug("../../étc"), slug("日本")
    ('order-completed', 'etc', '')
    """
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:_LONGEST_SLUG].strip("-")


def event_page(key: str) -> str:
    """The report's page of the event with that key, relative to the report's folder.

    A slug to read and a hash to tell apart: keys that differ only in case, accents or punctuation have
    pages of their own, on every file system.

    >>> event_page("order_completed")
    'events/order-completed-ca24cb8731.html'
    """
    digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    return f"events/{slug(key) or 'event'}-{digest}.html"


def safe_address(address: str) -> str:
    r"""The address where it may stand in `href`: http, https, or relative; else empty (`javascript:…`).

    >>> safe_address("https://example.org/a?b=1"), safe_address("../docs/index.html")
    ('https://example.org/a?b=1', '../docs/index.html')
    >>> safe_address("javascript:alert(1)"), safe_address("//evil.example/x"), safe_address("ja\tvascript:1")
    ('', '', '')
    """
    return address if _SAFE.match(address) and not address.startswith("//") else ""

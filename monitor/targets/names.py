"""Names for files and identifiers, from names that come from outside."""

import re
from hashlib import sha256

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_OTHER = re.compile(r"[^a-z0-9_-]+")


def slug(text: str) -> str:
    """The text where it is a safe file name already; else what is safe of it, and a hash that tells it from others.

    >>> slug("web_prod"), slug("1-1-0")
    ('web_prod', '1-1-0')
    >>> slug("../Raw Events")
    'raw_events_4ad49f'
    """
    if _PLAIN.fullmatch(text):
        return text
    plain = _OTHER.sub("_", text.lower()).strip("_-")[:60]
    return "_".join(part for part in (plain, digest(text)[:6]) if part)


def digest(text: str) -> str:
    """64 hex digits; a lone surrogate is text, too."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

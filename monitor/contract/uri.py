"""URI references made whole: RFC 3986 5.2, no more of it than schemas need. Nothing is fetched."""

import re

_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def split(uri: str) -> tuple[str, str]:
    """A URI without its fragment, and the fragment.

    >>> split("http://a/b#/c")
    ('http://a/b', '/c')
    """
    place, _, fragment = uri.partition("#")
    return place, fragment


def unescaped(text: str) -> str:
    """Percent escapes as the characters they stand for.

    >>> unescaped("a%20b%C3%A9")
    'a bé'
    """
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(errors="replace"), text)


def joined(base: str, reference: str) -> str:
    """What a reference means where the base is `base`.

    >>> joined("http://a/b/c.json", "d.json"), joined("http://a/b/c", "../x#y"), joined("urn:a:b", "#c")
    ('http://a/b/d.json', 'http://a/x#y', 'urn:a:b#c')
    """
    scheme, authority, path, query, fragment = _split(reference)
    if scheme is not None:
        return _whole(scheme, authority, _undotted(path), query, fragment)
    own = _split(base)
    if authority is not None:
        return _whole(own[0], authority, _undotted(path), query, fragment)
    if not path:
        return _whole(own[0], own[1], own[2], own[3] if query is None else query, fragment)
    if not path.startswith("/"):
        path = ("/" if own[1] and not own[2] else own[2][: own[2].rfind("/") + 1]) + path
    return _whole(own[0], own[1], _undotted(path), query, fragment)


def _split(uri: str) -> tuple[str | None, str | None, str, str | None, str | None]:
    found = _PARTS.fullmatch(uri)
    assert found is not None  # noqa: S101 - the expression matches every text
    return found[1], found[2], found[3], found[4], found[5]


def _undotted(path: str) -> str:
    if "." not in path:
        return path
    kept: list[str] = []
    parts = path.split("/")
    for n, part in enumerate(parts):
        if part == ".." and len(kept) > (kept[:1] == [""]):
            kept.pop()
        elif part not in {".", ".."}:
            kept.append(part)
        if part in {".", ".."} and n == len(parts) - 1:
            kept.append("")
    return "/".join(kept)


def _whole(scheme: str | None, authority: str | None, path: str, query: str | None, fragment: str | None) -> str:
    start = ("" if scheme is None else f"{scheme}:") + ("" if authority is None else f"//{authority}")
    return start + path + ("" if query is None else f"?{query}") + ("" if fragment is None else f"#{fragment}")

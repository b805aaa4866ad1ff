"""A URL that is called after each run that measured everything: whoever misses the call tells people."""

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_TIMEOUT = 10


def call(url: str) -> str:
    """Call the URL once. Why that failed, without the URL, which is a secret; empty: it did not."""
    request = Request(url, headers={"User-Agent": "trackwarden"})  # noqa: S310 - http(s), says the configuration
    try:
        with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - as above
            answer.read(1000)
    except HTTPError as error:
        with error:
            return f"the heartbeat URL answered {error.code}"
    except (URLError, OSError, HTTPException, ValueError) as error:
        return f"the heartbeat URL could not be called: {type(getattr(error, 'reason', error)).__name__}"
    return ""

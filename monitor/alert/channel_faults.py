"""What went wrong with a channel beside Slack, read from what apprise logs, said without a word of its own.

apprise says only that a message was not taken. Its log names HTTP statuses, SMTP codes and what the socket said, among
addresses and tokens: numbers are taken out of it, and the kinds of broken connections are told by our own words.
"""

import logging
import re
from collections.abc import Sequence
from http import HTTPStatus

from monitor.alert.overheard import Heard
from monitor.alert.sender import Reach, Refused

INSTALL = "pip install 'trackwarden[channels]'"
_HTTP = re.compile(r"error=([1-5][0-9]{2})\b")
_SMTP = re.compile(r"\(([45][0-9]{2}), b['\"]|was refused: ([45][0-9]{2}) ")
_NEVER_LEFT = (
    (re.compile(r"Connection refused|ConnectionRefusedError|Errno 111|Errno 61"), "the connection was refused"),
    (
        re.compile(r"Name or service not known|getaddrinfo|NameResolutionError|nodename nor servname|Errno -[235]\b"),
        "the service's address was not found",
    ),
    (
        re.compile(r"No route to host|Network is unreachable|ConnectTimeout|connect timeout"),
        "the service cannot be reached",
    ),
)
_BROKE = (
    (re.compile(r"timed out|timeout", re.IGNORECASE), "no answer in time"),
    (re.compile(r"."), "the connection broke"),
)
_CERTIFICATE = re.compile(r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|certificate verify failed")
_SOCKET = "Socket Exception:"
_UNSAID = "the service did not take it, and apprise does not say why"


def not_installed() -> Refused:
    """It is an extra of the package."""
    return _wrong("apprise is not installed", f"install it: {INSTALL}")


def unknown_service(place: str) -> Refused:
    """Nothing can be made of the URL, which is never shown itself."""
    hint = f"check {place}.url: https://appriseit.com/services/ tells how each service's URL is written"
    return _wrong("the service URL is not one that apprise understands", hint)


def still_at_it() -> Refused:
    """An earlier try has not come back: a second one beside it would only hang, too."""
    return Refused(permanent=False, error="an earlier try has not ended yet", reach=Reach.ACCOUNT)


def too_late() -> Refused:
    """The service keeps us waiting for longer than a run has time for."""
    return Refused(permanent=False, error="no answer in time", reach=Reach.ACCOUNT, ambiguous=True)


def broken(error: Exception, place: str) -> Refused:
    """What apprise let through; its text is not repeated: it may hold the URL."""
    if type(error).__name__ == "AppriseImproperlyConfigured":
        return unknown_service(place)
    said = f"apprise could not send it ({type(error).__name__})"
    return Refused(permanent=False, error=said, reach=Reach.ACCOUNT, ambiguous=True)


def reached_some(heard: Sequence[Heard]) -> bool:
    """Some of several recipients have it: sending again would tell them twice."""
    return any(one.level == logging.INFO and one.line.startswith("Sent ") for one in heard)


def read(heard: Sequence[Heard], place: str) -> Refused:
    """Why the message was not taken, by the first thing that apprise logged of it: the rest may follow from that."""
    for one in heard:
        if found := _HTTP.search(one.line):
            return _status(int(found[1]), place)
        if found := _SMTP.search(one.line):
            return _mail(int(found[1] or found[2]), place)
        if _SOCKET in one.line:
            return _connection(one.line, place)
    return Refused(permanent=False, error=_UNSAID, hint=f"check {place}.url", reach=Reach.ACCOUNT, ambiguous=True)


def _status(status: int, place: str) -> Refused:
    said = f"the service answered {status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Refused(permanent=False, error=said, reach=Reach.ACCOUNT)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Refused(permanent=False, error=said, reach=Reach.ACCOUNT, ambiguous=True)
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY):
        hint = f"it does not like the message, or {place}.url is incomplete"
        return Refused(permanent=True, error=said, hint=hint, reach=Reach.MESSAGE)
    return _wrong(said, f"look whether the address and the key in {place}.url still hold")


def _mail(code: int, place: str) -> Refused:
    said = f"the mail server answered {code}"
    if code < 500:  # noqa: PLR2004 - from here on it is for good (RFC 5321)
        return Refused(permanent=False, error=said, reach=Reach.ACCOUNT)
    if code in (552, 554):  # too large, or its content
        return Refused(permanent=True, error=said, hint="it does not like the message", reach=Reach.MESSAGE)
    return _wrong(said, f"check the user, the password and the addresses in {place}.url")


def _connection(line: str, place: str) -> Refused:
    if _CERTIFICATE.search(line):
        hint = "add its certificate to this machine's trust store; a proxy may stand between"
        return _wrong("the service's certificate is not trusted", hint)
    hint = f"check the network, the proxy and {place}.url"
    for shape, said in _NEVER_LEFT:
        if shape.search(line):
            return Refused(permanent=False, error=said, hint=hint, reach=Reach.ACCOUNT)
    said = next(said for shape, said in _BROKE if shape.search(line))
    return Refused(permanent=False, error=said, hint=hint, reach=Reach.ACCOUNT, ambiguous=True)


def _wrong(error: str, hint: str) -> Refused:
    """Nothing passes until somebody changes the configuration."""
    return Refused(permanent=True, error=error, hint=hint, reach=Reach.ACCOUNT)

"""What apprise logs while it sends: heard by us alone, since addresses and tokens are in it.

apprise answers yes or no and logs the reason. Its logger is taken out of the tree, so that no handler of an operator
prints a secret, whatever the level; what the HTTP client below it would log of our threads is dropped.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

THREADS: Final = "trackwarden-channel"
"""How the name of a thread that sends begins."""
_BELOW: Final = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "charset_normalizer")
_MOST = 200
"""Lines of one sending that are kept."""


class Heard(NamedTuple):
    """One line of the log."""

    level: int
    line: str


class _Ear(logging.Handler):
    """Keeps lines for the thread that asked for them; those of other threads are nobody's business."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.mine = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        lines: list[Heard] | None = getattr(self.mine, "lines", None)
        if lines is not None and len(lines) < _MOST:
            lines.append(Heard(record.levelno, record.getMessage()))


class _NotOurs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Lines of other threads pass."""
        return not (record.threadName or "").startswith(THREADS)


_EAR: Final = _Ear()
_FILTER: Final = _NotOurs()


def listen() -> None:
    """Take apprise's log out of the tree; twice is as once. To be called before apprise is given a secret."""
    apprise = logging.getLogger("apprise")
    apprise.propagate = False
    apprise.setLevel(logging.DEBUG)
    for handler in [one for one in apprise.handlers if one is not _EAR]:
        apprise.removeHandler(handler)
    apprise.addHandler(_EAR)  # twice is as once
    for name in _BELOW:
        logging.getLogger(name).addFilter(_FILTER)


@contextmanager
def overheard() -> Iterator[list[Heard]]:
    """The lines that apprise logs in this thread while the block runs. They may hold secrets: read, never shown."""
    listen()
    lines: list[Heard] = []
    _EAR.mine.lines = lines
    try:
        yield lines
    finally:
        _EAR.mine.lines = None

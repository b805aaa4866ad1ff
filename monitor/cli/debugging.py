"""`--debug`: what is logged, and that no secret is in it."""

import logging
import os
import re
from collections.abc import Mapping

SECRET_NAMES = re.compile(r"pass|secret|token|key|webhook|credential|auth|dsn", re.IGNORECASE)
"""Environment variables whose values are never shown."""
SHORTEST = 6
"""Shorter values are part of every other word."""
_SHAPES = (
    (re.compile(r"xox[a-z]-[A-Za-z0-9-]{4,}"), "xox…"),
    (re.compile(r"(hooks\.slack\.com/)[^\s'\"]+"), r"\1…"),
    (re.compile(r"(://[^\s:/@'\"]*:)[^\s@'\"]+@"), r"\1…@"),
    (re.compile(r"([?&](?:password|passwd|token|secret|key)=)[^\s&'\"]+", re.IGNORECASE), r"\1…"),
)


def redacted(text: str, env: Mapping[str, str]) -> str:
    """The text without secrets: the values of variables that are called so, and what is shaped like one.

    >>> redacted("xoxb-1234-abcd via postgresql://me:hunter2@db/x?token=t0p", {"MY_PASSWORD": "sesame!"})
    'xox… via postgresql://me:…@db/x?token=…'
    >>> redacted("opened with sesame!", {"MY_PASSWORD": "sesame!"})
    'opened with …'
    """
    for name, value in env.items():
        if len(value) >= SHORTEST and SECRET_NAMES.search(name) and value in text:
            text = text.replace(value, "…")
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


class Redacting(logging.Formatter):
    """A line of the log without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record, redacted."""
        return redacted(super().format(record), os.environ)


def log_everything() -> None:
    """Log ourselves at DEBUG and every SQL statement to stderr; parameters are never logged."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("monitor").setLevel(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)

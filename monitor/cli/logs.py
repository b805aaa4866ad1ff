"""What a command that never ends tells: lines for people, or JSON lines for whoever collects them."""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import click

from monitor.cli.boundary import say, tell
from monitor.cli.debugging import redacted
from monitor.cli.words import visible
from monitor.errors import TrackwardenError


class Log(Protocol):
    """Where it is told."""

    def info(self, line: str, **fields: object) -> None:
        """What went as it should; `fields` say the same for machines."""
        ...

    def warn(self, line: str) -> None:
        """What people should know."""
        ...

    def errors(self, errors: Iterable[TrackwardenError]) -> None:
        """What went wrong."""
        ...


class Lines:
    """For people: what went well on stdout, the rest on stderr."""

    def info(self, line: str, **fields: object) -> None:  # noqa: ARG002 - the line says them
        """One line."""
        click.echo(redacted(line, os.environ))

    def warn(self, line: str) -> None:
        """One line on stderr."""
        say(line)

    def errors(self, errors: Iterable[TrackwardenError]) -> None:
        """Each as problem, place and next step."""
        tell(errors)


class JsonLines:
    """For machines: one object a line, all on stdout, in the order in which it happened."""

    def info(self, line: str, **fields: object) -> None:
        """Level `info`."""
        _print("info", line, fields)

    def warn(self, line: str) -> None:
        """Level `warning`."""
        _print("warning", line, {})

    def errors(self, errors: Iterable[TrackwardenError]) -> None:
        """Level `error`, one line each."""
        for error in errors:
            _print(
                "error", error.problem, {"where": error.where, "hint": error.hint, "exit_code": int(error.exit_code)}
            )


FORMS: Mapping[str, type[Log]] = {"text": Lines, "json": JsonLines}


def _print(level: str, line: str, fields: dict[str, object]) -> None:
    said = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "message": _clean(line)}
    more = {name: _clean(value) if isinstance(value, str) else value for name, value in fields.items()}
    click.echo(json.dumps({**said, **more}, ensure_ascii=False))


def _clean(text: str) -> str:
    return redacted(visible(text), os.environ)

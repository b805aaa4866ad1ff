"""The one place where errors become words on stderr and an exit code. No traceback, unless it is asked for."""

import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from click.exceptions import Abort, ClickException, Exit

from monitor.cli.debugging import redacted
from monitor.cli.words import visible
from monitor.errors import ExitCode, Problems, TrackwardenError

MOST_SHOWN = 50
"""Errors of one reading that are listed; how many more there are is said."""


@contextmanager
def boundary(*, debug: bool) -> Iterator[None]:
    """Tell what went wrong inside the block, and end with its exit code."""
    try:
        yield
        sys.stdout.flush()
    except (ClickException, Exit, Abort):
        raise
    except BrokenPipeError:
        _say_nothing_more()
        raise Exit(ExitCode.PIPE_CLOSED) from None
    except KeyboardInterrupt:
        say("interrupted: what has been measured is kept")
        raise Exit(ExitCode.INTERRUPTED) from None
    except TrackwardenError as error:
        if debug:
            _show_traceback()
        tell(errors_of(error))
        raise Exit(code_of(error)) from None
    except Exception as error:  # noqa: BLE001 - the last one: whatever nobody foresaw
        if debug:
            _show_traceback()
        say(f"{_label()} this is a bug in trackwarden: {type(error).__name__} at {_place(error)}")
        say(_next("run it again as `trackwarden --debug …` and report what it prints"))
        raise Exit(ExitCode.BUG) from None


def errors_of(error: TrackwardenError) -> tuple[TrackwardenError, ...]:
    """All errors of one reading, or the one."""
    return tuple(error.errors) if isinstance(error, Problems) else (error,)


def code_of(error: TrackwardenError) -> ExitCode:
    """What the command ends with."""
    return error.code if isinstance(error, Problems) else error.exit_code


def tell(errors: Iterable[TrackwardenError]) -> None:
    """Errors on stderr, each once: the problem, where it is, the next step."""
    listed = {(error.problem, error.where, error.hint): error for error in errors}
    for error in list(listed.values())[:MOST_SHOWN]:
        say(f"{_label()} {visible(error.problem)}")
        if error.where:
            say(f"  {click.style('where:', dim=True)} {visible(error.where)}")
        if error.hint:
            say(_next(visible(error.hint)))
    if len(listed) > MOST_SHOWN:
        say(f"… and {len(listed) - MOST_SHOWN:,} more errors")
    elif len(listed) > 1:
        say(f"{len(listed)} errors")


def say(line: str) -> None:
    """One line on stderr; colours only where a terminal shows them, secrets nowhere."""
    click.echo(redacted(line, os.environ), err=True)


def _label() -> str:
    return click.style("error:", fg="red", bold=True)


def _next(step: str) -> str:
    return f"  {click.style('next:', dim=True)}  {step}"


def _show_traceback() -> None:
    say(traceback.format_exc().rstrip())


def _place(error: BaseException) -> str:
    """The innermost line of ours; the exception's own text is left out: it may hold anything."""
    ours = str(Path(__file__).parents[1])
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(ours)]
    if not frames:
        return "an unknown place"
    return f"{Path(frames[-1].filename).relative_to(Path(ours).parent)}:{frames[-1].lineno}"


def _say_nothing_more() -> None:
    """Python flushes stdout once more as it ends; nobody is there to read it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

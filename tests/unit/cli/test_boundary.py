"""Errors become words and an exit code in one place."""

import pytest
from click.exceptions import Exit

from monitor.cli.boundary import MOST_SHOWN, boundary
from monitor.errors import HistoryError, PlanError, Problems


def ended(error: BaseException, *, debug: bool = False) -> int:
    """The exit code of a block that raised."""
    with pytest.raises(Exit) as caught, boundary(debug=debug):
        raise error
    return caught.value.exit_code


def test_an_error_says_problem_place_and_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(HistoryError("is damaged", where="history.db", hint="restore it")) == 4
    assert capsys.readouterr().err == "error: is damaged\n  where: history.db\n  next:  restore it\n"


def test_problems_end_in_the_code_of_their_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(Problems([HistoryError("a"), HistoryError("b"), HistoryError("a")])) == 4
    assert capsys.readouterr().err == "error: a\nerror: b\n2 errors\n"


def test_very_many_errors_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(Problems([PlanError(f"error {n}") for n in range(MOST_SHOWN + 7)])) == 2
    assert capsys.readouterr().err.endswith("… and 7 more errors\n")


def test_what_nobody_foresaw_is_a_bug_and_its_text_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(RuntimeError("row 1: ann@example.org")) == 70
    said = capsys.readouterr().err
    assert "this is a bug in trackwarden: RuntimeError" in said
    assert "ann@example.org" not in said
    assert "Traceback" not in said


def test_with_debug_the_traceback_is_shown_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(RuntimeError("refused xoxb-1234-abcdef"), debug=True) == 70
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "xoxb-1234" not in said


def test_an_interrupted_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(KeyboardInterrupt()) == 130
    assert "what has been measured is kept" in capsys.readouterr().err


def test_names_cannot_write_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    ended(PlanError("event \x1b[2J\nerror: forged"))
    assert capsys.readouterr().err == "error: event �[2J�error: forged\n"

import pytest

from monitor.errors import (
    ConfigError,
    ExitCode,
    HistoryError,
    LeaseHeldError,
    NotifyError,
    PlanError,
    Problems,
    TargetError,
    TrackwardenError,
    WarehouseError,
)


def test_an_error_says_the_place_the_problem_and_the_next_step() -> None:
    error = PlanError("type 'strng' is not known", where="order.yml:14 currency", hint="did you mean 'string'?")
    assert str(error) == "order.yml:14 currency: type 'strng' is not known (did you mean 'string'?)"


def test_an_error_without_a_place_or_a_hint_says_only_the_problem() -> None:
    assert str(PlanError("is empty")) == "is empty"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConfigError, 2),
        (PlanError, 2),
        (TargetError, 2),
        (WarehouseError, 4),
        (HistoryError, 4),
        (NotifyError, 5),
        (LeaseHeldError, 75),
    ],
)
def test_each_kind_of_error_ends_in_its_exit_code(kind: type[TrackwardenError], code: int) -> None:
    assert kind("problem").exit_code == code


def test_collected_errors_are_all_shown_one_per_line() -> None:
    problems = Problems([PlanError("one", where="a.yml:1"), PlanError("two", where="b.yml:2")])
    assert str(problems).splitlines() == ["a.yml:1: one", "b.yml:2: two"]


def test_collected_errors_end_in_the_exit_code_of_their_kind() -> None:
    assert Problems([WarehouseError("gone")]).code is ExitCode.UNREACHABLE


def test_collected_errors_are_raised_from_any_iterable() -> None:
    with pytest.raises(TrackwardenError, match="one"):
        raise Problems(PlanError(text) for text in ("one", "two"))

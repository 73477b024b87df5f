"""The budget of public requests as a window of time."""

from dataclasses import dataclass

import pytest

from xiejiao.errors import OperatorError
from xiejiao.http.budget import Budget, Spending, budget

HERE, THERE = "192.0.2.1", "192.0.2.2"


@dataclass(slots=True)
class Stopwatch:
    """Seconds that go by when a test says so."""

    elapsed_s: float = 0.0

    def seconds(self) -> float:
        """A clock that never goes back."""
        return self.elapsed_s


def test_what_was_spent_in_the_window_before_is_forgotten() -> None:
    stopwatch = Stopwatch()
    spending = Spending(Budget(1, 60), stopwatch.seconds)
    for window in range(3):
        stopwatch.elapsed_s = window * 60.0
        assert spending.wait_s(HERE) == 0
        assert spending.wait_s(HERE) > 0


def test_who_waits_as_long_as_told_is_let_in() -> None:
    stopwatch = Stopwatch(130.0)
    spending = Spending(Budget(1, 60), stopwatch.seconds)
    assert [spending.wait_s(HERE), spending.wait_s(HERE)] == [0, 50]
    stopwatch.elapsed_s += 50
    assert spending.wait_s(HERE) == 0


def test_what_one_address_spends_is_not_taken_from_another() -> None:
    spending = Spending(Budget(1, 60), Stopwatch().seconds)
    assert [spending.wait_s(HERE), spending.wait_s(THERE)] == [0, 0]


def test_a_budget_says_how_many_in_which_window() -> None:
    assert budget("600/minute") == Budget(600, 60)
    assert budget("5/second") == Budget(5, 1)


@pytest.mark.parametrize("text", ["", "600", "0/minute", "-1/minute", "600/fortnight", "600 / minute", "６00/minute"])
def test_a_budget_that_is_not_understood_is_an_operators_error(text: str) -> None:
    with pytest.raises(OperatorError, match="600/minute"):
        budget(text)

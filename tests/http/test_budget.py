"""How many public requests one address may make, and what it is told beyond."""

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection

from xiejiao.app import create_app
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.http.budget import Budget, Spending, budget

HERE, THERE = "203.0.113.1", "203.0.113.2"


@dataclass(slots=True)
class Stopwatch:
    """Seconds that go by when a test says so."""

    elapsed_s: float = 1_000.0

    def seconds(self) -> float:
        """A clock that never goes back."""
        return self.elapsed_s


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def client(connection: Connection, stopwatch: Stopwatch) -> FlaskClient:
    assert not connection.closed
    return create_app(Config(rate_public="2/minute"), seconds=stopwatch.seconds).test_client()


def status(client: FlaskClient, address: str, path: str = "/api/v1/vocabulary") -> int:
    return client.get(path, environ_base={"REMOTE_ADDR": address}).status_code


@pytest.mark.db
def test_beyond_the_budget_an_address_is_told_how_long_to_wait(client: FlaskClient, stopwatch: Stopwatch) -> None:
    assert [status(client, HERE) for _ in range(2)] == [200, 200]
    refused = client.get("/api/v1/vocabulary", environ_base={"REMOTE_ADDR": HERE})
    assert refused.status_code == 429
    stopwatch.elapsed_s += int(refused.headers["Retry-After"])
    assert status(client, HERE) == 200


@pytest.mark.db
def test_another_address_has_a_budget_of_its_own(client: FlaskClient) -> None:
    assert [status(client, HERE) for _ in range(3)] == [200, 200, 429]
    assert status(client, THERE) == 200


@pytest.mark.db
def test_cells_cost_nothing(client: FlaskClient) -> None:
    assert {status(client, HERE, "/api/v1/cells/14/13476/7064") for _ in range(4)} == {200}


def test_what_was_spent_in_the_windows_before_is_forgotten() -> None:
    stopwatch = Stopwatch()
    spending = Spending(Budget(1, 60), stopwatch.seconds)
    for elapsed_s in (0.0, 60.0, 120.0):
        stopwatch.elapsed_s = elapsed_s
        assert spending.wait_s(HERE) == 0
        assert spending.wait_s(HERE) > 0


def test_the_wait_ends_with_the_window() -> None:
    spending = Spending(Budget(1, 60), lambda: 130.0)
    assert [spending.wait_s(HERE), spending.wait_s(HERE)] == [0, 50]


def test_no_budget_is_no_limit() -> None:
    assert budget("0") is None
    assert budget("600/minute") == Budget(600, 60)


@pytest.mark.parametrize("text", ["", "600", "0/minute", "-1/minute", "600/fortnight", "600 / minute", "６00/minute"])
def test_a_budget_that_is_not_understood_is_an_operators_error(text: str) -> None:
    with pytest.raises(OperatorError, match="600/minute"):
        budget(text)

"""What holds when many try at the same moment, on connections of their own; and what the clock gives away."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import Engine

from conftest import KEYS, Clock
from people import Draw, another
from xiejiao import database
from xiejiao.accounts import commands, rules
from xiejiao.accounts.rules import Token
from xiejiao.cluster import Role
from xiejiao.roles import Caller

pytestmark = pytest.mark.db
PASSWORD = "梅江边上的驿站很暖和"  # noqa: S105 - of nobody


@pytest.fixture
def engine(empty_database: Callable[[str], Callable[[Role], str]]) -> Iterator[Engine]:
    """Connections of the app role to an installation of its own."""
    where = empty_database("at_once")
    database.upgrade(where(Role.OWNER))
    engine = database.engine(where(Role.APP))
    yield engine
    engine.dispose()


def enrolled(engine: Engine, clock: Clock, draw: Draw) -> pyotp.TOTP:
    """`chen.min`, with an authenticator."""
    with engine.begin() as connection:
        account, first = commands.add_staff(connection, "chen.min", by=None, now=clock.now(), draw=draw)
    with engine.begin() as connection:
        whole = {"device": "", "now": clock.now(), "draw": draw}
        assert commands.sign_in_with_password(connection, KEYS, "chen.min", first, "", **whole)  # type: ignore[arg-type]
        sign_in: UUID = connection.exec_driver_sql("SELECT id FROM sign_in").scalar_one()
        who = Caller(account, staff=True, sign_in=sign_in)
        assert commands.change_password(connection, who, first, PASSWORD, now=clock.now(), draw=draw)
        totp = pyotp.TOTP(commands.new_authenticator(connection, KEYS, who, draw=draw))
        code = totp.at(clock.now())
        assert commands.confirm_authenticator(connection, KEYS, who, code, now=clock.now(), draw=draw)
    clock.pass_(60)
    return totp


def test_of_twenty_who_send_the_same_code_one_is_let_in(engine: Engine, clock: Clock) -> None:
    draw = Draw()
    totp = enrolled(engine, clock, draw)
    code = totp.at(clock.now())

    def try_it(_number: int) -> Token | None:
        with engine.begin() as connection:
            return commands.sign_in_with_password(
                connection,
                KEYS,
                "chen.min",
                PASSWORD,
                code,
                device="",
                now=clock.now(),
                draw=draw,
            )

    with ThreadPoolExecutor(20) as threads:
        let_in = [token for token in threads.map(try_it, range(20)) if token]
    assert len(let_in) == 1


def test_of_twenty_who_send_the_same_sms_code_one_is_let_in(engine: Engine, clock: Clock) -> None:
    draw = Draw()
    with engine.begin() as connection:
        commands.send_code(connection, KEYS, "13800138000", network="", now=clock.now(), draw=draw)
    code = draw.last_code

    def try_it(number: int) -> Token | None:
        with engine.begin() as connection:
            return commands.sign_in_with_code(
                connection,
                KEYS,
                "13800138000",
                code,
                network=f"10.0.{number}.0/24",
                device="",
                now=clock.now(),
                draw=draw,
            )

    with ThreadPoolExecutor(20) as threads:
        let_in = [token for token in threads.map(try_it, range(20)) if token]
    assert len(let_in) == 1


def test_of_many_guesses_at_once_no_more_than_five_are_compared(engine: Engine, clock: Clock) -> None:
    draw = Draw()
    with engine.begin() as connection:
        commands.send_code(connection, KEYS, "13800138000", network="", now=clock.now(), draw=draw)
    wrong = another(draw.last_code)

    def guess(number: int) -> None:
        with engine.begin() as connection:
            commands.sign_in_with_code(
                connection, KEYS, "13800138000", wrong, network=str(number), device="", now=clock.now(), draw=draw
            )

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(guess, range(40)))
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT tries FROM sign_in_code").scalar() == rules.CODE_TRIES


def overlap(one: list[float], other: list[float]) -> float:
    """How likely a value of `one` is below one of `other` (Mann and Whitney's U as a share); 0.5 when alike."""
    below = sum((a < b) + 0.5 * (a == b) for a in one for b in other)
    return below / (len(one) * len(other))


@pytest.mark.long
@pytest.mark.parametrize("what", ["number", "name"])
def test_how_long_it_takes_does_not_tell_whether_somebody_is_known(engine: Engine, clock: Clock, what: str) -> None:
    """Two thousand tries of each, in turn: neither is the quicker in more than 55 of 100 pairs."""
    draw = Draw()
    enrolled(engine, clock, draw)

    def tried(who: str, number: int) -> float:
        began = time.perf_counter()
        with engine.begin() as connection:
            if what == "number":
                commands.sign_in_with_code(
                    connection, KEYS, who, "000000", network=str(number), device="", now=clock.now(), draw=draw
                )
            else:
                commands.sign_in_with_password(
                    connection, KEYS, who, "wrong", "", device="", now=clock.now(), draw=draw
                )
        return time.perf_counter() - began

    rounds = 2_000 if what == "number" else 300
    known, unknown = ("13800138000", "13900139000") if what == "number" else ("chen.min", "nobody.here")
    with engine.begin() as connection:
        commands.send_code(connection, KEYS, known, network="", now=clock.now(), draw=draw)
        token = commands.sign_in_with_code(
            connection,
            KEYS,
            "13800138000" if what == "number" else known,
            draw.last_code,
            network="",
            device="",
            now=clock.now(),
            draw=draw,
        )
        assert token
    took: dict[str, list[float]] = {known: [], unknown: []}
    for number in range(rounds):
        if number % 40 == 0:
            clock.pass_(3_600)
        for who in (known, unknown) if number % 2 else (unknown, known):
            took[who].append(tried(who, number))
    share = overlap(took[known][::4], took[unknown][::4])
    assert 0.45 < share < 0.55, {who: statistics.median(times) for who, times in took.items()}

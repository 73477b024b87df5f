"""Our evaluation beside an independent one, where that one can be trusted: no holidays, no override after midnight."""

from datetime import datetime, timedelta
from random import Random

import pytest
from opening_hours import OpeningHours
from opening_hours import State as OracleState

from xiejiao.hours import CHINA, Calendar, State, compiled, parse, state

STATES = {OracleState.OPEN: State.OPEN, OracleState.CLOSED: State.CLOSED, OracleState.UNKNOWN: State.UNKNOWN}
WEEKDAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
SEASONS = ["Jun-Sep", "Oct-May", "Feb", "Oct 15-Apr 15", "Jan 01-Mar 10,Jul", "Dec 20-Jan 05", "Nov-Feb"]
FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 - the oracle knows no zones
EXPRESSIONS = 240


def expression(random: Random) -> str:
    """One text of the subset: a single rule may run past midnight, several may not."""
    single = random.random() < 0.3
    rules = [rule(random, latest=30 if single else 24) for _ in range(1 if single else random.randint(2, 4))]
    return "".join(
        f"{'' if not place else random.choice(['; ', '; ', ', '])}{text}" for place, text in enumerate(rules)
    )


def rule(random: Random, latest: int) -> str:
    season = random.choice(SEASONS) if random.random() < 0.3 else ""
    first, last = random.choice(WEEKDAYS), random.choice(WEEKDAYS)
    days = random.choice([f"{first}-{last}", f"{first},{last}", first, "Mo-Fr", "Mo-Su"])
    ends = random.choice(["", "", "", " off", " unknown"])
    if ends and random.random() < 0.4:
        return f"{season} {days}{ends}".strip()
    start, pause, resumed = sorted(random.sample(range(48), 3))
    close = random.randint(resumed + 1, latest * 2)
    times = [f"{clock(start)}-{clock(pause)}", f"{clock(resumed)}-{clock(close)}"]
    return f"{season} {days} {','.join(times[random.randint(0, 1) :])}{ends}".strip()


def clock(half_hours: int) -> str:
    return f"{half_hours // 2:02}:{half_hours % 2 * 30:02}"


@pytest.mark.parametrize("seed", range(EXPRESSIONS))
def test_state_is_as_the_oracle_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable texts, no secrets
    text = expression(random)
    ours, oracle = compiled(parse(text)), OpeningHours(text)
    for _ in range(150):
        at = FIRST + timedelta(minutes=15 * random.randrange(3 * 365 * 96))
        assert state(ours, at.replace(tzinfo=CHINA), Calendar()).state is STATES[oracle.state(at)[0]], f"{text} at {at}"

"""Our evaluation beside independent ones, where these can be trusted: no holidays, no override after midnight."""

import json
import os
import shutil
import subprocess
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
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
INSTANTS = 150
ORACLE = Path(__file__).parents[1] / "oracle"


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


def instants(random: Random) -> list[datetime]:
    return [FIRST + timedelta(minutes=15 * random.randrange(3 * 365 * 96)) for _ in range(INSTANTS)]


@pytest.mark.parametrize("seed", range(EXPRESSIONS))
def test_state_is_as_the_oracle_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable texts, no secrets
    text = expression(random)
    ours, oracle = compiled(parse(text)), OpeningHours(text)
    for at in instants(random):
        said, _ = oracle.state(at)
        assert state(ours, at.replace(tzinfo=CHINA), Calendar()).state is STATES[said], f"{text} at {at}"


@pytest.mark.long
def test_state_is_as_the_reference_implementation_in_javascript_says(tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json", "ask.mjs"):
        shutil.copy(ORACLE / name, tmp_path)
    random = Random(EXPRESSIONS)  # noqa: S311 - as above
    asked = [(text, instants(random)) for text in (expression(random) for _ in range(EXPRESSIONS))]
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True, text=True)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    question = json.dumps([[text, [at.isoformat() for at in times]] for text, times in asked])
    answers = json.loads(run(["node", "ask.mjs"], input=question, env={**os.environ, "TZ": "Asia/Shanghai"}).stdout)
    for (text, times), said in zip(asked, answers, strict=True):
        ours = compiled(parse(text))
        got = [state(ours, at.replace(tzinfo=CHINA), Calendar()).state for at in times]
        assert got == said, text

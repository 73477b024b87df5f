"""The notices of 2025 and 2026 as a calendar, for every test of opening hours."""

import json
from datetime import date
from pathlib import Path

import pytest

from xiejiao.hours import Calendar, Special

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    notices = json.loads((CASES / "hours_calendar.json").read_text("utf-8"))["notices"]
    special = {
        date.fromisoformat(day): Special(kind)
        for notice in notices.values()
        for kind, days in notice.items()
        for day in days
    }
    return Calendar(special, frozenset(map(int, notices)))

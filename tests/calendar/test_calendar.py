"""Years of days off and make-up workdays: what is served, what is imported, and what is refused."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection

from xiejiao import seeding
from xiejiao.calendar import commands, queries, schemas
from xiejiao.calendar.rules import DayKind, SpecialDay, Year
from xiejiao.errors import InputError

SEED = Path(__file__).parents[2] / "seed" / "calendar"
NOTICE = "国务院办公厅关于 2027 年部分节假日安排的通知"

WriteYear = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> WriteYear:
    """A file with a year in it, whole but for what is named."""

    def write(**parts: object) -> Path:
        document = {"year": 2027, "announced": True, "source": NOTICE, "days": FESTIVALS, **parts}
        path = tmp_path / "year.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write


def day(on: str, kind: str = "off", **more: object) -> dict[str, object]:
    """A day as a file has it."""
    return {"on": on, "kind": kind, "name": "元旦", **more}


FESTIVALS = [day(f"2027-10-0{number}") for number in range(1, 8)]
"""As few days off as a year can have."""


def faults(path: Path) -> dict[str, set[str]]:
    """The faults of a file: field, and what is said of it in English."""
    with pytest.raises(InputError) as refused:
        seeding.year_in(path)
    found: dict[str, set[str]] = {}
    for fault in refused.value.faults:
        assert not fault.message.zh.isascii()
        found.setdefault(fault.field, set()).add(fault.message.en)
    return found


# ── files ──


@pytest.mark.parametrize("path", sorted(SEED.glob("*.json")), ids=lambda path: path.stem)
def test_every_year_of_the_seed_can_be_imported(path: Path) -> None:
    assert seeding.year_in(path).year == int(path.stem)


def test_days_come_in_order_whatever_their_order_in_the_file(written: WriteYear) -> None:
    year = seeding.year_in(written(days=[day("2027-11-01"), day("2027-01-02", "work"), *FESTIVALS]))
    listed = [str(each.on) for each in year.days]
    assert listed == sorted(listed)
    assert len(listed) == 9


def test_a_year_with_fewer_days_off_than_festivals_is_not_believed(written: WriteYear) -> None:
    assert faults(written(days=[])).keys() == {"days"}
    assert faults(written(days=[*FESTIVALS[:-1], day("2027-01-02", "work")])).keys() == {"days"}


def test_a_date_is_written_as_a_date_and_texts_hold_no_control_characters(written: WriteYear) -> None:
    path = written(
        days=[{**FESTIVALS[0], "on": 1798761600}, {**FESTIVALS[1], "name": "元\u0000旦"}], source="通知\u202e"
    )
    assert faults(path).keys() == {"days[0].on", "days[1].name", "source"}


def test_every_fault_of_a_file_is_named_at_once(written: WriteYear) -> None:
    path = written(
        announced=False,
        source="",
        days=[
            day("2026-12-31"),
            day("2027-02-06"),
            day("2027-02-06"),
            day("2027-02-08", "work"),
            day("2027-02-07", "work", **{"as": "Fr"}),
            day("2027-01-01", **{"as": "Mo"}),
        ],
    )
    assert faults(path) == {
        "announced": {"only an announced year can be imported"},
        "source": {"name the notice of the State Council"},
        "days[0].on": {"2026-12-31 is not in 2027"},
        "days[1].on": {"2027-02-06 is given more than once"},
        "days[2].on": {"2027-02-06 is given more than once"},
        "days[3].on": {"2027-02-08 is no weekend day, so it cannot be a make-up workday"},
        "days[4].as": {"2027-02-07 takes Mo"},
        "days[5].as": {"2027-01-01 takes null"},
    }


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ({"year": 1999}, {"year"}),
        ({"year": "soon", "days": "none"}, {"year", "days"}),
        ({"days": [day("1 January")]}, {"days[0].on"}),
        ({"days": [day("2027-02-30")]}, {"days[0].on"}),
        ({"days": [{"on": "2027-01-01"}]}, {"days[0].kind", "days[0].name"}),
        ({"days": [day("2027-01-01", "half")]}, {"days[0].kind"}),
        ({"days": [day("2027-01-01", name="")]}, {"days[0].name"}),
        ({"days": [day("2027-01-01", **{"as": "Tu"})]}, {"days[0].as"}),
        ({"days": [day("2027-01-01", note="x")], "note": "x"}, {"days[0].note", "note"}),
        ({"days": [7]}, {"days[0]"}),
        ({"source": "x" * 501}, {"source"}),
    ],
)
def test_a_file_of_another_shape_is_refused_field_by_field(
    written: WriteYear, parts: dict[str, Any], fields: set[str]
) -> None:
    assert faults(written(**parts)).keys() == fields


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"year": NaN}'])
def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "year.json"
    path.write_bytes(content)
    with pytest.raises(InputError):
        seeding.year_in(path)


# ── rules ──


@pytest.mark.parametrize(
    ("on", "kind", "taken"),
    [
        (dt.date(2026, 2, 28), DayKind.WORK, "Fr"),
        (dt.date(2025, 1, 26), DayKind.WORK, "Mo"),
        (dt.date(2026, 2, 28), DayKind.OFF, None),
    ],
)
def test_a_make_up_saturday_is_as_friday_and_a_make_up_sunday_as_monday(
    on: dt.date, kind: DayKind, taken: str | None
) -> None:
    assert SpecialDay(on, kind, "春节").as_ == taken


@pytest.mark.parametrize("year", [1999, 2101])
def test_a_year_beyond_the_calendar_is_refused(written: WriteYear, year: int) -> None:
    assert "year" in faults(written(year=year))


# ── address ──


@pytest.mark.db
@pytest.mark.parametrize("path", sorted(SEED.glob("*.json")), ids=lambda path: path.stem)
def test_a_year_is_served_in_the_shape_that_is_imported(client: FlaskClient, path: Path, tmp_path: Path) -> None:
    served = client.get(f"/api/v1/calendar/{path.stem}")
    assert served.json == json.loads(path.read_text("utf-8"))
    again = tmp_path / path.name
    again.write_bytes(served.data)
    assert seeding.year_in(again) == seeding.year_in(path)


@pytest.mark.db
def test_a_year_that_is_not_announced_is_answered_with_no_days(client: FlaskClient) -> None:
    expected: dict[str, object] = {"year": 2027, "announced": False, "source": None, "days": []}
    assert client.get("/api/v1/calendar/2027").json == expected


@pytest.mark.db
def test_a_year_is_announced_anew_in_place_of_the_old(connection: Connection, written: WriteYear) -> None:
    before = queries.fingerprint(connection)
    for days in (FESTIVALS, [*FESTIVALS, day("2027-01-02", "work")], [day("2027-12-31"), *FESTIVALS[:-1]]):
        year = seeding.year_in(written(days=days))
        commands.announce(connection, year)
        assert queries.year(connection, 2027) == year
        assert schemas.as_json(2027, year)["announced"] is True
    assert queries.fingerprint(connection) != before
    assert [year.year for year in queries.announced(connection)] == [2024, 2025, 2026, 2027]


@pytest.mark.db
def test_the_seed_leaves_alone_a_year_that_is_announced(connection: Connection) -> None:
    commands.announce(connection, Year(2026, "corrected by hand", ()))
    assert seeding.load_calendars(connection) == 0
    assert queries.year(connection, 2026) == Year(2026, "corrected by hand", ())

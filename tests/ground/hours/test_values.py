"""The values that opening hours are asked with: calendars, dated events, instants."""

from datetime import date, datetime, timedelta

import pytest

from xiejiao.hours import CHINA, Calendar, Compiled, Dated, Moment, Period, Special, compiled, next_change, parse, state

NOON = datetime(2026, 9, 30, 12, tzinfo=CHINA)
HOUR = timedelta(hours=1)


def test_overlapping_periods_join() -> None:
    dated = Dated(shut=(Period(NOON + HOUR, NOON + 3 * HOUR), Period(NOON, NOON + 2 * HOUR)))
    assert dated.shut == (Period(NOON, NOON + 3 * HOUR),)


def test_touching_periods_join() -> None:
    dated = Dated(shut=(Period(NOON + HOUR, NOON + 2 * HOUR), Period(NOON, NOON + HOUR)))
    assert dated.shut == (Period(NOON, NOON + 2 * HOUR),)


def test_period_without_end_swallows_what_follows() -> None:
    dated = Dated(mask=(Period(NOON, None), Period(NOON + HOUR, NOON + 2 * HOUR)))
    assert dated.mask == (Period(NOON, None),)


def test_periods_apart_stay_apart_and_come_in_order() -> None:
    later, earlier = Period(NOON + 2 * HOUR, None), Period(NOON, NOON + HOUR)
    assert Dated(extra=(later, earlier)).extra == (earlier, later)


@pytest.mark.parametrize("end", [NOON, NOON - HOUR])
def test_period_that_does_not_end_after_it_begins_is_refused(end: datetime) -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Dated(shut=(Period(NOON, end),))


def test_instants_without_a_zone_are_refused() -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="zone"):
        Dated(shut=(Period(naive, None),))
    with pytest.raises(ValueError, match="zone"):
        state(None, naive, Calendar())
    with pytest.raises(ValueError, match="zone"):
        next_change(compiled(parse("24/7")), naive, Calendar())
    with pytest.raises(ValueError, match="zone"):
        Moment.of(naive, Calendar())


def test_calendar_keeps_only_announced_years_and_does_not_change() -> None:
    given = {date(2026, 10, 1): Special.OFF, date(2027, 10, 1): Special.OFF}
    calendar = Calendar(given, frozenset({2026}))
    given.clear()
    assert dict(calendar.special) == {date(2026, 10, 1): Special.OFF}
    assert calendar.announced(2026)
    assert not calendar.announced(2027)
    assert hash(calendar) == hash(Calendar({date(2026, 10, 1): Special.OFF}, frozenset({2026})))


def test_work_on_a_weekday_is_an_ordinary_day() -> None:
    monday = date(2026, 9, 28)
    assert Calendar({monday: Special.WORK}, frozenset({2026})).day_class(monday) == 0


def test_compiled_form_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="16 classes"):
        Compiled.from_json([[101, "000", [[]]]])


def test_texts_that_say_the_same_compile_to_equal_values() -> None:
    first, second = compiled(parse("Mo-Fr 09:00-12:00,12:00-17:00")), compiled(parse("Tu-Fr 9:00-17:00; Mo 9:00-17:00"))
    assert first == second
    assert len({first, second}) == 1

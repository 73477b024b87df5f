"""What holds of every text of the subset, held against a plain minute-by-minute reading of the rules."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from xiejiao.hours import (
    CHINA,
    Answer,
    Calendar,
    Compiled,
    Dated,
    Fault,
    FaultCode,
    Moment,
    Period,
    Rule,
    Rules,
    Special,
    State,
    compiled,
    lint,
    next_change,
    parse,
    regular,
    state,
    union,
    words,
)
from xiejiao.hours.rules import EVERY_WEEKDAY, LEAP_YEAR, Stretch, TimeRange

CLOSED = Answer(State.CLOSED)
STRENGTH = {State.OPEN: 2, State.UNKNOWN: 1, State.CLOSED: 0}
DAY = 1440

time_ranges = st.builds(
    lambda start, length: TimeRange(start * 30, min(start * 30 + length * 30, 2 * DAY)),
    st.integers(0, 47),
    st.integers(1, 60),
)
stretches = st.builds(Stretch, st.sampled_from(LEAP_YEAR), st.sampled_from(LEAP_YEAR))
selectors = st.one_of(
    st.tuples(st.just(EVERY_WEEKDAY), st.just(False)),
    st.tuples(st.frozensets(st.integers(0, 6), min_size=1), st.booleans()),
    st.tuples(st.just(frozenset(range(5))), st.just(False)),
    st.tuples(st.just(frozenset[int]()), st.just(True)),
)
rule_values = st.builds(
    lambda season, days, times, holds, comment, added: Rule(season, days[0], days[1], times, holds, comment, added),
    st.one_of(st.just(()), st.lists(stretches, min_size=1, max_size=2).map(tuple)),
    selectors,
    st.lists(time_ranges, max_size=3).map(tuple),
    st.sampled_from(State),
    st.sampled_from(["", "", "扫码", "ring, then wait; please"]),
    st.booleans(),
)
rules_values = st.lists(rule_values, min_size=1, max_size=4).map(lambda rules: Rules(tuple(rules)))
days = st.dates(date(2025, 1, 1), date(2028, 12, 31))
instants = st.builds(
    lambda day, minute: datetime.combine(day, time(), CHINA) + timedelta(minutes=minute), days, st.integers(0, DAY - 1)
)
dated_values = st.builds(
    Dated,
    *[
        st.lists(
            st.builds(
                lambda start, hours: Period(start, start + timedelta(hours=hours) if hours else None),
                instants,
                st.integers(0, 90),
            ),
            max_size=2,
        ).map(tuple)
        for _ in range(3)
    ],
)


def natural_minutes(rules: Iterable[Rule], weekday: int, *, off: bool) -> list[Answer]:
    """Two days of minutes that begin on such a day, painted rule by rule."""
    minutes = [CLOSED] * (2 * DAY)
    for rule in rules:
        if weekday not in rule.weekdays and not (off and rule.holidays):
            continue
        if (not rule.times) if rule.state is State.CLOSED else (not rule.added):
            minutes = [CLOSED] * (2 * DAY)
        for start, end in rule.times or (TimeRange(0, DAY),):
            minutes[start:end] = [Answer(rule.state, rule.comment)] * (end - start)
    return minutes


def day_minutes(rules: Rules, on: date, calendar: Calendar) -> list[Answer]:
    """The same for a date: season, day off, make-up day."""
    season = [rule for rule in rules if rule.in_season(on.month * 100 + on.day)]
    special = calendar.special.get(on)
    if special is Special.WORK and on.weekday() > 4:
        week = [{answer.state for answer in natural_minutes(season, weekday, off=False)} for weekday in range(5)]
        all_open = all(State.OPEN in states for states in week)
        all_unknown = all(State.UNKNOWN in states and State.OPEN not in states for states in week)
        if all_open or all_unknown:
            return natural_minutes(season, 4 if on.weekday() == 5 else 0, off=False)
    return natural_minutes(season, on.weekday(), off=special is Special.OFF)


def plain_minutes(rules: Rules, on: date, calendar: Calendar) -> list[Answer]:
    """What holds in each minute of a date, the night before included."""
    own = day_minutes(rules, on, calendar)[:DAY]
    night = day_minutes(rules, on - timedelta(days=1), calendar)[DAY:]
    return [max(pair, key=_weight) for pair in zip(own, night, strict=True)]


def _weight(answer: Answer) -> tuple[int, bool]:
    return STRENGTH[answer.state], answer.state is State.CLOSED and bool(answer.comment)


special_days = st.sampled_from([
    date(2026, 2, 28), date(2026, 9, 20), date(2026, 9, 25), date(2026, 9, 28), date(2026, 10, 1), date(2026, 10, 3),
    date(2026, 10, 8), date(2026, 10, 10), date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29), date(2028, 3, 1),
])  # fmt: skip


@given(rules_values)
def test_canonical_text_parses_to_the_same_rules(rules: Rules) -> None:
    text = str(rules)
    if len(text) <= 1000:
        assert parse(text) == rules
        assert str(parse(text)) == text


@given(rules_values)
def test_compiled_hours_come_back_from_json(rules: Rules) -> None:
    value = compiled(rules)
    assert Compiled.from_json(value.as_json()) == value
    assert hash(Compiled.from_json(value.as_json())) == hash(value)


@given(rules_values)
def test_spans_of_a_day_are_in_order_and_do_not_overlap(rules: Rules) -> None:
    for season in compiled(rules).seasons:
        for day in season.days:
            assert all(0 <= span.start < span.end <= 2 * DAY for span in day)
            assert all(first.end <= second.start for first, second in pairwise(day))


@given(rules=rules_values, on=st.one_of(special_days, days))
def test_state_is_what_a_plain_reading_says_in_every_minute(calendar: Calendar, rules: Rules, on: date) -> None:
    value = compiled(rules)
    midnight = datetime.combine(on, time(), CHINA)
    for minute, wanted in enumerate(plain_minutes(rules, on, calendar)):
        if minute % 15 in (0, 14):
            assert state(value, midnight + timedelta(minutes=minute), calendar) == wanted


@given(rules=rules_values, at=instants, dated=dated_values)
def test_next_change_is_the_first_minute_that_differs(
    calendar: Calendar, rules: Rules, at: datetime, dated: Dated
) -> None:
    value = compiled(rules)
    now, change = state(value, at, calendar, dated), next_change(value, at, calendar, dated)
    if change is not None:
        assert change > at
        assert state(value, change, calendar, dated) != now
    walked = (at + timedelta(minutes=5 * step) for step in range(1, 400))
    assert all(state(value, then, calendar, dated) == now for then in walked if change is None or then < change)


@given(rules=rules_values, at=instants, dated=dated_values)
def test_dated_events_follow_their_formula(calendar: Calendar, rules: Rules, at: datetime, dated: Dated) -> None:
    value = compiled(rules)
    shut, extra, mask = (
        any(start <= at and (end is None or at < end) for start, end in periods)
        for periods in (dated.shut, dated.extra, dated.mask)
    )
    by_rule = regular(value, Moment.of(at, calendar)).state is State.OPEN
    answer = state(value, at, calendar, dated)
    assert (answer.state is State.OPEN) == (((by_rule and not mask) or extra) and not shut)
    assert answer.state is not State.UNKNOWN or not (shut or extra or mask)


daily_windows = st.builds(
    lambda times: Rules((Rule(times=times),)), st.lists(time_ranges, min_size=1, max_size=3).map(tuple)
)


def strongest(windows: Sequence[Rules], at: datetime, calendar: Calendar) -> State:
    return max((state(compiled(window), at, calendar).state for window in windows), key=STRENGTH.__getitem__)


@given(windows=st.lists(rules_values, min_size=1, max_size=3), on=st.one_of(special_days, days))
def test_union_is_open_wherever_a_window_is_or_says_that_it_cannot(
    calendar: Calendar, windows: Sequence[Rules], on: date
) -> None:
    try:
        together = compiled(union(windows))
    except Fault as fault:
        if fault.code not in (FaultCode.INEXPRESSIBLE, FaultCode.TOO_LONG):
            raise
        return
    for minute in range(0, DAY, 30):
        at = datetime.combine(on, time(), CHINA) + timedelta(minutes=minute)
        assert state(together, at, calendar).state == strongest(windows, at, calendar)


@given(windows=st.lists(daily_windows, min_size=2, max_size=3))
def test_union_of_windows_of_every_day_can_always_be_said(windows: Sequence[Rules]) -> None:
    assert parse(str(union(windows)))


@given(rules_values)
def test_words_are_said_of_every_text(rules: Rules) -> None:
    assert words(rules, "zh") == words(compiled(rules), "zh")
    assert words(rules, "zh").isprintable()
    assert words(rules, "en").isprintable()


@given(rules_values)
def test_rule_that_lint_says_never_holds_can_go(rules: Rules) -> None:
    for remark in lint(rules):
        assert remark.message("zh") != remark.message("en")
        if remark.code in ("never_holds", "says_nothing_new"):
            others = [rule for place, rule in enumerate(rules) if place != remark.rule]
            assert compiled(Rules(tuple(others))) == compiled(rules)

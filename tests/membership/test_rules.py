"""What holds without a database: the table of steps over all pairs, names, signatures, clocks and routing."""

import datetime as dt
from itertools import product
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiejiao import seeding
from xiejiao.errors import ConflictError
from xiejiao.hours import CHINA, Calendar
from xiejiao.language import Words
from xiejiao.membership import rules
from xiejiao.membership.rules import NEXT, OPEN, REASONS, By, Candidate, Reason, Standing, Status, Step, Why

FRIDAY = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
S = Status
EXPECTED: dict[tuple[Status, Step], Status] = {
    (S.SUBMITTED, Step.APPROVE): S.APPROVED,
    (S.SUBMITTED, Step.RETURN): S.RETURNED,
    (S.SUBMITTED, Step.REFUSE): S.REFUSED,
    (S.SUBMITTED, Step.MOVE): S.SUBMITTED,
    (S.SUBMITTED, Step.WITHDRAW): S.WITHDRAWN,
    (S.RETURNED, Step.RESUBMIT): S.SUBMITTED,
    (S.RETURNED, Step.MOVE): S.RETURNED,
    (S.RETURNED, Step.WITHDRAW): S.WITHDRAWN,
    (S.APPROVED_BASIC, Step.APPROVE): S.APPROVED,
    (S.APPROVED_BASIC, Step.RETURN): S.RETURNED,
    (S.APPROVED_BASIC, Step.REFUSE): S.REFUSED,
    (S.APPROVED_BASIC, Step.WITHDRAW): S.WITHDRAWN,
    (S.REFUSED, Step.SECOND_LOOK): S.SUBMITTED,
}


@pytest.mark.parametrize(("status", "step"), list(product(Status, Step)))
def test_from_each_status_each_step_leads_where_the_table_says_or_nowhere(status: Status, step: Step) -> None:
    standing = Standing(status, above=status is S.APPROVED_BASIC)
    if (status, step) not in EXPECTED:
        with pytest.raises(ConflictError):
            rules.after(standing, step, levels=1)
        return
    assert rules.after(standing, step, levels=1).status is EXPECTED[status, step]


@pytest.mark.parametrize(("above", "levels", "then"), [
    (False, 1, Standing(S.APPROVED)),
    (False, 2, Standing(S.APPROVED_BASIC, above=True)),
    (True, 1, Standing(S.APPROVED, above=True)),
    (True, 2, Standing(S.APPROVED, above=True)),
])  # fmt: skip
def test_two_levels_are_asked_for_once(above: bool, levels: int, then: Standing) -> None:  # noqa: FBT001 - a row of the table
    assert rules.after(Standing(S.SUBMITTED, above), Step.APPROVE, levels=levels) == then


def test_a_second_look_is_before_the_union_above_also_after_it_was_put_right() -> None:
    standing = rules.after(Standing(S.REFUSED), Step.SECOND_LOOK, levels=1)
    assert rules.held_by(standing) == By.UPPER_UNION
    returned = rules.after(standing, Step.RETURN, levels=1)
    assert rules.held_by(returned) == "you"
    assert rules.held_by(rules.after(returned, Step.RESUBMIT, levels=1)) == By.UPPER_UNION


def test_what_is_put_right_after_a_first_approval_the_first_union_sees_again() -> None:
    returned = rules.after(Standing(S.APPROVED_BASIC, above=True), Step.RETURN, levels=2)
    assert rules.held_by(rules.after(returned, Step.RESUBMIT, levels=2)) == By.UNION


def test_nothing_leads_out_of_an_end_but_a_second_look() -> None:
    assert {status for status, _ in NEXT} - set(OPEN) == {S.REFUSED}


def test_each_decision_with_a_reason_may_have_words_instead() -> None:
    assert all(Reason.OTHER in reasons for reasons in REASONS.values())
    assert REASONS.keys() == {Step.RETURN, Step.REFUSE, Step.MOVE}


# ── clocks ──


def test_the_clock_runs_in_working_days_with_make_up_days() -> None:
    calendar = seeding.announced_calendar()
    assert rules.due_on(Standing(S.SUBMITTED), FRIDAY, calendar) == dt.date(2026, 12, 11)
    before_national_day = dt.datetime(2026, 9, 28, 9, 0, tzinfo=CHINA)
    without_holidays = rules.due_on(Standing(S.SUBMITTED), before_national_day, Calendar())
    due = rules.due_on(Standing(S.SUBMITTED), before_national_day, calendar)
    assert without_holidays == dt.date(2026, 10, 19)
    assert due is not None
    assert due > without_holidays


def test_nobodys_turn_has_no_clock() -> None:
    assert all(
        rules.due_on(Standing(status), FRIDAY, Calendar()) is None for status in set(Status) - set(rules.WAITING)
    )
    assert rules.due_on(Standing(S.APPROVED_BASIC, above=True), FRIDAY, Calendar()) == dt.date(2026, 11, 27)


def test_the_day_of_a_clock_is_the_day_in_china() -> None:
    assert rules.day(dt.datetime(2026, 11, 20, 16, 30, tzinfo=dt.UTC)) == dt.date(2026, 11, 21)


@pytest.mark.parametrize(("born_on", "old_enough"), [
    (dt.date(2010, 11, 20), True), (dt.date(2010, 11, 21), False), (dt.date(2008, 2, 29), True),
    (dt.date(2010, 1, 1), True), (dt.date(2026, 11, 20), False),
])  # fmt: skip
def test_one_may_join_from_the_sixteenth_birthday_on(born_on: dt.date, old_enough: bool) -> None:  # noqa: FBT001 - a row of the table
    assert rules.is_old_enough(born_on, dt.date(2026, 11, 20)) is old_enough


# ── names ──


@pytest.mark.parametrize(("typed", "spelled"), [
    (" 王 小 明 ", "王小明"),
    ("阿依古丽•买买提", "阿依古丽·买买提"),
    ("阿依古丽・买买提", "阿依古丽·买买提"),
    ("阿依古丽.买买提", "阿依古丽·买买提"),
    ("阿依古丽．买买提", "阿依古丽·买买提"),
    ("阿依古丽 · 买买提", "阿依古丽·买买提"),
    ("李䶮", "李䶮"),
    ("𠮷田", "𠮷田"),
    ("\U00031350明", "\U00031350明"),
    ("Ｍａｒｉａ  Silva", "Maria Silva"),
    ("O'Neill", "O'Neill"),
    ("𠮷" * 50, "𠮷" * 50),
])  # fmt: skip
def test_a_name_has_one_spelling(typed: str, spelled: str) -> None:
    assert rules.person_name(typed) == spelled


@pytest.mark.parametrize("typed", [
    "", " ", "王", "𠮷", "·王", "王·", "王··明", "王小明2", "王小明２", "王\u202e小明", "王\u200b小明", "王\n小\x00明",
    "王\ue863明", "<b>王</b>", "王小明😀", "王" * 51, "𠮷" * 51, "\ud800王明", "王=明",
])  # fmt: skip
def test_what_is_no_name_is_refused_in_words(typed: str) -> None:
    found = rules.person_name(typed)
    assert isinstance(found, Words)
    assert typed.strip() not in found.zh or not typed.strip()


def test_why_it_is_no_name_is_said() -> None:
    for typed, zh in (
        ("王小明2", "数字"),
        ("王\u202e小明", "看不见"),
        ("王\ue863明", "编码"),
        ("王=明", "符号"),
        ("王", "2 到"),
    ):
        found = rules.person_name(typed)
        assert isinstance(found, Words)
        assert zh in found.zh


@given(st.text())
def test_a_name_once_spelled_stays_so(typed: str) -> None:
    found = rules.person_name(typed)
    assert isinstance(found, Words) or rules.person_name(found) == found


# ── signatures ──


@pytest.mark.parametrize(("strokes", "can_be"), [
    ([], False),
    ([[]], False),
    ([[(0.5, 0.5)]], False),
    ([[(0.5, 0.5)] * 40], False),
    ([[(0.5 + step / 1000, 0.5) for step in range(49)]], False),
    ([[(0.1 * step, 0.5) for step in range(10)]], False),
    ([[(0.1 * step, 0.5) for step in range(10)], [(0.5, 0.4), (0.5, 0.6)]], True),
    ([[(step / 5000, 0.5) for step in range(4001)]], False),
])  # fmt: skip
def test_a_dot_is_no_signature(strokes: rules.Signature, can_be: bool) -> None:  # noqa: FBT001 - a row of the table
    assert (rules.signature_fault(strokes) is None) is can_be


# ── numbers ──


def test_numbers_are_known_by_their_letter_and_have_a_check_character() -> None:
    assert rules.numbered("A", 2026, 1).startswith("A26000000")
    numbers = {rules.numbered("A", 2026, serial) for serial in range(1_000)}
    assert len(numbers) == 1_000
    assert {len(number) for number in numbers} == {12}
    assert len({number[:-1] for number in numbers}) == 1_000


# ── routing ──


def union(path: str, level: str, *trades: str) -> Candidate:

    return Candidate(uuid5(NAMESPACE_URL, path), path, level, None, path, trades)


CITY, COUNTY = "cn.fujian.quanzhou", "cn.fujian.quanzhou.taishang"
EXPRESS, POOL, CITY_POOL = f"{COUNTY}.kuaidi", f"{COUNTY}.pool", f"{CITY}.pool"
ALL = [
    union("cn.fujian", "province"), union(CITY, "city"), union(COUNTY, "county"), union(EXPRESS, "town", "courier"),
    union(POOL, "pool"), union(CITY_POOL, "pool"), union(f"{CITY}.other.kuaidi", "town", "courier"),
]  # fmt: skip


def without(*paths: str) -> list[Candidate]:
    return [each for each in ALL if each.path not in paths]


@pytest.mark.parametrize(("candidates", "poster", "trade", "union_", "why"), [
    (ALL, EXPRESS, "courier", EXPRESS, Why.POSTER),
    (ALL, COUNTY, "courier", COUNTY, Why.POSTER),
    (ALL, None, "courier", EXPRESS, Why.FEDERATION),
    (ALL, None, "truck_driver", COUNTY, Why.COUNTY),
    (ALL, None, None, COUNTY, Why.COUNTY),
    (without(COUNTY), None, "truck_driver", POOL, Why.POOL),
    (without(COUNTY, POOL), None, "truck_driver", CITY_POOL, Why.POOL),
    (without(COUNTY, POOL, CITY_POOL), None, "truck_driver", CITY, Why.ABOVE),
    (without(COUNTY, POOL, CITY_POOL, CITY), None, None, "cn.fujian", Why.ABOVE),
    (without(EXPRESS), None, "courier", COUNTY, Why.COUNTY),
    (without(COUNTY), COUNTY, "courier", EXPRESS, Why.FEDERATION),
])  # fmt: skip
def test_an_application_goes_to_the_nearest_union_that_takes_it(
    candidates: list[Candidate], poster: str | None, trade: str | None, union_: str, why: Why
) -> None:
    found, reason, others = rules.routed(candidates, base=COUNTY, poster=poster, trade=trade)
    assert found is not None
    assert (found.path, reason) == (union_, why)
    assert found not in others
    assert len(set(others)) == len(others) <= rules.MOST_OTHERS


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert rules.routed([], base=None, poster=None, trade="courier") == (None, None, ())

"""What an editor is shown of hours while a person types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiejiao.hours import (
    Fault,
    FaultCode,
    Preview,
    PreviewDay,
    State,
    compiled,
    parse,
    preview,
    season_lines,
    words,
)
from xiejiao.language import Words

WEEK = ("mo", "tu", "we", "th", "fr", "sa", "su")


def understood(typed: str) -> Preview:
    """What is shown of a text that is understood."""
    found = preview(typed)
    assert isinstance(found, Preview), found
    return found


def rows(typed: str, day: str) -> list[tuple[tuple[str, ...], list[tuple[int, int, str]]]]:
    """The rows of one kind of day: on which weekdays, and the spans."""
    return [
        (row.weekdays, [(span.start, span.end, str(span.state)) for span in row.spans])
        for row in understood(typed).week
        if row.day == day
    ]


def codes(typed: str) -> tuple[list[str], list[str]]:
    """The questions and the warnings."""
    found = understood(typed)
    return [str(remark.code) for remark in found.questions], [str(remark.code) for remark in found.warnings]


def test_a_manager_sees_how_the_text_was_read() -> None:
    found = understood("8:30-12:00,14:00-18:00 节假日除外")
    assert found.opening_hours == "Mo-Su 08:30-12:00,14:00-18:00; PH off"
    assert found.words == (
        Words(
            "每天 8:30–12:00、14:00–18:00，法定节假日休息", "daily 8:30–12:00, 14:00–18:00, closed on public holidays"
        ),
    )
    assert [row.day for row in found.week] == [*WEEK, "off", "makeup"]
    assert {row.season for row in found.week} == {None}
    open_spans = [(510, 720, "open"), (840, 1080, "open")]
    assert rows("8:30-12:00,14:00-18:00 节假日除外", "mo") == [(("mo",), open_spans)]
    assert rows("8:30-12:00,14:00-18:00 节假日除外", "off") == [(WEEK, [])]
    assert rows("8:30-12:00,14:00-18:00 节假日除外", "makeup") == [(("sa", "su"), open_spans)]


@pytest.mark.parametrize(
    ("typed", "questions", "warnings"),
    [
        ("8:30-12:00,14:00-18:00 节假日除外", ["exception", "days_assumed"], []),
        ("周一至周五 9:00-17:00（法定节假日除外）", ["exception"], []),
        ("9:00-17:00（周一闭馆，法定节假日除外）", ["exception"], []),
        ("周一至周五 9:00-17:00", ["holidays_unknown"], []),
        ("8:30-18:00", ["days_assumed", "holidays_unknown"], []),
        ("周一至周五 9:00-17:00 节假日照常", [], []),
        ("工作日9-17点", [], []),
        ("每天 8:00-20:00", [], []),
        ("Mo-Fr 09:00-17:00", [], []),
        ("24/7", [], []),
        ("Mo-Su unknown", [], []),
        ("Mo-Fr 09:00-17:00; PH unknown", ["holidays_unknown"], []),
        ("PH off; Mo-Fr 09:00-17:00", [], ["holidays_overridden"]),
        ("Mo-Fr 08:00-12:00; Fr 14:00-18:00", [], ["drops_earlier_hours"]),
    ],
)
def test_what_is_open_is_asked_and_what_is_odd_is_named(typed: str, questions: list[str], warnings: list[str]) -> None:
    assert codes(typed) == (questions, warnings)
    for remark in (*understood(typed).questions, *understood(typed).warnings):
        assert remark.words.zh != remark.words.en


def test_days_off_that_differ_by_weekday_have_a_row_each() -> None:
    assert rows("周一至周五 9:00-17:00 节假日照常", "off") == [
        (("mo", "tu", "we", "th", "fr"), [(540, 1020, "open")]),
        (("sa", "su"), []),
    ]
    assert rows("Mo-Th 08:00-12:00; Fr 14:00-18:00", "makeup") == [
        (("sa",), [(840, 1080, "open")]),
        (("su",), [(480, 720, "open")]),
    ]


def test_seasons_have_lines_and_weeks_of_their_own() -> None:
    found = understood("夏季(5月-9月)每天8-20点 冬季(10月-4月)周一至周五9-18点")
    assert [line.zh for line in found.words] == [
        "5月至9月每天 8:00–20:00",
        "10月至次年4月周一至周五 9:00–18:00，节假日不详",
    ]
    assert [row.season.en for row in found.week if row.season and row.day == "su"] == ["May–Sep", "Oct–Apr"]
    assert [len(row.spans) for row in found.week if row.day == "su"] == [1, 0]


def test_a_night_goes_on_past_midnight() -> None:
    assert rows("每天22:00-次日6:00", "sa") == [(("sa",), [(1320, 1800, "open")])]


@pytest.mark.parametrize(
    ("typed", "code", "at"),
    [
        ("周一至周五9:00-17:00，请提前预约", FaultCode.NOT_UNDERSTOOD, 16),
        ("Mo-Fr 9-17", FaultCode.MINUTES_MISSING, 6),
        (" ", FaultCode.EMPTY, 0),
    ],
)
def test_what_is_not_understood_is_shown_at_its_place(typed: str, code: FaultCode, at: int) -> None:
    found = preview(typed)
    assert isinstance(found, Fault)
    assert (found.code, found.at) == (code, at)


PIECES = [
    "周一至周五",
    "每天",
    "工作日",
    "节假日",
    "除外",
    "休息",
    "照常",
    "8:30-12:00",
    ",",
    "14:00-18:00",
    " ",
    "5月-9月",
    "Mo-Fr",
    "PH",
    "off",
    ";",
]


def is_stored(row: PreviewDay, text: str) -> bool:
    """Whether a row says of its days what the stored text says of them in one of its seasons."""
    first = {"off": 7, "makeup": 14}.get(row.day, 0)
    names = WEEK[5:] if row.day == "makeup" else WEEK
    places = [first + names.index(day) for day in row.weekdays]
    return any(all(season.days[place] == row.spans for place in places) for season in compiled(parse(text)).seasons)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=10).map("".join))
def test_what_is_shown_is_what_is_stored(typed: str) -> None:
    found = preview(typed)
    if isinstance(found, Fault):
        assert 0 <= found.at <= len(typed)
        return
    rules = parse(found.opening_hours)
    assert str(rules) == found.opening_hours
    assert [line.zh for line in found.words] == list(season_lines(rules, "zh"))
    assert "；".join(line.zh for line in found.words) == words(rules, "zh")
    assert all(is_stored(row, found.opening_hours) for row in found.week)
    for season in {row.season for row in found.week}:
        shown = [row for row in found.week if row.season == season]
        assert [row.day for row in shown[:7]] == list(WEEK)
        assert sorted(day for row in shown if row.day == "off" for day in row.weekdays) == sorted(WEEK)
        assert sorted(day for row in shown if row.day == "makeup" for day in row.weekdays) == ["sa", "su"]
    assert ("除外" in typed) <= any(remark.code == "exception" for remark in found.questions)


def test_a_day_that_says_something_else_would_be_caught() -> None:
    found = understood("周一至周五 9:00-17:00")
    row = found.week[0]
    wrong = row._replace(spans=(row.spans[0]._replace(state=State.UNKNOWN),))
    assert is_stored(row, found.opening_hours)
    assert not is_stored(wrong, found.opening_hours)

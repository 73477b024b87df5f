"""One text for several windows of access to the same place."""

import pytest

from xiejiao.hours import Fault, FaultCode, parse, union

UNIONS = [
    (["Mo-Su 08:00-22:00", "Mo-Su 22:00-08:00"], "24/7"),
    (["Mo-Su 08:00-22:00", 'Mo-Su 22:00-08:00 open "扫码"'], 'Mo-Su 08:00-22:00, Mo-Su 22:00-08:00 open "扫码"'),
    (["Mo-Su off", "Mo-Su 08:00-12:00 off"], "Mo-Su off"),
    (["24/7", "Mo-Fr 09:00-17:00; PH off"], "24/7"),
    (["Mo-Fr 09:00-17:00; PH off", "Mo-Fr 09:00-17:00; PH off"], "Mo-Fr 09:00-17:00; PH off"),
    (["Mo-Fr 09:00-12:00", "Mo-Fr 12:00-17:00"], "Mo-Fr 09:00-17:00"),
    (["Mo-Fr 09:00-17:00; PH off", "Sa,Su 10:00-16:00"], "Mo-Fr 09:00-17:00; PH off; Sa,Su 10:00-16:00"),
    (["Mo-Fr 09:00-17:00; PH off", "Mo-Su 17:00-22:00"], "Mo-Fr 09:00-22:00; Sa,Su,PH 17:00-22:00"),
    (["Mo-Fr 09:00-17:00; PH unknown", "PH 10:00-16:00"], "Mo-Fr 09:00-17:00; PH unknown, PH 10:00-16:00"),
    (["Mo-Su unknown", "Mo-Fr 09:00-17:00"], "Mo-Fr unknown, Mo-Fr 09:00-17:00; Sa,Su unknown"),
    (["Mo-Su 20:00-02:00 unknown", "Mo-Su 18:00-24:30"], "Mo-Su 18:00-02:00 unknown, Mo-Su 18:00-00:30"),
    (
        ["Jun-Sep Mo-Su 06:00-08:00", "Mo-Su 08:00-20:00"],
        "Jun-Sep Mo-Su 06:00-20:00; Oct-May Mo-Su 08:00-20:00",
    ),
    (['Mo-Su 08:00-20:00 open "站长"', 'Mo-Su 18:00-22:00 open "扫码"'], None),
]


@pytest.mark.parametrize(("windows", "together"), UNIONS)
def test_union_is_open_wherever_a_window_is(windows: list[str], together: str | None) -> None:
    wanted = together or 'Mo-Su 20:00-22:00 open "扫码", Mo-Su 08:00-20:00 open "站长"'
    assert str(union([parse(window) for window in windows])) == wanted


def test_windows_that_shift_differently_on_make_up_days_cannot_be_one_text() -> None:
    # The week shifts, so a make-up Saturday would lose the evening that only Saturdays have.
    with pytest.raises(Fault) as caught:
        union([parse("Mo-Fr 09:00-17:00; PH off"), parse("Sa 18:00-20:00")])
    assert caught.value.code == FaultCode.INEXPRESSIBLE


def test_days_off_that_differ_by_weekday_cannot_be_one_text() -> None:
    with pytest.raises(Fault) as caught:
        union([parse("Mo 09:00-17:00, PH 10:00-12:00"), parse("Tu 12:00-20:00")])
    assert caught.value.code == FaultCode.INEXPRESSIBLE


def test_union_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one window"):
        union([])

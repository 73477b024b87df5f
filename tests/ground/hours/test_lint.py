"""What lint names, and what it leaves alone."""

import pytest

from xiejiao.hours import LintCode, lint, parse

REMARKS = [
    ("PH off; Mo-Fr 09:00-17:00", [(LintCode.HOLIDAYS_OVERRIDDEN, 0)]),
    ("PH 10:00-16:00; Mo-Su 09:00-17:00", [(LintCode.HOLIDAYS_OVERRIDDEN, 0)]),
    ("Mo-Fr 09:00-17:00; PH off; Sa,Su 10:00-16:00", [(LintCode.HOLIDAYS_OVERRIDDEN, 1)]),
    ("Mo-Fr 09:00-17:00; Mo-Su 08:00-20:00", [(LintCode.NEVER_HOLDS, 0)]),
    ("Mo-Fr 08:00-12:00; Mo-Fr 14:00-18:00", [(LintCode.NEVER_HOLDS, 0), (LintCode.DROPS_EARLIER_HOURS, 1)]),
    ("Mo-Fr 08:00-12:00; Fr 14:00-18:00", [(LintCode.DROPS_EARLIER_HOURS, 1)]),
    ("Mo-Fr 08:00-12:00; Sa,Su off", []),
    ("Mo-Fr 09:00-17:00; We 09:00-17:00", [(LintCode.SAYS_NOTHING_NEW, 1)]),
    ("Jun-Sep PH off; Oct-May Mo-Su 08:00-20:00", []),
    ("24/7", []),
    ("Mo-Fr 09:00-17:00; PH off", []),
    ("Mo-Fr 09:00-17:00; PH 10:00-16:00", []),
    ("Mo-Fr 08:00-12:00, Fr 14:00-18:00", []),
    ("Mo-Su 08:00-20:00; Sa,Su 10:00-16:00", []),
    ("Mo-Su 08:00-12:00,14:00-18:00; Sa 08:00-12:00", []),
    ("Mo-Su 08:00-20:00; Mo-Su 12:00-13:00 off", []),
    ("May-Sep Mo-Su 08:00-20:00; Oct-Apr Mo-Su 08:30-18:00; PH unknown", []),
    ("Mo-Fr 09:00-17:00; PH off; Jun-Sep PH 10:00-16:00", []),
]


@pytest.mark.parametrize(("text", "remarks"), REMARKS)
def test_remarks_name_the_rule_they_are_about(text: str, remarks: list[tuple[LintCode, int]]) -> None:
    assert [(remark.code, remark.rule) for remark in lint(parse(text))] == remarks


def test_message_names_both_rules() -> None:
    (remark,) = lint(parse("PH off; Mo-Fr 09:00-17:00"))
    for text in ("PH off", "Mo-Fr 09:00-17:00"):
        assert text in remark.message("zh")
        assert text in remark.message("en")

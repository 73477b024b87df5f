"""Names what is probably not meant in a text that is otherwise right."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from xiejiao.hours.compiling import NEW_YEAR, Compiled, Day, compiled
from xiejiao.hours.rules import Rule, Rules, State
from xiejiao.hours.wording import Lang, Wording


class LintCode(StrEnum):
    """What is probably not meant."""

    HOLIDAYS_OVERRIDDEN = "holidays_overridden"
    NEVER_HOLDS = "never_holds"
    SAYS_NOTHING_NEW = "says_nothing_new"
    DROPS_EARLIER_HOURS = "drops_earlier_hours"


WORDS = {
    LintCode.HOLIDAYS_OVERRIDDEN: Wording(
        "“{rule}”被后面的“{by}”覆盖，请把节假日规则放到最后",
        "{rule} is overridden by {by}; put the rule for holidays last",
    ),
    LintCode.NEVER_HOLDS: Wording(
        "“{rule}”被后面的规则完全覆盖，不起作用", "{rule} is overridden by later rules and never holds"
    ),
    LintCode.SAYS_NOTHING_NEW: Wording("“{rule}”没有改变任何时间", "{rule} changes nothing"),
    LintCode.DROPS_EARLIER_HOURS: Wording(
        "“{rule}”前面的分号去掉了这一天更早写的时段；要保留请改用逗号",
        "the semicolon before {rule} drops the earlier hours of the same day; write a comma to keep them",
    ),
}


class Lint(NamedTuple):
    """One remark: its code, the 0-based index of the rule it is about, that rule and the one that overrides it."""

    code: LintCode
    rule: int
    text: str
    by: str = ""

    def message(self, lang: Lang) -> str:
        """One sentence for the person who wrote the text."""
        return WORDS[self.code].said(lang, rule=self.text, by=self.by)


def lint(rules: Rules) -> tuple[Lint, ...]:
    """The remarks on a text, at most one about each rule, in the order of the rules."""
    whole = compiled(rules)
    remarks = (_remark(rules.rules, place, whole) for place in range(len(rules.rules)))
    return tuple(remark for remark in remarks if remark is not None)


def _remark(rules: tuple[Rule, ...], place: int, whole: Compiled) -> Lint | None:
    rule, later = rules[place], rules[place + 1 :]
    text = str(rule)
    by = next((other for other in later if _overrides_holidays(rule, other)), None)
    if by is not None:
        return Lint(LintCode.HOLIDAYS_OVERRIDDEN, place, text, str(by))
    if compiled(Rules((*rules[:place], *later))) == whole:
        if compiled(Rules(rules[: place + 1])) != compiled(Rules(rules[:place])):
            return Lint(LintCode.NEVER_HOLDS, place, text)
        # Sa,Su off beside Mo-Fr 09:00-17:00 changes nothing and is well said all the same.
        return None if rule.state is State.CLOSED else Lint(LintCode.SAYS_NOTHING_NEW, place, text)
    if _drops_earlier_hours(rules[:place], rule):
        return Lint(LintCode.DROPS_EARLIER_HOURS, place, text)
    return None


def _overrides_holidays(rule: Rule, later: Rule) -> bool:
    """Whether a rule for days off is undone by a later one that only means the week."""
    only_holidays = rule.holidays and not rule.weekdays
    wipes = not later.holidays and not later.added and (later.state is not State.CLOSED or not later.times)
    return only_holidays and wipes and _same_season(rule, later)


def _same_season(rule: Rule, other: Rule) -> bool:
    starts = [stretch.first for stretch in (*rule.season, *other.season)] or [NEW_YEAR]
    return any(rule.in_season(start) and other.in_season(start) for start in starts)


def _drops_earlier_hours(earlier: tuple[Rule, ...], rule: Rule) -> bool:
    """Whether `;` takes away hours of an ordinary day that none of the rule's own hours touch."""
    if rule.added or rule.state is State.CLOSED or not rule.times or not rule.weekdays:
        return False
    dropped = [day for day in _days_before(earlier, rule) if any(span.state is not State.CLOSED for span in day)]
    return any(not any(_touch(day, rule)) for day in dropped)


def _days_before(earlier: tuple[Rule, ...], rule: Rule) -> Iterable[Day]:
    """The ordinary days that the earlier rules give, where the rule is meant too."""
    for season in compiled(Rules(earlier)).seasons if earlier else ():
        if rule.in_season(season.first):
            for weekday in rule.weekdays:
                yield season.week[weekday]


def _touch(day: Day, rule: Rule) -> Iterable[bool]:
    return (span.start < times.end and times.start < span.end for span in day for times in rule.times)

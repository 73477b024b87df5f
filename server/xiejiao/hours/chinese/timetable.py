"""Sorts statements by season and writes the rules that they give together."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from xiejiao.hours.chinese.flags import Flag, FlagCode
from xiejiao.hours.chinese.phrases import Days
from xiejiao.hours.chinese.statements import Contradiction, Statement
from xiejiao.hours.chinese.week import Week
from xiejiao.hours.rules import LEAP_YEAR, Rule, Rules, State, Stretch, joined_stretches


class Timetable:
    """The statements sorted by season, and the rules they give together."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.flags: list[Flag] = []
        self.afterwards: list[Statement] = []
        self.all_year = [statement for statement in statements if not statement.season]
        self.by_season: dict[tuple[Stretch, ...], list[Statement]] = {}
        for statement in statements:
            if statement.season:
                self.by_season.setdefault(joined_stretches(statement.season), []).append(statement)
        self._check_seasons()
        self._carry_days_over()
        if len(self.by_season) > 1:
            self._spread_what_follows_the_last_season()

    def reading(self) -> tuple[Rules, tuple[Flag, ...]]:
        """The rules, and what a person should check in them; raises Contradiction."""
        weeks = self._weeks()
        holidays = [week.holidays() for _, week in weeks]
        unsaid = self._unsaid_dates() if self.by_season and not self._opens_all_year() else ()
        together = not unsaid and len(set(holidays)) == 1
        rules: list[Rule] = []
        for (season, week), off in zip(weeks, holidays, strict=True):
            rules += _with_holidays(
                [opening.rule(season) for opening in week.openings], None if together else off.rule(season)
            )
            self.flags += week.flags
        if together:
            rules = _with_holidays(rules, holidays[0].rule(()))
        if unsaid and len(self.by_season) > 1:
            rules.append(Rule(season=unsaid, state=State.UNKNOWN))
            self.flags.append(Flag(FlagCode.SEASON_GAP))
        return Rules(tuple(rules)), tuple(dict.fromkeys(self.flags))

    def _weeks(self) -> list[tuple[tuple[Stretch, ...], Week]]:
        if not self.by_season:
            return [((), Week(self.all_year))]
        weeks = [(season, Week([*self.all_year, *own, *self.afterwards])) for season, own in self.by_season.items()]
        unsaid = self._unsaid_dates()
        if self._opens_all_year() and unsaid:
            weeks.insert(0, (unsaid, Week([*self.all_year, *self.afterwards])))
        return weeks

    def _opens_all_year(self) -> bool:
        return any(statement.opening for statement in self.all_year)

    def _unsaid_dates(self) -> tuple[Stretch, ...]:
        """The dates in no season; empty when there are none."""
        said = [stretch for season in self.by_season for stretch in season]
        left = [day for day in LEAP_YEAR if not any(stretch.holds(day) for stretch in said)]
        return joined_stretches(Stretch(day, day) for day in left)

    def _check_seasons(self) -> None:
        """No date in two seasons, and no season that is the whole year."""
        told: list[Stretch] = []
        for season, statements in self.by_season.items():
            twice = any(one.holds(other.first) or other.holds(one.first) for one in season for other in told)
            if twice or not season:
                raise Contradiction(statements[0].text, statements[0].at)
            told += season

    def _carry_days_over(self) -> None:
        """夏季（…）周一至周五8:00-18:00；冬季（…）8:30-17:30: without days of its own a season has those before."""
        for earlier, later in pairwise(self.by_season.values()):
            named = {statement.days for statement in earlier if statement.opening and statement.times}
            for statement in later:
                if not statement.bare_times or None in named:
                    continue
                if len(named) > 1:
                    raise Contradiction(statement.text, statement.at)
                statement.days = next(iter(named), None)

    def _spread_what_follows_the_last_season(self) -> None:
        """夏季… 冬季… 节假日休息: days without times after the last season are meant all year."""
        *earlier, last = self.by_season.values()
        named = Days()
        for statement in (statement for season in earlier for statement in season):
            named |= statement.days or Days()
        while len(last) > 1 and last[-1].without_times and not _overlap(named, last[-1].days or Days()):
            statement = last.pop()
            self.afterwards.insert(0, statement)
            self.flags.append(Flag(FlagCode.SEASON_ASSUMED, statement.text))


def _overlap(days: Days, others: Days) -> bool:
    return bool(days.weekdays & others.weekdays) or (days.holidays and others.holidays)


def _with_holidays(rules: list[Rule], holidays: Rule | None) -> list[Rule]:
    """The rules and the one for days off, which joins the last when they say the same."""
    if holidays is None:
        return rules
    if rules and replace(rules[-1], weekdays=frozenset(), holidays=True) == holidays:
        return [*rules[:-1], replace(rules[-1], holidays=True)]
    return [*rules, holidays]

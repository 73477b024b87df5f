"""Composes phrases into statements: of which days, at which times, and how it stands with them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from xiejiao.hours.chinese.phrases import EVERY_DAY, WORKWEEK, Days, Kind, Phrase
from xiejiao.hours.rules import Stretch, TimeRange


class Contradiction(ValueError):  # noqa: N818 - stays in this package, where it becomes a Hard
    """Phrases that are each understood and together are not."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(text)
        self.text = text
        self.at = at


@dataclass(slots=True)
class Statement:
    """What the text says in one go: in which season, of which days, at which times, and how it stands with them."""

    season: tuple[Stretch, ...] = ()
    days: Days | None = None
    times: list[TimeRange] = field(default_factory=list)
    verdict: Kind | None = None
    opens: bool = False
    text: str = ""
    at: int = 0

    @property
    def only_days(self) -> bool:
        """Whether it names days and says nothing of them but, perhaps, that they are open."""
        return self.days is not None and not self.times and self.verdict is None

    @property
    def begun(self) -> bool:
        """Whether it says anything beyond its season."""
        return bool(self.days or self.times or self.verdict)

    @property
    def finished(self) -> bool:
        """Whether further days begin another statement."""
        return bool(self.times or self.verdict or (self.opens and self.days))

    @property
    def bare_times(self) -> bool:
        """Whether it gives times of days that it does not name."""
        return self.days is None and bool(self.times) and self.verdict is None

    @property
    def without_times(self) -> bool:
        """Whether it only says how it stands with certain days."""
        return self.verdict is not None and not self.times

    @property
    def opening(self) -> bool:
        """Whether it says when a place is open, not when it is not."""
        return self.verdict is None


OPENING_BRACKETS = "(（【〔［「『〈《“‘["
LONG_LIST = len(WORKWEEK)
"""周一至周五、节假日休息: so many weekdays belong to the times before them, and only the holidays to the verdict."""


class Composer:
    """Composes statements out of phrases, one phrase after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.done: list[Statement] = []
        self.season: tuple[Stretch, ...] = ()
        self.now = Statement()
        self.before: Phrase | None = None
        self.season_name: Phrase | None = None
        self.season_phrase: Phrase | None = None
        self.prefix: Phrase | None = None
        self.held: Statement | None = None
        self.held_is_used = False
        self.season_outside: tuple[Stretch, ...] | None = None
        """The season before a bracket that follows times, while that bracket is open."""

    def statements(self, found: Iterable[Phrase]) -> list[Statement]:
        """The statements in order; Contradiction where the phrases do not go together."""
        for phrase in found:
            if phrase.kind is Kind.BRACKET:
                self._take_bracket(opens=phrase.text in OPENING_BRACKETS)
                continue
            if self.season_name and phrase.kind is not Kind.SEASON:
                raise Contradiction(self.season_name.text, self.season_name.at)
            if phrase.kind not in (Kind.DAYS, Kind.EXCEPTED):
                self._settle_prefix()
            if not self.now.text:
                self.now.text, self.now.at = phrase.text, phrase.at
            self._take(phrase)
            if self.now.text:
                self.now.text = self.text[self.now.at : phrase.at + len(phrase.text)]
            self.before = phrase
        self._settle_prefix()
        self._finish()
        self._check_held()
        self._check_season()
        if self.season_name:
            raise Contradiction(self.season_name.text, self.season_name.at)
        return self.done

    def _take(self, phrase: Phrase) -> None:
        match phrase:
            case Phrase(Kind.SEASON, meaning=Stretch() as stretch):
                self._take_season(phrase, stretch)
            case Phrase(Kind.SEASON_NAME):
                self._take_season_name(phrase)
            case Phrase(Kind.DAYS, meaning=Days() as days):
                self._begin(phrase, unless=not self.now.finished)
                self.now.days = (self.now.days or Days()) | days
            case Phrase(Kind.TIMES, meaning=TimeRange() as times):
                self._take_times(phrase, times)
            case Phrase(Kind.OPEN):
                self.now.opens = True
            case Phrase(Kind.BREAK):
                self._begin(phrase)
                self.now.verdict = Kind.BREAK
            case Phrase(Kind.EXCEPT | Kind.WITH | Kind.WITHOUT):
                self._begin(phrase)
                self.prefix = phrase
            case _:
                self._take_verdict(phrase)

    def _begin(self, phrase: Phrase, *, unless: bool = False) -> None:
        """Finish the statement so far and begin another with this phrase."""
        if not unless:
            self._finish()
            self.now.text, self.now.at = phrase.text, phrase.at

    def _take_bracket(self, *, opens: bool) -> None:
        """8:00-20:00（5月-9月，周一至周五）: days and season in brackets after times belong to these times."""
        if opens:
            if self.now.times and self.now.opening:
                self._finish()
                self.season_outside = self.season
            return
        self._settle_prefix()
        outside, self.season_outside = self.season_outside, None
        if outside is not None and not self.now.finished and self.season != outside:
            self._place(self.done[-1], self.season, self.now.days)
            self.now, self.season, self.season_phrase = Statement(outside), outside, None
        elif outside is not None and self.now.only_days:
            self._finish()

    def _place(self, times: Statement, season: tuple[Stretch, ...], days: Days | None) -> None:
        """Give times their season, and the days that were named with it."""
        if times.season or (times.days and days):
            raise Contradiction(self.now.text, self.now.at)
        times.season, times.days = season, times.days or days

    def _take_season(self, phrase: Phrase, stretch: Stretch) -> None:
        if self.before and self.before.kind is Kind.SEASON:
            self.season = (*self.season, stretch)
        else:
            self._check_season()
            self._begin(phrase)
            self.season = (stretch,)
        self.season_name = None
        self.now.season = self.season
        self.season_phrase = phrase

    def _take_season_name(self, phrase: Phrase) -> None:
        # 5月-9月(夏季) names a season already told; 夏季 alone has no dates, unless they follow.
        if not (self.before and self.before.kind is Kind.SEASON):
            self._finish()
            self.season_name = phrase

    def _take_times(self, phrase: Phrase, times: TimeRange) -> None:
        if self.now.verdict is Kind.AS_POSTED and not self.now.times:
            # 节假日正常开放 9:00-17:00: the times say what normal is.
            self.now.verdict = None
        self._begin(phrase, unless=self.now.verdict in (None, Kind.BREAK))
        self.now.times.append(times)
        if self.now.verdict is Kind.BREAK:
            self._finish()

    def _take_verdict(self, phrase: Phrase) -> None:
        if phrase.kind is Kind.EXCEPTED:
            self._take_excepted(phrase)
        elif self.now.times:
            self._take_verdict_on_times(phrase)
        elif self.now.days:
            self._judge(Kind.AS_POSTED if phrase.kind is Kind.NO_REST else phrase.kind)
        elif phrase.kind is Kind.CLOSED:
            self.prefix = phrase
        elif phrase.kind is Kind.NO_REST:
            self.now.days, self.now.verdict = EVERY_DAY, Kind.AS_POSTED
        else:
            raise Contradiction(phrase.text, phrase.at)

    def _take_excepted(self, phrase: Phrase) -> None:
        """除外 after the days, or the 外 of 除…外."""
        opened = self.prefix is not None and self.prefix.kind is Kind.EXCEPT
        if not self.now.only_days or opened == phrase.text.startswith("除"):
            raise Contradiction(phrase.text, phrase.at)
        self.prefix = None
        self.now.text = self.text[self.now.at : phrase.at + len(phrase.text)]
        self._judge(Kind.EXCEPTED)

    def _take_verdict_on_times(self, phrase: Phrase) -> None:
        """9:00-17:00 12:00-14:00休息: closing is said of the last range alone; the days are as before."""
        if phrase.kind is Kind.CLOSED:
            last = self.now.times.pop()
            days = self.now.days
            if self.now.times:
                self._begin(phrase)
                days = None
            self.now.days, self.now.times, self.now.verdict = days, [last], Kind.BREAK
            self._finish()
        elif phrase.kind is Kind.NO_REST and self.now.days is None:
            self.now.days = EVERY_DAY
        elif phrase.kind not in (Kind.AS_POSTED, Kind.NO_REST):
            raise Contradiction(phrase.text, phrase.at)

    def _judge(self, verdict: Kind) -> None:
        days = self.now.days or Days()
        if days.holidays and len(days.weekdays) >= LONG_LIST:
            text, at = self.now.text, self.now.at
            self.now.days, self.now.opens = replace(days, holidays=False), False
            self._finish()
            self.now.text, self.now.at = text, at
            days = Days(holidays=True)
        self.now.days, self.now.verdict = days, verdict

    def _settle_prefix(self) -> None:
        """Say of the days what the word before them said: 含节假日, 不含节假日, 闭馆日：周一; 除 waits for its 外."""
        prefix, self.prefix = self.prefix, None
        if prefix is None:
            return
        if prefix.kind is Kind.EXCEPT or not self.now.only_days:
            raise Contradiction(prefix.text, prefix.at)
        self._judge(prefix.kind)

    def _finish(self) -> None:
        """Put the statement with the others; days without anything else go to the times before or after them."""
        now, self.now = self.now, Statement(self.season)
        before = self.done[-1] if self.done else None
        if now.verdict is Kind.BREAK and not now.times:
            raise Contradiction(now.text, now.at)
        if now.only_days and before and before.bare_times and before.season == now.season:
            before.days = now.days
        elif now.only_days and not now.opens:
            self._check_held()
            self.held, self.held_is_used = now, False
        elif now.begun:
            self._hand_over_held(now)
            self.done.append(now)

    def _hand_over_held(self, now: Statement) -> None:
        if now.bare_times and self.held:
            now.days, self.held_is_used = self.held.days, True
        elif now.days and now.times:
            self._check_held()

    def _check_season(self) -> None:
        """A season that was named and never got hours is not understood."""
        if self.season_phrase and not (self.now.begun or any(told.season == self.season for told in self.done)):
            raise Contradiction(self.season_phrase.text, self.season_phrase.at)

    def _check_held(self) -> None:
        """Days that were named and never got hours are not understood."""
        held, self.held = self.held, None
        if held and not self.held_is_used:
            raise Contradiction(held.text, held.at)

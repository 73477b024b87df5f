"""What an editor shows of hours while a person types them: how they were read, in words, as a week, and what to ask."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from xiejiao.hours.calendar import DAY_OFF, MAKE_UP_SATURDAY
from xiejiao.hours.compiling import Compiled, Day, compiled
from xiejiao.hours.faults import Fault
from xiejiao.hours.lint import lint
from xiejiao.hours.reading import Reading, read
from xiejiao.hours.rules import DAYS_A_WEEK, SATURDAY, WEEKDAYS
from xiejiao.hours.words import UNKNOWN_ALL_DAY, season_lines, season_name
from xiejiao.language import Words

HOLIDAYS_UNKNOWN = "holidays_unknown"
_HOLIDAYS_UNKNOWN = Words(
    "节假日开不开还不知道，先按不详；请补上“节假日休息”或“节假日照常”",
    "whether it is open on public holidays is not known; add 节假日休息 (closed) or 节假日照常 (as always)",
)


class Remark(NamedTuple):
    """A stable code and a sentence for the person who types."""

    code: str
    words: Words


class PreviewDay(NamedTuple):
    """A row of the week: the spans that begin on such a day.

    `day` is mo to su, off (a day off by the notice of the State Council) or makeup (a make-up workday); `weekdays` are
    those on which the row holds, since the same day off may be open on a Monday and closed on a Sunday. `season` is
    None for the whole year.
    """

    season: Words | None
    day: str
    weekdays: tuple[str, ...]
    spans: Day


class Preview(NamedTuple):
    """Hours as they were understood.

    `words` are lines, one for each season; `questions` are for the person to answer because the text leaves them open,
    `warnings` name what is probably not meant.
    """

    opening_hours: str
    words: tuple[Words, ...]
    week: tuple[PreviewDay, ...]
    questions: tuple[Remark, ...]
    warnings: tuple[Remark, ...]


def preview(typed: str) -> Preview | Fault:
    """How a text is understood that a person types, in Chinese or as OSM; or its first fault."""
    reading = read(typed)
    if reading.rules is None:
        return cast("Fault", reading.problem)  # a reading without rules has a problem
    hours = compiled(reading.rules)
    return Preview(
        opening_hours=str(reading.rules),
        words=tuple(map(Words, season_lines(hours, "zh"), season_lines(hours, "en"))),
        week=tuple(_week(hours)),
        questions=tuple(_questions(reading, hours)),
        warnings=tuple(
            Remark(remark.code, Words(remark.message("zh"), remark.message("en"))) for remark in lint(reading.rules)
        ),
    )


def _questions(reading: Reading, hours: Compiled) -> Iterator[Remark]:
    for flag in reading.flags:
        yield Remark(flag.code, Words(flag.message("zh"), flag.message("en")))
    if any(UNKNOWN_ALL_DAY in season.days_off and UNKNOWN_ALL_DAY not in season.week for season in hours.seasons):
        yield Remark(HOLIDAYS_UNKNOWN, _HOLIDAYS_UNKNOWN)


def _week(hours: Compiled) -> Iterator[PreviewDay]:
    """The rows, season by season."""
    for days, stretches in hours.stretches().items():
        whole_year = len(hours.seasons) == 1
        season = None if whole_year else Words(season_name(stretches, "zh"), season_name(stretches, "en"))
        for name, spans in zip(_NAMES, days[:DAYS_A_WEEK], strict=True):
            yield PreviewDay(season, name, (name,), spans)
        for weekdays, spans in _alike(_NAMES, days[DAY_OFF : DAY_OFF + DAYS_A_WEEK]):
            yield PreviewDay(season, "off", weekdays, spans)
        for weekdays, spans in _alike(_NAMES[SATURDAY:], days[MAKE_UP_SATURDAY:]):
            yield PreviewDay(season, "makeup", weekdays, spans)


def _alike(names: Iterable[str], days: Sequence[Day]) -> Iterator[tuple[tuple[str, ...], Day]]:
    """The weekdays that have the same spans, by those spans."""
    alike: dict[Day, list[str]] = {}
    for name, spans in zip(names, days, strict=True):
        alike.setdefault(spans, []).append(name)
    for spans, same in alike.items():
        yield tuple(same), spans


_NAMES = tuple(name.lower() for name in WEEKDAYS)

"""What a server process keeps in memory about time: the calendar and every distinct text of hours, compiled."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xiejiao import hours
from xiejiao.calendar.rules import Year
from xiejiao.hours import CHINA
from xiejiao.language import Language
from xiejiao.sites.rules import HOURS_BUCKETS, hours_facet


@dataclass(frozen=True, slots=True)
class Text:
    """One text of hours and what it compiles to."""

    osm: str
    compiled: hours.Compiled


@dataclass(frozen=True, slots=True)
class OpenHours:
    """The texts that are open at an instant, as the nearest query asks for them."""

    ids: tuple[int, ...]
    facets: tuple[int, ...] | None
    """Their buckets, when there are few enough that the index gains by them; None otherwise."""


@dataclass(frozen=True)
class Almanac:
    """The calendar and the texts of hours by id, as one immutable value."""

    calendar: hours.Calendar
    texts: Mapping[int, Text]
    _open: dict[dt.datetime, OpenHours] = field(default_factory=dict)
    _words: dict[tuple[int, Language], str] = field(default_factory=dict)
    _answers: dict[tuple[int | None, dt.datetime], tuple[hours.Answer, dt.datetime | None]] = field(
        default_factory=dict
    )

    def with_texts(self, rows: Iterable[tuple[int, str]]) -> "Almanac":
        """This almanac and the texts of `rows` (id, OSM text)."""
        added = {number: Text(osm, hours.compiled(hours.parse(osm))) for number, osm in rows}
        return Almanac(self.calendar, {**self.texts, **added}) if added else self

    def open_hours(self, at: dt.datetime) -> OpenHours:
        """The texts that are open at `at`; reckoned once a minute."""
        minute = at.astimezone(CHINA).replace(second=0, microsecond=0)
        found = self._open.get(minute)
        if found is None:
            moment = hours.Moment.of(minute, self.calendar)
            ids = tuple(
                number
                for number, text in self.texts.items()
                if hours.regular(text.compiled, moment).state is hours.State.OPEN
            )
            buckets = {hours_facet(number) for number in ids}
            found = OpenHours(ids, tuple(sorted(buckets)) if len(buckets) <= HOURS_BUCKETS // 4 else None)
            self._open.clear()
            self._open[minute] = found
        return found

    def answer(
        self, hours_id: int | None, dated: hours.Dated, at: dt.datetime
    ) -> tuple[hours.Answer, dt.datetime | None]:
        """The posted state at `at`, to the minute, and when it changes next; texts without dates reckoned once."""
        minute = at.astimezone(CHINA).replace(second=0, microsecond=0)
        compiled = None if hours_id is None else self.texts[hours_id].compiled
        if dated != hours.UNDATED:
            return (
                hours.state(compiled, minute, self.calendar, dated),
                hours.next_change(compiled, minute, self.calendar, dated),
            )
        found = self._answers.get((hours_id, minute))
        if found is None:
            found = (
                hours.state(compiled, minute, self.calendar),
                hours.next_change(compiled, minute, self.calendar),
            )
            if len(self._answers) > 4 * len(self.texts) + 100:
                self._answers.clear()
            self._answers[hours_id, minute] = found
        return found

    def osm(self, hours_id: int | None) -> str | None:
        """The OSM text; None where no hours are known."""
        return None if hours_id is None else self.texts[hours_id].osm

    def words(self, hours_id: int | None, language: Language) -> str | None:
        """The week in words; None where no hours are known."""
        if hours_id is None:
            return None
        if (hours_id, language) not in self._words:
            self._words[hours_id, language] = hours.words(self.texts[hours_id].compiled, language)
        return self._words[hours_id, language]

    @cached_property
    def calendar_json(self) -> object:
        """The calendar as the phone reads it."""
        return self.calendar.as_json()


def calendar_of(years: Iterable[Year]) -> hours.Calendar:
    """The calendar that the announced years make."""
    listed = tuple(years)
    special = {day.on: hours.Special(day.kind) for year in listed for day in year.days}
    return hours.Calendar(special, frozenset(year.year for year in listed))

"""Reads of the calendar."""

from sqlalchemy import Connection, select, text

from xiejiao.calendar.models import calendar_day, calendar_year
from xiejiao.calendar.rules import DayKind, SpecialDay, Year

# xmin is the transaction that wrote a row, so the text differs after every import, whatever it brought.
_FINGERPRINT = text("SELECT coalesce(string_agg(year || ':' || xmin::text, ',' ORDER BY year), '') FROM calendar_year")
_DAYS = select(calendar_day.c.on, calendar_day.c.kind, calendar_day.c.name).order_by(calendar_day.c.on)


def year(connection: Connection, number: int) -> Year | None:
    """The year as announced; None when it is not."""
    source = connection.scalar(select(calendar_year.c.source).where(calendar_year.c.year == number))
    if source is None:
        return None
    rows = connection.execute(_DAYS.where(calendar_day.c.year == number))
    return Year(number, source, tuple(SpecialDay(on, DayKind(kind), name) for on, kind, name in rows))


def announced(connection: Connection) -> tuple[Year, ...]:
    """All announced years, in order."""
    numbers = connection.scalars(select(calendar_year.c.year).order_by(calendar_year.c.year)).all()
    return tuple(found for number in numbers if (found := year(connection, number)))


def fingerprint(connection: Connection) -> str:
    """A text that differs once any year was imported anew."""
    return str(connection.execute(_FINGERPRINT).scalar_one())

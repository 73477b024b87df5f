"""Writes of the calendar."""

from dataclasses import asdict

from sqlalchemy import Connection, delete, insert
from sqlalchemy.dialects import postgresql

from xiejiao.calendar.models import calendar_day, calendar_year
from xiejiao.calendar.rules import Year


def announce(connection: Connection, year: Year) -> None:
    """Make `year` what the calendar says of it, in place of what it said before."""
    statement = postgresql.insert(calendar_year).values(year=year.year, source=year.source)
    # The year's row is written even when nothing in it differs: its new version tells the server processes to look.
    connection.execute(
        statement.on_conflict_do_update(index_elements=["year"], set_={"source": statement.excluded.source})
    )
    connection.execute(delete(calendar_day).where(calendar_day.c.year == year.year))
    if year.days:
        connection.execute(insert(calendar_day), [{"year": year.year, **asdict(day)} for day in year.days])

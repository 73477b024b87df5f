"""Tables of the calendar."""

from sqlalchemy import Column, Date, ForeignKey, Index, SmallInteger, Table, Text

from xiejiao.database import metadata

calendar_year = Table(
    "calendar_year",
    metadata,
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False, comment="the notice of the State Council"),
)

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("on", Date, primary_key=True),
    Column("year", SmallInteger, ForeignKey(calendar_year.c.year, ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False, comment="off: a day of a holiday block; work: a make-up workday"),
    Column("name", Text, nullable=False),
)
Index("calendar_day_year_idx", calendar_day.c.year)

"""The table of jobs."""

from sqlalchemy import Column, DateTime, Index, Integer, Interval, SmallInteger, Table, Text, func
from sqlalchemy.dialects.postgresql import UUID

from xiejiao.database import metadata

_INSTANT = DateTime(timezone=True)

job = Table(
    "job",
    metadata,
    Column("id", UUID, primary_key=True, server_default=func.gen_random_uuid()),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="the id of what it is about; never personal data"),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("due_at", _INSTANT, nullable=False),
    Column("period", Interval, comment="a recurrent job is due again so long after it ended"),
    Column("tries", Integer, nullable=False, server_default="0", comment="how often it was taken"),
    Column("progress", SmallInteger, nullable=False, server_default="0", comment="per cent"),
    Column("fault", Text, comment="what hindered it last, without personal data"),
    Column("taken_until", _INSTANT, comment="from then on it may be taken again, as whoever took it is gone"),
    Column("added_at", _INSTANT, nullable=False),
    Column("ended_at", _INSTANT),
)
Index("job_due_at_idx", job.c.due_at, postgresql_where=job.c.ended_at.is_(None))
Index("job_ended_at_idx", job.c.ended_at, postgresql_where=job.c.ended_at.is_not(None))
Index("job_recurrent_idx", job.c.kind, unique=True, postgresql_where=job.c.period.is_not(None))

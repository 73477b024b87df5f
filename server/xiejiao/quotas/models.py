"""The table of what was spent of budgets."""

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text

from xiejiao.database import metadata

quota = Table(
    "quota",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("whom", Text, primary_key=True, comment="a network, a keyed digest, or nobody for all together"),
    Column("begins_at", DateTime(timezone=True), primary_key=True),
    Column("ends_at", DateTime(timezone=True), primary_key=True),
    Column("spent", Integer, nullable=False),
)
Index("quota_ends_at_idx", quota.c.ends_at)

"""The table of messages."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from xiejiao.database import metadata

_INSTANT = DateTime(timezone=True)

message = Table(
    "message",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("template", Text, nullable=False),
    Column("wrapped_key", LargeBinary, comment="its own data key, wrapped by the key of the installation"),
    Column("destination", LargeBinary, comment="sealed with its own key"),
    Column("parameters", LargeBinary, comment="JSON, sealed with its own key"),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("reference", Text, comment="under which the provider knows it"),
    Column("fault", Text, comment="what hindered it, as a code without personal data"),
    Column("added_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT, nullable=False),
    Column("ended_at", _INSTANT),
)
Index("message_expires_at_idx", message.c.expires_at, postgresql_where=message.c.ended_at.is_(None))
Index("message_ended_at_idx", message.c.ended_at, postgresql_where=message.c.ended_at.is_not(None))

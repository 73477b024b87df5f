"""The table of requests that were answered."""

from sqlalchemy import JSON, Column, DateTime, Index, LargeBinary, SmallInteger, Table, Text

from xiejiao.database import metadata

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("by", Text, primary_key=True, comment="the account or device that asked; an id"),
    Column("key_hash", LargeBinary, primary_key=True, comment="SHA-256 of the key that was sent"),
    Column(
        "body_mac",
        LargeBinary,
        nullable=False,
        comment="HMAC-SHA-256 of the body, keyed with the key that was sent",
    ),
    Column("status", SmallInteger, comment="known when its transaction has ended"),
    Column("answer", JSON),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("idempotency_key_at_idx", idempotency_key.c.at)

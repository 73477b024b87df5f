"""The table of passes that were signed."""

from sqlalchemy import Column, Date, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import BYTEA, UUID

from xiejiao.database import metadata

card_pass = Table(
    "card_pass",
    metadata,
    Column("reference", BYTEA, primary_key=True, comment="drawn at random; what a pass is known by"),
    Column(
        "membership_id",
        UUID,
        ForeignKey("membership.id", ondelete="SET NULL"),
        comment="the pass holds as long as this is current; null: erased",
    ),
    Column("until_on", Date, nullable=False, comment="last day of the pass; the row goes with it"),
    comment="passes signed for phones of members; which have ended follows from the memberships",
)
Index("card_pass_membership_id_idx", card_pass.c.membership_id)
Index("card_pass_until_on_idx", card_pass.c.until_on)

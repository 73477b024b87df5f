"""Tables of the words of the field."""

from sqlalchemy import Column, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from xiejiao.database import metadata

kind = Table(
    "kind",
    metadata,
    Column("code", Text, primary_key=True),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("label", Text, nullable=False, comment="short Chinese, for a chip"),
    Column(
        "facet",
        SmallInteger,
        nullable=False,
        unique=True,
        comment="number in site.facets, 0 to 63; also the order in which kinds are shown",
    ),
)

amenity = Table(
    "amenity",
    metadata,
    Column("code", Text, primary_key=True),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("label", Text, nullable=False, comment="short Chinese, for a chip"),
    Column(
        "facet",
        SmallInteger,
        nullable=False,
        unique=True,
        comment="number in site.facets, 64 to 255; also the order in which amenities are shown",
    ),
    Column(
        "groups", ARRAY(Text), nullable=False, server_default="{}", comment="kinds of place in which it is asked for"
    ),
)

trade = Table(
    "trade",
    metadata,
    Column("code", Text, primary_key=True),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column(
        "tags",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="lists that name the trade, as eight_groups_2018",
    ),
)

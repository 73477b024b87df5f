"""Reads of the vocabulary."""

from sqlalchemy import Connection, select

from xiejiao.vocabulary.models import amenity, kind, trade
from xiejiao.vocabulary.rules import AmenityTerm, Kind, Trade, Vocabulary


def vocabulary(connection: Connection) -> Vocabulary:
    """All kinds, amenities and trades."""
    kinds = connection.execute(
        select(kind.c.code, kind.c.zh, kind.c.en, kind.c.label, kind.c.facet).order_by(kind.c.facet)
    )
    amenities = connection.execute(
        select(amenity.c.code, amenity.c.zh, amenity.c.en, amenity.c.label, amenity.c.facet, amenity.c.groups).order_by(
            amenity.c.facet
        )
    )
    trades = connection.execute(select(trade.c.code, trade.c.zh, trade.c.en, trade.c.tags).order_by(trade.c.code))
    return Vocabulary(
        tuple(Kind(*row) for row in kinds),
        tuple(AmenityTerm(*row[:-1], tuple(row.groups)) for row in amenities),
        tuple(Trade(*row[:-1], tuple(row.tags)) for row in trades),
    )

"""Reads of the vocabulary."""

from sqlalchemy import Connection, select

from xiejiao.vocabulary.models import amenity, kind, trade
from xiejiao.vocabulary.rules import Term, Trade, Vocabulary


def vocabulary(connection: Connection) -> Vocabulary:
    """All kinds, amenities and trades."""
    kinds, amenities = (
        tuple(
            Term(*row)
            for row in connection.execute(
                select(table.c.code, table.c.zh, table.c.en, table.c.facet).order_by(table.c.facet)
            )
        )
        for table in (kind, amenity)
    )
    trades = connection.execute(select(trade.c.code, trade.c.zh, trade.c.en, trade.c.tags).order_by(trade.c.code))
    return Vocabulary(kinds, amenities, tuple(Trade(code, zh, en, tuple(tags)) for code, zh, en, tags in trades))

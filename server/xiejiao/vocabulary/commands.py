"""Writes of the vocabulary."""

from dataclasses import asdict

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from xiejiao.vocabulary.models import amenity, kind, trade
from xiejiao.vocabulary.rules import Vocabulary


def put(connection: Connection, words: Vocabulary) -> None:
    """Add new words and bring the labels of known ones up to date; none is taken away, places may use it."""
    for table, terms in ((kind, words.kinds), (amenity, words.amenities), (trade, words.trades)):
        if terms:
            statement = insert(table)
            kept = {column.name: column for column in statement.excluded if column.name != "code"}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["code"], set_=kept), [asdict(term) for term in terms]
            )

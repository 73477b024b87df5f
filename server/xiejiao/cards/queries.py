"""Reads of what checks cards without a network."""

import datetime as dt

from sqlalchemy import Connection, text

_ENDED = text("SELECT ended_cards(:today)")


def ended(connection: Connection, *, today: dt.date) -> list[bytes]:
    """The references of passes that hold no more, though their last day is not over; in no order that tells anything."""
    return sorted(connection.scalars(_ENDED, {"today": today}))

"""What has changed since this process last looked, so that what it keeps in memory stays true.

A look asks for the rows written by transactions that had not ended at the look before. That misses no commit, whatever
the order in which transactions end, and takes no lock; a row may be seen twice, which does no harm.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from xiejiao.calendar import queries as calendar
from xiejiao.sites.almanac import Almanac, calendar_of
from xiejiao.vocabulary import queries as vocabulary
from xiejiao.vocabulary.rules import Vocabulary

MANY = 1_000
"""Changes beyond which it is cheaper to forget everything than to ask what each of them touches."""

_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
_HOURS = text("SELECT id, text FROM hours WHERE written_in >= CAST(:since AS xid8)")
_TOUCHED = text(
    "SELECT ST_X(point.geom), ST_Y(point.geom) FROM site_history, ST_Dump(touched) AS point"
    " WHERE written_in >= CAST(:since AS xid8) LIMIT :many"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a process keeps in memory, as of one look."""

    words: Vocabulary
    almanac: Almanac
    horizon: str
    """The oldest transaction that had not ended at the look, as text of an xid8."""
    fingerprint: str
    """Of the calendar."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: what is known now, and the positions in degrees that were touched; None for "anywhere"."""

    known: Known
    touched: tuple[tuple[float, float], ...] | None


def look(connection: Connection, before: Known | None) -> Look:
    """What is known now, and what has changed since `before`; None: nothing was known.

    The horizon is asked for first. Statements that see a later snapshot than it see more than it says, never less, and
    the next look sees that once more.
    """
    horizon = connection.execute(_HORIZON).scalar_one()
    fingerprint = calendar.fingerprint(connection)
    since = before.horizon if before else "0"
    rows = [(number, osm) for number, osm in connection.execute(_HOURS, {"since": since})]
    if before is None or before.fingerprint != fingerprint:
        texts = before.almanac.texts if before else {}
        almanac = Almanac(calendar_of(calendar.announced(connection)), texts).with_texts(rows)
        return Look(Known(vocabulary.vocabulary(connection), almanac, horizon, fingerprint), None)
    new = [(number, osm) for number, osm in rows if number not in before.almanac.texts]
    words = vocabulary.vocabulary(connection)
    known = Known(words, before.almanac.with_texts(new), horizon, fingerprint)
    touched = tuple((lon, lat) for lon, lat in connection.execute(_TOUCHED, {"since": since, "many": MANY}))
    return Look(known, None if len(touched) == MANY or words != before.words else touched)

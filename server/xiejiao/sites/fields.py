"""The fields of a place that history names: what each is now and the write that makes it another, as JSON.

A field is a column (`notice`), a group of them (`position`), or one child (`amenity microwave`, `expiry medicine_box`,
`access`, `dated`). That commands and what takes their changes back write through here keeps them alike.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from psycopg.types.range import Range
from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from xiejiao.database import put
from xiejiao.hours import CHINA
from xiejiao.sites import models
from xiejiao.sites.rules import ASK_AGAIN_DAYS, Access, Amenity, AmenityState, Effect, Mode, union_of
from xiejiao.vocabulary.rules import Vocabulary

AMENITY, EXPIRY = "amenity ", "expiry "
"""How the fields of an amenity begin; its code follows."""
_TEXTS = ("notice", "host", "phone", "hours_written")
_CLOSING = {"status": "status", "reason": "closed_reason", "closed_on": "closed_on"}
_POSITION = ("raw", "datum", "source", "accuracy_m")


def present(connection: Connection, site_id: UUID, field: str, said: Any = None) -> Any:  # noqa: ANN401 - JSON
    """What a field is now, None where there is nothing; of `dated` whether there is what was `said`."""
    if field == "access":
        return _access(connection, site_id)
    if field == "position":
        return _position(connection, site_id)
    if field == "dated":
        return said if _dated_ids(connection, site_id, said) else None
    if field.startswith((AMENITY, EXPIRY)):
        return _of_amenity(connection, site_id, field)
    column = models.site.c[_CLOSING.get(field, field)]
    found = connection.scalar(select(column).where(models.site.c.id == site_id))
    return found.isoformat() if isinstance(found, dt.date) else found


def _access(connection: Connection, site_id: UUID) -> dict[str, str | None]:
    table = models.site_access
    rows = connection.execute(
        select(table.c.mode, models.hours.c.text)
        .join(models.hours, models.hours.c.id == table.c.hours_id, isouter=True)
        .where(table.c.site_id == site_id)
    )
    return dict(rows.all())


def _position(connection: Connection, site_id: UUID) -> dict[str, Any] | None:
    table = models.site
    told = (table.c[f"position_{name}"].label(name) for name in _POSITION)
    lon, lat = func.ST_X(table.c.position).label("lon"), func.ST_Y(table.c.position).label("lat")
    row = connection.execute(select(lon, lat, *told).where(table.c.id == site_id)).mappings().one_or_none()
    return None if row is None else dict(row)


def _of_amenity(connection: Connection, site_id: UUID, field: str) -> str | None:
    table = models.site_amenity
    kind, _, code = field.partition(" ")
    column = table.c.state if f"{kind} " == AMENITY else table.c.expires_on
    found = connection.scalar(select(column).where(table.c.site_id == site_id, table.c.amenity == code))
    return found.isoformat() if isinstance(found, dt.date) else found


def write(
    connection: Connection,
    site_id: UUID,
    changes: Mapping[str, tuple[Any, Any]],
    *,
    words: Vocabulary,
    when: dt.datetime,
) -> None:
    """Make each field what stands second in `changes`; for `dated` that is added, and what stands first withdrawn."""
    values = {field: now for field, (_, now) in changes.items()}
    write_columns(connection, site_id, {field: values[field] for field in _TEXTS if field in values})
    if "status" in values:
        write_columns(connection, site_id, {column: values.get(field) for field, column in _CLOSING.items()})
    if "position" in values:
        write_position(connection, site_id, values["position"])
    if "access" in values:
        write_access(connection, site_id, values["access"])
    if "dated" in changes:
        was, now = changes["dated"]
        withdraw_dated(connection, site_id, was)
        add_dated(connection, site_id, now, when=when)
    of_amenities = {field: value for field, value in values.items() if field.startswith((AMENITY, EXPIRY))}
    if of_amenities:
        write_amenities(connection, site_id, of_amenities, words=words, when=when)


def write_columns(connection: Connection, site_id: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of the place; they read texts as PostgreSQL does."""
    if values:
        connection.execute(update(models.site).where(models.site.c.id == site_id).values(**values))


def write_position(connection: Connection, site_id: UUID, position: Mapping[str, Any]) -> None:
    """Move the place."""
    spot = func.ST_SetSRID(func.ST_MakePoint(position["lon"], position["lat"]), 4326)
    write_columns(connection, site_id, {"position": spot, **{f"position_{name}": position[name] for name in _POSITION}})


def write_access(connection: Connection, site_id: UUID, texts: Mapping[str, str | None]) -> None:
    """Replace the ways in (mode → normalised hours), and so the hours of the place."""
    union = union_of(tuple(Access(Mode(mode), text) for mode, text in texts.items()))
    numbers = hours_ids(connection, {text for text in (*texts.values(), union) if text})
    table = models.site_access
    connection.execute(delete(table).where(table.c.site_id == site_id))
    put(
        connection,
        table,
        [
            {"site_id": site_id, "mode": mode, "hours_id": numbers[text] if text else None}
            for mode, text in texts.items()
        ],
    )
    write_columns(connection, site_id, {"hours_id": numbers[union] if union else None})


def hours_ids(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    """The ids of the texts, which must be normalised; new ones are added."""
    wanted = sorted(texts)
    if not wanted:
        return {}
    table = models.hours
    known = _known(connection, wanted)
    new = [{"text": text} for text in wanted if text not in known]
    if not new:
        return known
    connection.execute(postgresql.insert(table).on_conflict_do_nothing(index_elements=["text"]), new)
    return _known(connection, wanted)


def _known(connection: Connection, texts: list[str]) -> dict[str, int]:
    table = models.hours
    rows = connection.execute(select(table.c.text, table.c.id).where(table.c.text.in_(texts)))
    return dict(rows.all())


def offers(kind: str, amenities: Iterable[Amenity], words: Vocabulary) -> list[int]:
    """The facets under which a search finds a place: its kind, and the amenities it offers today."""
    offered = sorted(words.amenity_facets[amenity.code] for amenity in amenities if amenity.state.offered)
    return [words.kind_facets[kind], *offered]


def write_amenities(
    connection: Connection, site_id: UUID, values: Mapping[str, str | None], *, words: Vocabulary, when: dt.datetime
) -> None:
    """Say states and expiry dates of amenities; one without a state is no longer listed."""
    table = models.site_amenity
    states = {field.removeprefix(AMENITY): value for field, value in values.items() if field.startswith(AMENITY)}
    gone = [code for code, state in states.items() if state is None]
    connection.execute(delete(table).where(table.c.site_id == site_id, table.c.amenity.in_(gone)))
    listed = [
        {"site_id": site_id, "amenity": code, "state": state, "since": when}
        for code, state in sorted(states.items())
        if state is not None
    ]
    if listed:
        statement = postgresql.insert(table)
        # Said again is not said first: the time stays while the state does.
        since = case((table.c.state == statement.excluded.state, table.c.since), else_=statement.excluded.since)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["site_id", "amenity"], set_={"state": statement.excluded.state, "since": since}
            ),
            listed,
        )
    for field, expires_on in values.items():
        if field.startswith(EXPIRY):
            mine = (table.c.site_id == site_id, table.c.amenity == field.removeprefix(EXPIRY))
            connection.execute(update(table).where(*mine).values(expires_on=expires_on))
    rows = connection.execute(select(table.c.amenity, table.c.state).where(table.c.site_id == site_id))
    amenities = [Amenity(code, AmenityState(state)) for code, state in rows]
    kind = connection.execute(select(models.site.c.kind).where(models.site.c.id == site_id)).scalar_one()
    write_columns(connection, site_id, {"offers": offers(kind, amenities, words)})


# ── dated exceptions: `[effect, since, until, reason]`, instants as RFC 3339 ──


def dated_said(effect: str, since: dt.datetime, until: dt.datetime | None, reason: str | None) -> list[str | None]:
    """A dated exception as history holds it."""
    return [str(effect), since.isoformat(), None if until is None else until.isoformat(), reason]


def _dated_ids(connection: Connection, site_id: UUID, said: list[Any] | None) -> list[UUID]:
    if said is None:
        return []
    effect, _, _, reason = said
    table = models.site_dated
    mine = (table.c.site_id == site_id, table.c.effect == effect, table.c.during == _during(said))
    rows = connection.scalars(select(table.c.id).where(*mine, table.c.reason.is_not_distinct_from(reason)))
    return list(rows)


def _during(said: list[Any]) -> Range[dt.datetime]:
    _, since, until, _ = said
    return Range(dt.datetime.fromisoformat(since), until and dt.datetime.fromisoformat(until), "[)")


def add_dated(connection: Connection, site_id: UUID, said: list[Any] | None, *, when: dt.datetime) -> None:
    """Add a dated exception; one that shuts until further notice is asked about again."""
    if said is None:
        return
    effect, _, until, reason = said
    during = _during(said)
    asks = effect == Effect.SHUT and until is None
    connection.execute(
        insert(models.site_dated).values(
            site_id=site_id,
            effect=effect,
            during=during,
            reason=reason,
            added_at=when,
            ask_again_on=asking_on(max(when, during.lower or when)) if asks else None,
        )
    )
    gather_dated(connection, site_id)


def asking_on(after: dt.datetime) -> dt.date:
    """The day on which somebody is asked again about a closing that was said to hold at `after`."""
    return after.astimezone(CHINA).date() + dt.timedelta(days=ASK_AGAIN_DAYS)


def withdraw_dated(connection: Connection, site_id: UUID, said: list[Any] | None) -> None:
    """Take back one dated exception that says the same."""
    for identity in _dated_ids(connection, site_id, said)[:1]:
        connection.execute(delete(models.site_dated).where(models.site_dated.c.id == identity))
        gather_dated(connection, site_id)


def gather_dated(connection: Connection, site_id: UUID) -> None:
    """Repeat on the place what its dated exceptions say."""
    table = models.site_dated

    def joined(effect: Effect) -> ColumnElement[Any]:
        return (
            select(func.coalesce(func.range_agg(table.c.during), func.tstzmultirange()))
            .where(table.c.site_id == site_id, table.c.effect == str(effect))
            .scalar_subquery()
        )

    write_columns(connection, site_id, {str(effect): joined(effect) for effect in Effect})

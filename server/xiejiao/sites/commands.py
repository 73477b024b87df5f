"""Writes of places: each leaves a row of history, none commits.

The columns of `site` that repeat its children (offers, shut, extra, mask, hours_id) are written here and nowhere else.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.range import Range
from shapely import MultiPoint, Point, to_wkt
from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql

from xiejiao import hours
from xiejiao.database import put
from xiejiao.errors import ConflictError, FieldFault, InputError, NotFoundError
from xiejiao.language import Words, is_plain
from xiejiao.organisations import queries as organisations
from xiejiao.sites import models, pinyin
from xiejiao.sites.code import code_of
from xiejiao.sites.mercator import MAX_LATITUDE
from xiejiao.sites.rules import (
    Access,
    Amenity,
    AmenityState,
    DatedException,
    Effect,
    Located,
    SiteDraft,
    normalised_hours,
    union_of,
)
from xiejiao.vocabulary.rules import Vocabulary

CHUNK = 1_000
"""Places written with one statement."""
_LENGTHS = {
    "name": (1, 200),
    "address": (0, 500),
    "division": (0, 200),
    "host": (1, 200),
    "phone": (3, 40),
    "hours_written": (1, 1000),
    "source": (1, 500),
    "notice": (1, 1000),
    "brands": (1, 200),
    "reason": (1, 500),
}
"""Fewest and most characters of each text, as the constraints of the tables have them."""
_IDENTITIES = select(func.gen_random_uuid(), models.site_number.next_value()).select_from(
    func.generate_series(1, bindparam("places")).alias()
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Who writes, and when: goes into the history of every place that is touched. `who` never names a person."""

    who: str
    when: dt.datetime


def add(connection: Connection, drafts: Iterable[SiteDraft], *, words: Vocabulary, deed: Deed) -> list[UUID]:
    """Add places; their ids in the same order.

    Raises InputError that names every fault of a chunk; nothing of that chunk is written then.
    """
    added: list[UUID] = []
    known_hours: dict[str, int] = {}
    for chunk in _chunks(drafts):
        paths = organisations.ids(connection, (draft.organisation for draft in chunk))
        unions, faults = _checked(chunk, paths=paths.keys(), words=words)
        if faults:
            raise InputError(*faults)
        texts = {text for text in unions if text} | {
            normalised_hours(way.opening_hours) for draft in chunk for way in draft.access if way.opening_hours
        }
        known_hours |= _hours_ids(connection, texts - known_hours.keys())
        added += _insert(connection, chunk, unions, paths=paths, hours_ids=known_hours, words=words, deed=deed)
    return added


def _chunks(drafts: Iterable[SiteDraft]) -> Iterator[list[SiteDraft]]:
    chunk: list[SiteDraft] = []
    for draft in drafts:
        chunk.append(draft)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _checked(
    drafts: Sequence[SiteDraft], *, paths: Iterable[str], words: Vocabulary
) -> tuple[list[str | None], list[FieldFault]]:
    """The union of the hours of each draft, and every fault of all of them."""
    known_paths = set(paths)
    unions: list[str | None] = []
    faults: list[FieldFault] = []
    for draft in drafts:
        found = list(_faults(draft, words))
        if draft.organisation not in known_paths:
            found.append(FieldFault("organisation", Words("没有这个组织", "there is no such organisation")))
        try:
            unions.append(union_of(draft.access))
        except hours.Fault as fault:
            found.append(FieldFault("access", Words(fault.message("zh"), fault.message("en"))))
            unions.append(None)
        faults += [FieldFault(f"{draft.name}: {fault.field}", fault.message) for fault in found]
    return unions, faults


def _faults(draft: SiteDraft, words: Vocabulary) -> Iterator[FieldFault]:
    for field in ("name", "address", "division", "host", "phone", "hours_written", "notice"):
        yield from _faults_of_text(field, getattr(draft, field))
    for brand in draft.brands:
        yield from _faults_of_text("brands", brand)
    if not draft.name.strip():
        yield FieldFault("name", Words("不能为空", "is empty"))
    if draft.kind not in words.kind_facets:
        yield FieldFault("kind", Words("没有这种类型", "there is no such kind"))
    for amenity in draft.amenities:
        if amenity.code not in words.amenity_facets:
            yield FieldFault("amenities", Words(f"没有设施 {amenity.code}", f"there is no amenity {amenity.code}"))
    if len({amenity.code for amenity in draft.amenities}) < len(draft.amenities):
        yield FieldFault("amenities", Words("设施重复", "an amenity is given twice"))
    yield from _faults_of_access(draft.access)
    if not (abs(draft.located.lon) <= 180 and abs(draft.located.lat) <= MAX_LATITUDE):  # noqa: PLR2004 - degrees
        yield FieldFault("position", Words("坐标超出范围", "is out of range"))


def _faults_of_text(field: str, written: str | None) -> Iterator[FieldFault]:
    fewest, most = _LENGTHS[field]
    if written is not None and not (fewest <= len(written) <= most and is_plain(written)):
        words = Words(f"应为 {fewest} 到 {most} 个字，不能有控制字符", f"must be {fewest} to {most} plain characters")
        yield FieldFault(field, words)


def _faults_of_access(access: Sequence[Access]) -> Iterator[FieldFault]:
    if len({way.mode for way in access}) < len(access):
        yield FieldFault("access", Words("进入方式重复", "a way in is given twice"))


def _refuse(faults: Iterable[FieldFault]) -> None:
    listed = tuple(faults)
    if listed:
        raise InputError(*listed)


def _hours_ids(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    """The ids of the texts, which must be normalised; new ones are added."""
    wanted = sorted(texts)
    if not wanted:
        return {}
    table = models.hours
    new = [{"text": text} for text in sorted(set(wanted) - _known(connection, wanted).keys())]
    if new:
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(index_elements=["text"]), new)
    return _known(connection, wanted)


def _known(connection: Connection, texts: Sequence[str]) -> dict[str, int]:
    table = models.hours
    rows = connection.execute(select(table.c.text, table.c.id).where(table.c.text.in_(texts)))
    return dict(rows.all())


def offers(kind: str, amenities: Iterable[Amenity], words: Vocabulary) -> list[int]:
    """The facets under which a search finds a place: its kind, and the amenities it offers today."""
    offered = sorted(words.amenity_facets[amenity.code] for amenity in amenities if amenity.state.offered)
    return [words.kind_facets[kind], *offered]


def _point(located: Located) -> str:
    """The position as PostGIS reads it (EWKT)."""
    return _ewkt(Point(located.lon, located.lat))


def _touched(lon: float, lat: float) -> str:
    """A position as the one point of a history row (EWKT)."""
    return _ewkt(MultiPoint([(lon, lat)]))


def _ewkt(geometry: Point | MultiPoint) -> str:
    return f"SRID=4326;{to_wkt(geometry, rounding_precision=-1)}"


def _name_divisions(connection: Connection, names: Iterable[str]) -> None:
    """Write down the divisions that are new, with their pinyin."""
    rows = [
        {"name": name, "pinyin": spelled[0], "initials": spelled[1]}
        for name in sorted(names)
        for spelled in [pinyin.spelled(name)]
    ]
    if rows:
        connection.execute(postgresql.insert(models.division).on_conflict_do_nothing(), rows)


def _insert(
    connection: Connection,
    drafts: Sequence[SiteDraft],
    unions: Sequence[str | None],
    *,
    paths: Mapping[str, UUID],
    hours_ids: Mapping[str, int],
    words: Vocabulary,
    deed: Deed,
) -> list[UUID]:
    _name_divisions(connection, {draft.division for draft in drafts if draft.division})
    identities = connection.execute(_IDENTITIES, {"places": len(drafts)}).all()
    each = [(identity, code_of(number), draft) for (identity, number), draft in zip(identities, drafts, strict=True)]
    put(
        connection,
        models.site,
        [
            {
                "id": identity,
                "code": code,
                "name": draft.name,
                "kind": draft.kind,
                "brands": draft.brands,
                "address": draft.address,
                "division": draft.division,
                "organisation_id": paths[draft.organisation],
                "host": draft.host,
                "phone": draft.phone,
                "position": _point(draft.located),
                "position_raw": draft.located.raw,
                "position_datum": draft.located.datum,
                "position_source": draft.located.source,
                "position_accuracy_m": draft.located.accuracy_m,
                "hours_id": hours_ids[union] if union else None,
                "hours_written": draft.hours_written,
                "source": draft.source,
                "notice": draft.notice,
                "confirmed_at": draft.confirmed_at,
                "offers": offers(draft.kind, draft.amenities, words),
                "demo": draft.demo,
                "added_at": deed.when,
                "changed_at": deed.when,
            }
            for (identity, code, draft), union in zip(each, unions, strict=True)
        ],
    )
    put(
        connection,
        models.site_search,
        [
            {
                "site_id": identity,
                "lines": pinyin.lines(name=draft.name, brands=draft.brands, address=draft.address, code=code),
            }
            for identity, code, draft in each
        ],
    )
    put(
        connection,
        models.site_access,
        [
            {
                "site_id": identity,
                "mode": way.mode,
                "hours_id": hours_ids[normalised_hours(way.opening_hours)] if way.opening_hours else None,
            }
            for identity, _, draft in each
            for way in draft.access
        ],
    )
    put(
        connection,
        models.site_amenity,
        [
            {"site_id": identity, "amenity": amenity.code, "state": amenity.state, "since": amenity.since}
            for identity, _, draft in each
            for amenity in draft.amenities
        ],
    )
    put(
        connection,
        models.site_history,
        [
            {
                "site_id": identity,
                "version": 1,
                "at": deed.when,
                "actor": deed.who,
                "action": "added",
                "changes": {"name": [None, draft.name], "position": [None, draft.located.raw]},
                "touched": _touched(draft.located.lon, draft.located.lat),
            }
            for identity, _, draft in each
        ],
    )
    return [identity for identity, _, _ in each]


# ── changes of one place ──


def set_amenity(
    connection: Connection,
    site_id: UUID,
    code: str,
    state: AmenityState,
    *,
    version: int,
    words: Vocabulary,
    deed: Deed,
) -> int:
    """Say the state of an amenity, adding it where the place had none; the new version."""
    if code not in words.amenity_facets:
        raise InputError(FieldFault("amenity", Words(f"没有设施 {code}", f"there is no amenity {code}")))
    table = models.site_amenity
    before = connection.scalar(select(table.c.state).where(table.c.site_id == site_id, table.c.amenity == code))
    changed = _claim(connection, site_id, version, deed, {f"amenity {code}": [before, str(state)]})
    statement = postgresql.insert(table).values(site_id=site_id, amenity=code, state=str(state), since=deed.when)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["site_id", "amenity"],
            # Said again is not said first: the time stays while the state does.
            set_={
                "state": statement.excluded.state,
                "since": case(
                    (table.c.state == statement.excluded.state, table.c.since), else_=statement.excluded.since
                ),
            },
        )
    )
    rows = connection.execute(select(table.c.amenity, table.c.state).where(table.c.site_id == site_id))
    amenities = [Amenity(amenity, AmenityState(now)) for amenity, now in rows]
    kind = connection.execute(select(models.site.c.kind).where(models.site.c.id == site_id)).scalar_one()
    connection.execute(
        update(models.site).where(models.site.c.id == site_id).values(offers=offers(kind, amenities, words))
    )
    return changed


def set_access(connection: Connection, site_id: UUID, access: Sequence[Access], *, version: int, deed: Deed) -> int:
    """Replace the ways in and their hours; the new version.

    Raises InputError when the hours are not understood or a way in is given twice.
    """
    _refuse(_faults_of_access(access))
    try:
        union = union_of(tuple(access))
    except hours.Fault as fault:
        raise InputError(FieldFault("access", Words(fault.message("zh"), fault.message("en")))) from fault
    texts = {str(way.mode): normalised_hours(way.opening_hours) for way in access if way.opening_hours}
    numbers = _hours_ids(connection, {*texts.values(), *([union] if union else [])})
    table = models.site_access
    before = connection.execute(
        select(table.c.mode, models.hours.c.text)
        .join(models.hours, models.hours.c.id == table.c.hours_id, isouter=True)
        .where(table.c.site_id == site_id)
    )
    was = dict(before.all())
    now = {str(way.mode): texts.get(str(way.mode)) for way in access}
    changed = _claim(connection, site_id, version, deed, {"access": [was, now]})
    connection.execute(delete(table).where(table.c.site_id == site_id))
    put(
        connection,
        table,
        [{"site_id": site_id, "mode": mode, "hours_id": numbers[text] if text else None} for mode, text in now.items()],
    )
    connection.execute(
        update(models.site)
        .where(models.site.c.id == site_id)
        .values(hours_id=numbers[union] if union else None, hours_written=None)
    )
    return changed


def except_dated(connection: Connection, site_id: UUID, exception: DatedException, *, version: int, deed: Deed) -> int:
    """Add a dated closing, opening or suspension of the rule; the new version. InputError when it never holds."""
    since, until = (moment and moment.replace(second=0, microsecond=0) for moment in (exception.since, exception.until))
    if until is not None and since is not None and until <= since:
        raise InputError(FieldFault("until", Words("结束时间应晚于开始时间", "must be later than the beginning")))
    _refuse(_faults_of_text("reason", exception.reason))
    during = Range(since, until, "[)")
    said = [str(exception.effect), since and since.isoformat(), until and until.isoformat(), exception.reason]
    changed = _claim(connection, site_id, version, deed, {"dated": [None, said]})
    connection.execute(
        insert(models.site_dated).values(
            site_id=site_id,
            effect=str(exception.effect),
            during=during,
            reason=exception.reason,
            added_at=deed.when,
        )
    )
    _gather_dated(connection, site_id)
    return changed


def withdraw_dated(connection: Connection, site_id: UUID, dated_id: UUID, *, version: int, deed: Deed) -> int:
    """Take a dated exception back; the new version. Raises NotFoundError when the place has no such exception."""
    table = models.site_dated
    found = connection.execute(
        select(table.c.effect, table.c.during, table.c.reason).where(table.c.id == dated_id, table.c.site_id == site_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    bounds = (found.during.lower, found.during.upper)
    said = [found.effect, *(bound and bound.isoformat() for bound in bounds), found.reason]
    changed = _claim(connection, site_id, version, deed, {"dated": [said, None]})
    connection.execute(delete(table).where(table.c.id == dated_id))
    _gather_dated(connection, site_id)
    return changed


def _gather_dated(connection: Connection, site_id: UUID) -> None:
    table = models.site_dated

    def joined(effect: Effect) -> ColumnElement[Any]:
        return (
            select(func.coalesce(func.range_agg(table.c.during), func.tstzmultirange()))
            .where(table.c.site_id == site_id, table.c.effect == str(effect))
            .scalar_subquery()
        )

    values = {str(effect): joined(effect) for effect in Effect}
    connection.execute(update(models.site).where(models.site.c.id == site_id).values(**values))


def close(connection: Connection, site_id: UUID, *, on: dt.date, reason: str, version: int, deed: Deed) -> int:
    """Close a place for good; the new version. It is found no more, and its page says why."""
    _refuse(_faults_of_text("reason", reason))
    changed = _claim(
        connection, site_id, version, deed, {"status": ["active", "closed"], "reason": [None, reason]}, action="closed"
    )
    connection.execute(
        update(models.site)
        .where(models.site.c.id == site_id)
        .values(status="closed", closed_on=on, closed_reason=reason)
    )
    return changed


def _claim(
    connection: Connection,
    site_id: UUID,
    version: int,
    deed: Deed,
    changes: Mapping[str, Any],
    *,
    action: str = "changed",
) -> int:
    """Take the next version of the place for this deed and record it.

    Raises NotFoundError when there is no such place, ConflictError when it is not at `version` or closed for good.
    """
    table = models.site
    claimed = connection.execute(
        update(table)
        .where(table.c.id == site_id, table.c.version == version, table.c.status == "active")
        .values(version=version + 1, changed_at=deed.when)
        .returning(func.ST_X(table.c.position), func.ST_Y(table.c.position))
    ).one_or_none()
    if claimed is None:
        if connection.scalar(select(table.c.id).where(table.c.id == site_id)) is None:
            raise NotFoundError
        raise ConflictError
    connection.execute(
        insert(models.site_history).values(
            site_id=site_id,
            version=version + 1,
            at=deed.when,
            actor=deed.who,
            action=action,
            changes=dict(changes),
            touched=_touched(*claimed),
        )
    )
    return version + 1


# One statement, so that no place can go without its row of history.
_REMOVE_DEMONSTRATION = text(
    "WITH gone AS (DELETE FROM site WHERE demo RETURNING id, version, name, position)"
    " INSERT INTO site_history (site_id, version, at, actor, action, changes, touched)"
    " SELECT id, version + 1, :when, :who, 'removed', jsonb_build_object('name', jsonb_build_array(name, NULL)),"
    " ST_Multi(position) FROM gone"
)


def remove_demonstration(connection: Connection, *, deed: Deed) -> int:
    """Remove every synthetic place; how many there were. Their history says so and stays."""
    return connection.execute(_REMOVE_DEMONSTRATION, {"when": deed.when, "who": deed.who}).rowcount

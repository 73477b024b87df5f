"""Writes of places: each leaves a row of history, none commits.

The columns of `site` that repeat its children (offers, shut, extra, mask, hours_id) are written here and in `fields`.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shapely import MultiPoint, Point, to_wkt
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql

from xiejiao import hours
from xiejiao.database import put
from xiejiao.errors import ConflictError, FieldFault, InputError, NotFoundError
from xiejiao.language import Words, is_plain
from xiejiao.organisations import queries as organisations
from xiejiao.sites import fields, models, pinyin, queries
from xiejiao.sites.code import code_of
from xiejiao.sites.mercator import MAX_LATITUDE
from xiejiao.sites.rules import (
    Access,
    Amenity,
    DatedException,
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
    "position_raw": (0, 200),
    "position_source": (1, 500),
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
        known_hours |= fields.hours_ids(connection, texts - known_hours.keys())
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
    yield from _faults_of_amenities(draft.amenities, words)
    yield from _faults_of_access(draft.access)
    yield from _faults_of_position(draft.located)


def _faults_of_amenities(amenities: Sequence[Amenity], words: Vocabulary) -> Iterator[FieldFault]:
    for amenity in amenities:
        if amenity.code not in words.amenity_facets:
            yield FieldFault("amenities", Words(f"没有设施 {amenity.code}", f"there is no amenity {amenity.code}"))
    if len({amenity.code for amenity in amenities}) < len(amenities):
        yield FieldFault("amenities", Words("设施重复", "an amenity is given twice"))


def _faults_of_position(located: Located) -> Iterator[FieldFault]:
    if not (abs(located.lon) <= 180 and abs(located.lat) <= MAX_LATITUDE):  # noqa: PLR2004 - degrees
        yield FieldFault("position", Words("坐标超出范围", "is out of range"))
    if located.accuracy_m is not None and not located.accuracy_m > 0:
        yield FieldFault("accuracy_m", Words("应大于 0", "must be more than 0"))
    yield from _faults_of_text("position_raw", located.raw)
    yield from _faults_of_text("position_source", located.source)


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


def _point(located: Located) -> str:
    """The position as PostGIS reads it (EWKT)."""
    return _ewkt(Point(located.lon, located.lat))


def _touched(*positions: tuple[float, float]) -> str:
    """Where a place was and is, as the points of a history row (EWKT)."""
    return _ewkt(MultiPoint(positions))


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
                "offers": fields.offers(draft.kind, draft.amenities, words),
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
            {
                "site_id": identity,
                "amenity": amenity.code,
                "state": amenity.state,
                "since": amenity.since,
                "expires_on": amenity.expires_on,
            }
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
                "touched": _touched((draft.located.lon, draft.located.lat)),
            }
            for identity, _, draft in each
        ],
    )
    return [identity for identity, _, _ in each]


# ── changes of one place ──


def set_amenities(
    connection: Connection,
    site_id: UUID,
    amenities: Sequence[Amenity],
    *,
    version: int,
    words: Vocabulary,
    deed: Deed,
) -> int:
    """Say the state and the expiry date of each of the amenities, adding those that the place had not; the new version.

    `since` is not said but found: it is the time of the deed where the state is another. The others stay as they are.
    """
    _refuse(_faults_of_amenities(amenities, words))
    if not amenities:
        raise InputError(FieldFault("amenities", Words("不能为空", "is empty")))
    changes: dict[str, tuple[Any, Any]] = {}
    for amenity in amenities:
        field = f"{fields.AMENITY}{amenity.code}"
        changes[field] = (fields.present(connection, site_id, field), str(amenity.state))
        field = f"{fields.EXPIRY}{amenity.code}"
        was = fields.present(connection, site_id, field)
        now = amenity.expires_on and amenity.expires_on.isoformat()
        if was != now:
            changes[field] = (was, now)
    changed = _claim(connection, site_id, version, deed, changes)
    values = {field: now for field, (_, now) in changes.items()}
    fields.write_amenities(connection, site_id, values, words=words, when=deed.when)
    return changed


def set_access(connection: Connection, site_id: UUID, access: Sequence[Access], *, version: int, deed: Deed) -> int:
    """Replace the ways in and their hours; the new version.

    Raises InputError when the hours are not understood or a way in is given twice.
    """
    _refuse(_faults_of_access(access))
    try:
        union_of(tuple(access))
    except hours.Fault as fault:
        raise InputError(FieldFault("access", Words(fault.message("zh"), fault.message("en")))) from fault
    texts = {str(way.mode): normalised_hours(way.opening_hours) if way.opening_hours else None for way in access}
    changes: dict[str, tuple[Any, Any]] = {"access": (fields.present(connection, site_id, "access"), texts)}
    written = fields.present(connection, site_id, "hours_written")
    if written is not None:
        changes["hours_written"] = (written, None)
    changed = _claim(connection, site_id, version, deed, changes)
    fields.write_access(connection, site_id, texts)
    fields.write_columns(connection, site_id, {"hours_written": None})
    return changed


def set_notice(connection: Connection, site_id: UUID, notice: str | None, *, version: int, deed: Deed) -> int:
    """Put up a notice, or take it down; the new version."""
    return _set_texts(connection, site_id, {"notice": notice}, version=version, deed=deed)


def set_contact(
    connection: Connection, site_id: UUID, *, host: str | None, phone: str | None, version: int, deed: Deed
) -> int:
    """Say who owns the premises and which number answers there; the new version."""
    return _set_texts(connection, site_id, {"host": host, "phone": phone}, version=version, deed=deed)


def _set_texts(
    connection: Connection, site_id: UUID, values: Mapping[str, str | None], *, version: int, deed: Deed
) -> int:
    _refuse(fault for field, value in values.items() for fault in _faults_of_text(field, value))
    changes = {field: (fields.present(connection, site_id, field), value) for field, value in values.items()}
    changed = _claim(connection, site_id, version, deed, changes)
    fields.write_columns(connection, site_id, values)
    return changed


def set_located(connection: Connection, site_id: UUID, located: Located, *, version: int, deed: Deed) -> int:
    """Put the place where it is; the new version. The accuracy is kept to a tenth of a metre."""
    _refuse(_faults_of_position(located))
    position = {
        **dataclasses.asdict(located),
        "datum": str(located.datum),
        "accuracy_m": located.accuracy_m and round(located.accuracy_m, 1),
    }
    before = fields.present(connection, site_id, "position")
    changed = _claim(connection, site_id, version, deed, {"position": (before, position)})
    fields.write_position(connection, site_id, position)
    return changed


def except_dated(connection: Connection, site_id: UUID, exception: DatedException, *, version: int, deed: Deed) -> int:
    """Add a dated closing, opening or suspension of the rule; the new version. InputError when it never holds."""
    since = exception.since.replace(second=0, microsecond=0)
    until = exception.until and exception.until.replace(second=0, microsecond=0)
    if until is not None and until <= since:
        raise InputError(FieldFault("until", Words("结束时间应晚于开始时间", "must be later than the beginning")))
    _refuse(_faults_of_text("reason", exception.reason))
    said = fields.dated_said(exception.effect, since, until, exception.reason)
    changed = _claim(connection, site_id, version, deed, {"dated": (None, said)})
    fields.add_dated(connection, site_id, said, when=deed.when)
    return changed


def withdraw_dated(connection: Connection, site_id: UUID, dated_id: UUID, *, version: int, deed: Deed) -> int:
    """Take a dated exception back; the new version. Raises NotFoundError when the place has no such exception."""
    table = models.site_dated
    found = connection.execute(
        select(table.c.effect, table.c.during, table.c.reason).where(table.c.id == dated_id, table.c.site_id == site_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    said = fields.dated_said(found.effect, found.during.lower, found.during.upper, found.reason)
    changed = _claim(connection, site_id, version, deed, {"dated": (said, None)})
    connection.execute(delete(table).where(table.c.id == dated_id))
    fields.gather_dated(connection, site_id)
    return changed


def close(connection: Connection, site_id: UUID, *, on: dt.date, reason: str, version: int, deed: Deed) -> int:
    """Close a place for good; the new version. It is found no more, and its page says why."""
    _refuse(_faults_of_text("reason", reason))
    changes = {"status": ("active", "closed"), "reason": (None, reason), "closed_on": (None, on.isoformat())}
    changed = _claim(connection, site_id, version, deed, changes, action="closed")
    fields.write_columns(connection, site_id, {"status": "closed", "closed_on": on, "closed_reason": reason})
    return changed


# ── what is said of a place, at whatever version: two who say so at once do not fail each other ──


def confirm(connection: Connection, site_id: UUID, *, deed: Deed) -> int:
    """Somebody responsible says that the row is true, which settles reports against it; the new version."""
    table = models.site
    was = _locked(connection, site_id, table.c.confirmed_at, table.c.conflicting_since)
    changes: dict[str, tuple[Any, Any]] = {"confirmed_at": (_said(was.confirmed_at), _said(deed.when))}
    if was.conflicting_since is not None:
        changes["conflicting_since"] = (_said(was.conflicting_since), None)
    changed = _claim(connection, site_id, None, deed, changes, action="confirmed")
    fields.write_columns(connection, site_id, {"confirmed_at": deed.when, "conflicting_since": None})
    return changed


def set_conflicting(connection: Connection, site_id: UUID, since: dt.datetime | None, *, deed: Deed) -> bool:
    """Say since when reports speak against the hours, or with None that none do; whether that was new.

    While they do, further ones change nothing: since when they do stays.
    """
    was = _locked(connection, site_id, models.site.c.conflicting_since).conflicting_since
    if (was is None) == (since is None):
        return False
    changes = {"conflicting_since": (_said(was), _said(since))}
    _claim(connection, site_id, None, deed, changes, action="settled" if since is None else "conflicting")
    fields.write_columns(connection, site_id, {"conflicting_since": since})
    return True


def still_shut(connection: Connection, site_id: UUID, dated_id: UUID, *, deed: Deed) -> int:
    """Say that a closing until further notice holds on, so that it is asked about again later; the new version.

    Raises NotFoundError when the place has no such closing.
    """
    _locked(connection, site_id)
    table = models.site_dated
    mine = (table.c.id == dated_id, table.c.site_id == site_id, table.c.ask_again_on.is_not(None))
    was = connection.scalar(select(table.c.ask_again_on).where(*mine))
    if was is None:
        raise NotFoundError
    now = fields.asking_on(deed.when)
    changes = {"ask_again_on": (was.isoformat(), now.isoformat())}
    changed = _claim(connection, site_id, None, deed, changes, action="still_shut")
    connection.execute(update(table).where(*mine).values(ask_again_on=now))
    return changed


def _said(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(hours.CHINA).isoformat()


# ── taking a change back ──


def revert(
    connection: Connection, site_id: UUID, change_id: int, *, version: int, words: Vocabulary, deed: Deed
) -> int:
    """Make the fields of one change what they were before it; the new version.

    Raises InputError when it is no change that can be taken back, ConflictError when one of its fields has changed
    since: `now` holds for each such field what stands and what would have stood.
    """
    _locked(connection, site_id)
    change = queries.change(connection, site_id, change_id)
    if not change.is_revertible:
        raise InputError(FieldFault("change", Words("这一条不能撤回", "is none that can be taken back")))
    # An amenity that goes takes its expiry date with it.
    goes = {
        f"{fields.EXPIRY}{field.removeprefix(fields.AMENITY)}": (None, None)
        for field, (was, _) in change.changes.items()
        if field.startswith(fields.AMENITY) and was is None
    }
    stand = {
        field: (fields.present(connection, site_id, field, was if now is None else now), now, was)
        for field, (was, now) in {**goes, **change.changes}.items()
    }
    overtaken = {field: {"now": held, "then": was} for field, (held, now, was) in stand.items() if held != now}
    if overtaken:
        raise _conflict(connection, site_id, fields=overtaken)
    changes = {field: (now, was) for field, (was, now) in change.changes.items()}
    status = changes.get("status", ("active",))[0]
    changed = _claim(connection, site_id, version, deed, changes, action="reverted", status=status, reverts=change_id)
    fields.write(connection, site_id, changes, words=words, when=deed.when)
    return changed


def _locked(connection: Connection, site_id: UUID, *columns: ColumnElement[Any]) -> Row[Any]:
    """The columns of the place, its row locked; NotFoundError when there is no such place."""
    table = models.site
    found = connection.execute(select(table.c.id, *columns).where(table.c.id == site_id).with_for_update())
    row = found.one_or_none()
    if row is None:
        raise NotFoundError
    return row


def _claim(
    connection: Connection,
    site_id: UUID,
    version: int | None,
    deed: Deed,
    changes: Mapping[str, tuple[Any, Any]],
    *,
    action: str = "changed",
    status: str = "active",
    reverts: int | None = None,
) -> int:
    """Take the next version of the place for this deed and record it; `version` None: whichever it is at.

    Raises NotFoundError when there is no such place, ConflictError when it is not at `version` or not of `status`.
    """
    table = models.site
    mine = [table.c.id == site_id, table.c.status == status]
    if version is not None:
        mine.append(table.c.version == version)
    claimed = connection.execute(
        update(table)
        .where(*mine)
        .values(version=table.c.version + 1, changed_at=deed.when)
        .returning(table.c.version, func.ST_X(table.c.position), func.ST_Y(table.c.position))
    ).one_or_none()
    if claimed is None:
        raise _conflict(connection, site_id)
    number, lon, lat = claimed
    _, moved = changes.get("position", (None, None))
    connection.execute(
        insert(models.site_history).values(
            site_id=site_id,
            version=number,
            at=deed.when,
            actor=deed.who,
            action=action,
            changes={field: list(each) for field, each in changes.items()},
            touched=_touched((lon, lat), *([(moved["lon"], moved["lat"])] if moved else [])),
            reverts=reverts,
        )
    )
    return int(number)


def _conflict(connection: Connection, site_id: UUID, **further: object) -> ConflictError:
    """What stands now, for who wanted to change something else; NotFoundError when there is no such place."""
    table = models.site
    rows = connection.execute(select(table.c.version, table.c.changed_at).where(table.c.id == site_id))
    stands = rows.mappings().one_or_none()
    if stands is None:
        raise NotFoundError
    last = queries.history(connection, site_id, before=None, limit=1)
    return ConflictError(now={**stands, "last_change": dataclasses.asdict(last[0]) if last else None, **further})


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

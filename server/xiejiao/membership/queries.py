"""Reads of applications, members and their history; what is sealed is opened here, for whom the transaction acts."""

import base64
import binascii
import datetime as dt
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from xiejiao.accounts import queries as accounts
from xiejiao.errors import FieldFault, InputError, NotFoundError
from xiejiao.language import Words
from xiejiao.membership import files, rules
from xiejiao.membership.chain import Link
from xiejiao.membership.rules import (
    Application,
    By,
    Candidate,
    Event,
    Figure,
    Match,
    MatchKind,
    Membership,
    MembershipStatus,
    Personal,
    Reason,
    Signature,
    Standing,
    Status,
    Union,
    What,
)
from xiejiao.membership.rules import Row as Queued
from xiejiao.organisations import queries as organisations
from xiejiao.organisations.rules import Recipient
from xiejiao.roles import Caller, Permission, Scope
from xiejiao.sealed import Keys


def act_as_installation(connection: Connection) -> None:
    """Act for nobody and everywhere, as in what is done by itself."""
    accounts.act(connection, None, Scope(everywhere=True))


# ── one application ──

_APPLICATION = (
    "SELECT application.id, number, account_id, assisted_by, application.organisation_id,"
    " organisation.name AS organisation, application.path::text AS path, approval_levels, trade,"
    " site.code AS site_code, at_station, application.status, above, application.version, held, submitted_at,"
    " due_on, overdue_at, decided_at, decided_by, looked_again_at, application.ended_at, assigned_to, consent_version,"
    " application.form, wrapped"
    " FROM application JOIN organisation ON organisation.id = application.organisation_id"
    " LEFT JOIN site ON site.id = application.site_id LEFT JOIN file_key ON file = application.id"
)
_WITHIN = "application.path <@ CAST(CAST(:paths AS text[]) AS ltree[])"
_OWN = text(f"{_APPLICATION} WHERE application.id = :id AND account_id = :account")
_OWN_LOCKED = text(f"{_APPLICATION} WHERE application.id = :id AND account_id = :account FOR UPDATE OF application")
_ALL_OWN = text(f"{_APPLICATION} WHERE account_id = :account ORDER BY submitted_at DESC, application.id LIMIT 100")
_REACHED = text(f"{_APPLICATION} WHERE application.id = :id AND {_WITHIN}")
_REACHED_LOCKED = text(f"{_APPLICATION} WHERE application.id = :id AND {_WITHIN} FOR UPDATE OF application")
_DECIDED = "application.id = :id AND decided_by = :account AND decided_at > :since"
_LATELY = text(f"{_APPLICATION} WHERE {_DECIDED}")
_LATELY_LOCKED = text(f"{_APPLICATION} WHERE {_DECIDED} FOR UPDATE OF application")
_ANY_LOCKED = text(f"{_APPLICATION} WHERE application.id = :id FOR UPDATE OF application")


def own(connection: Connection, keys: Keys, account: UUID, identity: UUID) -> Application:
    """An application of the account that acts; NotFoundError for any other."""
    return _one(connection, keys, _OWN, {"id": identity, "account": account})


def own_to_change(connection: Connection, keys: Keys, account: UUID, identity: UUID) -> Application:
    """As above, its row locked."""
    return _one(connection, keys, _OWN_LOCKED, {"id": identity, "account": account})


def own_applications(connection: Connection, keys: Keys, account: UUID) -> tuple[Application, ...]:
    """The applications of the account that acts, the latest first."""
    return tuple(_application(connection, keys, row) for row in connection.execute(_ALL_OWN, {"account": account}))


def for_review(connection: Connection, keys: Keys, who: Caller, identity: UUID, *, now: dt.datetime) -> Application:
    """An application within reach of who reads, or that they moved out of it within the last ten minutes.

    Acts as them. NotFoundError for any other.
    """
    scope = who.scope(Permission.APPLICATIONS_READ)
    accounts.act(connection, who.account, scope)
    try:
        return _one(connection, keys, _REACHED, {"id": identity, "paths": list(scope.paths)})
    except NotFoundError:
        return _lately(connection, keys, _LATELY, who, identity, now=now)


def to_decide(connection: Connection, keys: Keys, who: Caller, identity: UUID) -> Application:
    """An application within reach of who decides, its row locked; acts as them. NotFoundError for any other."""
    scope = who.scope(Permission.APPLICATIONS_DECIDE)
    accounts.act(connection, who.account, scope)
    return _one(connection, keys, _REACHED_LOCKED, {"id": identity, "paths": list(scope.paths)})


def to_undo(connection: Connection, keys: Keys, who: Caller, identity: UUID, *, now: dt.datetime) -> Application:
    """An application that the caller decided within the last ten minutes, wherever it is now; its row locked."""
    return _lately(connection, keys, _LATELY_LOCKED, who, identity, now=now)


def _lately(
    connection: Connection, keys: Keys, statement: TextClause, who: Caller, identity: UUID, *, now: dt.datetime
) -> Application:
    # Moved to a union outside their reach, it would be gone for who moved it by mistake.
    accounts.act(connection, who.account, Scope(everywhere=True))
    since = now - rules.UNDO_WITHIN
    return _one(connection, keys, statement, {"id": identity, "account": who.account, "since": since})


def to_settle(connection: Connection, keys: Keys, identity: UUID) -> Application:
    """An application, its row locked, for what the installation does by itself."""
    return _one(connection, keys, _ANY_LOCKED, {"id": identity})


def _one(connection: Connection, keys: Keys, statement: TextClause, values: Mapping[str, object]) -> Application:
    row = connection.execute(statement, values).one_or_none()
    if row is None:
        raise NotFoundError
    return _application(connection, keys, row)


def _application(connection: Connection, keys: Keys, row: Row[tuple[object, ...]]) -> Application:
    key = _opened_key(keys, row.id, row.wrapped)
    return Application(
        id=row.id,
        number=row.number,
        account=row.account_id,
        assisted_by=row.assisted_by,
        union=Union(row.organisation_id, row.organisation),
        path=row.path,
        levels=row.approval_levels,
        trade=row.trade,
        site_code=row.site_code,
        at_station=row.at_station,
        standing=Standing(Status(row.status), row.above),
        version=row.version,
        held=row.held,
        submitted_at=row.submitted_at,
        due_on=row.due_on,
        overdue_at=row.overdue_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        looked_again_at=row.looked_again_at,
        ended_at=row.ended_at,
        assigned_to=row.assigned_to,
        consent_version=row.consent_version,
        personal=_personal(key, "application", row.id, row.form),
        events=_events(connection, key, row.id),
    )


def _opened_key(keys: Keys, file: UUID, wrapped: bytes | None) -> bytes | None:
    """The key of a file; None once it was destroyed, or left out of a backup."""
    return None if wrapped is None else keys.unwrap(wrapped, files.owner(file))


def _personal(key: bytes | None, table: str, file: UUID, form: bytes | None) -> Personal | None:
    return None if key is None or form is None else files.personal(key, table, file, form)


_EVENTS = text(
    "SELECT id, at, what, by_role, account_id, reason, words FROM membership_event WHERE application_id = :id"
    " ORDER BY id"
)


def _events(connection: Connection, key: bytes | None, application: UUID) -> tuple[Event, ...]:
    return tuple(
        Event(
            row.id,
            row.at,
            What(row.what),
            By(row.by_role),
            row.account_id,
            row.reason,
            files.words(key, row.id, row.words) if key and row.words else None,
        )
        for row in connection.execute(_EVENTS, {"id": application})
    )


_FILE_KEY = text("SELECT wrapped FROM file_key WHERE file = :file")


def file_key(connection: Connection, keys: Keys, file: UUID) -> bytes | None:
    """The data key of a file of whoever acts; None once it was destroyed."""
    return _opened_key(keys, file, connection.scalar(_FILE_KEY, {"file": file}))


_WHOLE = text(
    "SELECT application.id_number, signature, wrapped FROM application LEFT JOIN file_key ON file = id WHERE id = :id"
)


def whole(connection: Connection, keys: Keys, identity: UUID) -> dict[str, object]:
    """The whole ID number and the signature of an application of whoever acts; None each once erased."""
    row = connection.execute(_WHOLE, {"id": identity}).one_or_none()
    key = None if row is None else _opened_key(keys, identity, row.wrapped)
    if row is None or key is None or row.id_number is None:
        return {"id_number": None, "signature": None}
    return {
        "id_number": files.id_number(key, "application", identity, row.id_number),
        "signature": files.opened_signature(key, identity, row.signature),
    }


def id_number(connection: Connection, keys: Keys, identity: UUID) -> str:
    """The whole ID number of an application within reach of whoever acts; NotFoundError once it was erased."""
    found = whole(connection, keys, identity)["id_number"]
    if not isinstance(found, str):
        raise NotFoundError
    return found


_SIGNATURE = text("SELECT signature, wrapped FROM application LEFT JOIN file_key ON file = id WHERE id = :id")


def signature(connection: Connection, keys: Keys, identity: UUID) -> Signature | None:
    """The signature under an application within reach of whoever acts; None once it was erased."""
    row = connection.execute(_SIGNATURE, {"id": identity}).one_or_none()
    key = None if row is None else _opened_key(keys, identity, row.wrapped)
    return None if row is None or key is None else files.opened_signature(key, identity, row.signature)


_MATCHES = text(
    "SELECT kind, matches_of.id, number, organisation_id, organisation.name AS organisation,"
    " matches_of.path::text AS path, status, since, same_id_number, same_phone, alike"
    " FROM matches_of(:id) JOIN organisation ON organisation.id = organisation_id"
)


def matches(connection: Connection, identity: UUID, scope: Scope) -> tuple[Match, ...]:
    """Likely duplicates of an application within reach of whoever acts, wherever they are, the likeliest first."""
    return tuple(
        Match(
            MatchKind(row.kind),
            row.id,
            row.number,
            Union(row.organisation_id, row.organisation),
            row.status,
            row.since,
            row.same_id_number,
            row.same_phone,
            row.alike,
            scope.holds_for(row.path),
        )
        for row in connection.execute(_MATCHES, {"id": identity})
    )


# ── the form ──


def against(connection: Connection, organisation: UUID, *, today: dt.date) -> Words | None:
    """What speaks against applying to a union; None when it takes applications."""
    found = organisations.recipient(connection, organisation, today=today)
    if found is None:
        return Words("没有这个工会，请另选", "is no union: choose another")
    if not found.takes:
        return Words("该工会现在不受理入会申请，请另选", "takes no applications now: choose another")
    return None


def recipient(connection: Connection, organisation: UUID, now: dt.datetime) -> Recipient:
    """The union that an application names; InputError when it takes none (any more)."""
    today = rules.day(now)
    found = organisations.recipient(connection, organisation, today=today)
    words = against(connection, organisation, today=today)
    if words is not None or found is None:
        raise InputError(FieldFault("organisation", words or Words("没有这个工会", "is no union")))
    return found


_SITE = text("SELECT id FROM site WHERE code = :code")
_AT_POSTER = text(
    "SELECT EXISTS (SELECT FROM poster_key WHERE site_id = :site AND digest = :digest AND replaced_at IS NULL)"
)


def site(connection: Connection, code: str | None) -> UUID | None:
    """The id of the place with a normalised code; None when there is none."""
    found: UUID | None = connection.scalar(_SITE, {"code": code})
    return found


def at_poster(connection: Connection, place: UUID, digest: bytes) -> bool:
    """Whether a key with this digest is that of the poster which hangs at a place now."""
    return bool(connection.scalar(_AT_POSTER, {"site": place, "digest": digest}))


# ── the queue ──


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: a number, or the digests of the last four of an ID and of a mobile number."""

    number: str | None = None
    id_tail: bytes | None = None
    phone_tail: bytes | None = None


_RECEIPT = re.compile(r"A\d{10}[\dX]", re.ASCII)
_MEMBER = re.compile(r"M\d{10}[\dX]", re.ASCII)
_TAIL = re.compile(r"\d{3}[\dX]", re.ASCII)


def sought(keys: Keys, q: str | None) -> Sought | None:
    """What was typed to look for; InputError when it is none of what can be looked for."""
    if q is None:
        return None
    typed = re.sub(r"[\s*-]+", "", unicodedata.normalize("NFKC", q)).upper()
    if _RECEIPT.fullmatch(typed) or _MEMBER.fullmatch(typed):
        return Sought(number=typed)
    if _TAIL.fullmatch(typed):
        return Sought(None, files.tail(keys, "identity number", typed), files.tail(keys, "phone", typed))
    raise InputError(
        FieldFault(
            "q",
            Words(
                "请输入受理号、会员号，或证件号、手机号的后四位；不要输入完整号码",
                "give a receipt or member number, or the last four of an ID or mobile number; no whole number",
            ),
        )
    )


def assigned(said: str | None, account: UUID) -> UUID | str | None:
    """To whom: an account, `nobody`, or None for anybody; InputError for anything else."""
    if said in {None, "nobody"}:
        return said
    try:
        return account if said == "me" else UUID(said)
    except ValueError:
        words = Words("应为 me、nobody 或账号 ID", "must be `me`, `nobody` or the id of an account")
        raise InputError(FieldFault("assigned", words)) from None


Cursor = tuple[bool, dt.datetime, UUID]


def cursor(said: str | None) -> Cursor | None:
    """Where the page before ended; InputError for what is no cursor."""
    if said is None:
        return None
    try:
        in_time, at_s, identity = json.loads(base64.urlsafe_b64decode(said))
        return bool(in_time), dt.datetime.fromtimestamp(at_s, dt.UTC), UUID(identity)
    except (ValueError, TypeError, AttributeError, OverflowError, OSError, binascii.Error):
        raise InputError(FieldFault("cursor", Words("请从第一页重新开始", "is none: begin anew"))) from None


def cursor_after(row: Queued) -> str:
    """Where a page that ends with `row` ends."""
    said = json.dumps([not row.overdue, row.submitted_at.timestamp(), str(row.id)])
    return base64.urlsafe_b64encode(said.encode()).decode()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications of the queue."""

    status: Status | None = None
    overdue: bool = False
    trade: str | None = None
    organisation: UUID | None = None
    assigned: UUID | str | None = None
    sought: Sought | None = None
    after: Cursor | None = None


_BENEATH = (
    "application.organisation_id = ANY(ARRAY(SELECT id FROM organisation"
    " WHERE organisation.path <@ CAST(CAST(:paths AS text[]) AS ltree[])))"
)
_PARTS = {
    "waiting": "application.status IN ('submitted', 'approved_basic')",
    "status": "application.status = :status",
    "overdue": "overdue_at IS NOT NULL",
    "trade": "trade = :trade",
    "organisation": "application.path <@ (SELECT path FROM organisation WHERE id = :organisation)",
    "assigned": "assigned_to = :assigned",
    "nobody": "assigned_to IS NULL",
    "number": "(number = :number OR application.id IN (SELECT application_id FROM membership WHERE number = :number))",
    "tail": "(id_tail_digest = :id_tail OR phone_tail_digest = :phone_tail)",
    "after": "((overdue_at IS NULL), submitted_at, application.id) > (:in_time, CAST(:at AS timestamptz), :id)",
}
_ROW = (
    "SELECT application.id, number, organisation_id, trade, status, above, version, held,"
    " assisted_by IS NOT NULL AS assisted, submitted_at, due_on, overdue_at IS NOT NULL AS overdue, assigned_to, form"
    " FROM application"
)
_OF_PAGE = (
    "SELECT page.*, organisation.name AS organisation, wrapped"
    " FROM page JOIN organisation ON organisation.id = organisation_id LEFT JOIN file_key ON file = page.id"
    " ORDER BY (NOT overdue), submitted_at, page.id"
)


@cache
def _page(parts: tuple[str, ...]) -> TextClause:
    where = " AND ".join([_BENEATH, *(_PARTS[part] for part in parts)])
    # The page first, and only then the keys of its files.
    return text(
        f"WITH page AS MATERIALIZED ({_ROW} WHERE {where}"
        f" ORDER BY (overdue_at IS NULL), submitted_at, application.id LIMIT :limit) {_OF_PAGE}"
    )


def queue(connection: Connection, keys: Keys, scope: Scope, wanted: Wanted, *, limit: int) -> tuple[Queued, ...]:
    """Applications within `scope`, for which the transaction acts: overdue and oldest first."""
    values = {"paths": list(scope.paths), "limit": limit}
    parts = _conditions(wanted, values)
    return tuple(
        Queued(
            row.id,
            row.number,
            Union(row.organisation_id, row.organisation),
            row.trade,
            Standing(Status(row.status), row.above),
            row.version,
            row.held,
            row.assisted,
            row.submitted_at,
            row.due_on,
            row.overdue,
            row.assigned_to,
            _personal(_opened_key(keys, row.id, row.wrapped), "application", row.id, row.form),
        )
        for row in connection.execute(_page(parts), values)
    )


def _conditions(wanted: Wanted, values: dict[str, object]) -> tuple[str, ...]:
    parts = []
    if wanted.status is not None:
        parts.append("status")
        values["status"] = wanted.status
    elif wanted.sought is None:
        parts.append("waiting")
    if wanted.overdue:
        parts.append("overdue")
    for name, value in (("trade", wanted.trade), ("organisation", wanted.organisation)):
        if value is not None:
            parts.append(name)
            values[name] = value
    if wanted.assigned is not None:
        parts.append("nobody" if wanted.assigned == "nobody" else "assigned")
        values["assigned"] = wanted.assigned
    if wanted.sought is not None:
        parts.append("number" if wanted.sought.number else "tail")
        values |= {
            "number": wanted.sought.number,
            "id_tail": wanted.sought.id_tail,
            "phone_tail": wanted.sought.phone_tail,
        }
    if wanted.after is not None:
        parts.append("after")
        values |= dict(zip(("in_time", "at", "id"), wanted.after, strict=True))
    return tuple(parts)


_COUNTED = (
    "SELECT count(*) FILTER (WHERE status = 'submitted') AS submitted,"
    " count(*) FILTER (WHERE status = 'returned') AS returned,"
    " count(*) FILTER (WHERE status = 'approved_basic') AS approved_basic,"
    " count(*) FILTER (WHERE overdue_at IS NOT NULL) AS overdue"
    " FROM application WHERE status IN ('submitted', 'returned', 'approved_basic')"
)
_COUNTS = text(f"{_COUNTED} AND {_BENEATH}")


def counts(connection: Connection, scope: Scope) -> dict[str, int]:
    """How many applications within `scope` wait for whom."""
    return dict(connection.execute(_COUNTS, {"paths": list(scope.paths)}).mappings().one())


# ── figures ──

_MEASURES = (
    " count(*) FILTER (WHERE status IN ('submitted', 'approved_basic')) AS waiting,"
    " count(*) FILTER (WHERE first_decided_at >= :since) AS decided,"
    " percentile_cont(0.5) WITHIN GROUP (ORDER BY took_h) FILTER (WHERE first_decided_at >= :since) AS median_h,"
    " percentile_cont(0.9) WITHIN GROUP (ORDER BY took_h) FILTER (WHERE first_decided_at >= :since) AS p90_h,"
    " coalesce(sum(returns) FILTER (WHERE first_decided_at >= :since), 0) AS returned"
)
_MEASURED = (
    " FROM application CROSS JOIN LATERAL ("
    "  SELECT extract(epoch FROM first_decided_at - submitted_at) / 3600 AS took_h) AS measured"
    " LEFT JOIN (SELECT application_id, count(*) AS returns FROM membership_event WHERE what = 'return'"
    "  AND at >= :since GROUP BY application_id) AS returned ON returned.application_id = application.id"
    " JOIN organisation ON organisation.id = organisation_id"
    " WHERE (status IN ('submitted', 'approved_basic') OR first_decided_at >= :since)"
)
_FIGURES = text(
    f"SELECT organisation_id, organisation.name AS organisation, trade, {_MEASURES} {_MEASURED} AND {_BENEATH}"
    " GROUP BY organisation_id, organisation.name, trade ORDER BY waiting DESC, decided DESC, organisation.name, trade"
    " LIMIT 500"
)
_FIGURE_OF_ALL = text(f"SELECT {_MEASURES} {_MEASURED} AND {_BENEATH}")


def figures(connection: Connection, scope: Scope, *, since: dt.datetime) -> tuple[Figure, ...]:
    """How long first decisions since then took, by union and trade within `scope`; those with most waiting first."""
    rows = connection.execute(_FIGURES, {"paths": list(scope.paths), "since": since})
    return tuple(_figure(Union(row.organisation_id, row.organisation), row.trade, row) for row in rows)


def figure_of_all(connection: Connection, scope: Scope, *, since: dt.datetime) -> Figure:
    """The same of all together."""
    row = connection.execute(_FIGURE_OF_ALL, {"paths": list(scope.paths), "since": since}).one()
    return _figure(None, None, row)


def _figure(union: Union | None, trade: str | None, row: Row[tuple[object, ...]]) -> Figure:
    return Figure(union, trade, row.waiting, row.decided, _tenths(row.median_h), _tenths(row.p90_h), int(row.returned))


def _tenths(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)


_REASONS = (
    "SELECT reason, count(*) FROM membership_event JOIN application ON application.id = application_id"
    " WHERE what = 'return' AND at >= :since"
)
_RETURNED = text(f"{_REASONS} AND {_BENEATH} GROUP BY reason ORDER BY count(*) DESC, reason")


def returned(connection: Connection, scope: Scope, *, since: dt.datetime) -> dict[Reason, int]:
    """How often forms were returned since then, by reason, the commonest first."""
    rows = connection.execute(_RETURNED, {"paths": list(scope.paths), "since": since})
    return {Reason(reason): times for reason, times in rows}


# ── members ──

_MEMBERSHIP = (
    "SELECT membership.id, number, organisation_id, organisation.name AS organisation, trade, status, since, until,"
    " form, membership.id_number, wrapped FROM membership"
    " JOIN organisation ON organisation.id = organisation_id LEFT JOIN file_key ON file = membership.id"
)
_OWN_MEMBERSHIPS = text(f"{_MEMBERSHIP} WHERE account_id = :account ORDER BY since DESC, membership.id LIMIT 100")
_MEMBER_ID = text(f"{_MEMBERSHIP} WHERE membership.id = :id")


def own_memberships(connection: Connection, keys: Keys, account: UUID) -> tuple[Membership, ...]:
    """The memberships of the account that acts, the latest first."""
    found = []
    for row in connection.execute(_OWN_MEMBERSHIPS, {"account": account}):
        personal = _personal(_opened_key(keys, row.id, row.wrapped), "membership", row.id, row.form)
        found.append(
            Membership(
                row.id,
                row.number,
                Union(row.organisation_id, row.organisation),
                row.trade,
                MembershipStatus(row.status),
                personal.name if personal else None,
                row.since,
                row.until,
            )
        )
    return tuple(found)


def member_id_number(connection: Connection, keys: Keys, identity: UUID) -> str | None:
    """The whole ID number of a member of whoever acts; None once it was erased."""
    row = connection.execute(_MEMBER_ID, {"id": identity}).one_or_none()
    key = None if row is None else _opened_key(keys, identity, row.wrapped)
    if row is None or key is None or row.id_number is None:
        return None
    return files.id_number(key, "membership", identity, row.id_number)


# ── which union ──


@dataclass(frozen=True, slots=True)
class Candidates:
    """Unions to which an application may go; `base` and `poster` are paths from which they are looked at."""

    candidates: tuple[Candidate, ...]
    base: str | None
    poster: str | None


_POSTER = text(
    "SELECT organisation.path::text FROM site JOIN organisation ON organisation.id = organisation_id"
    " WHERE site.code = :code"
)
# The county; where it is not known its city, else its province. A town has the code of its county.
_BASE = text(
    "SELECT path::text FROM organisation WHERE division_code IN (:county, :city, :province)"
    " ORDER BY division_code = :county DESC, division_code = :city DESC, nlevel(path), path LIMIT 1"
)
_CANDIDATES = text(
    "SELECT id, name, level, contact, path::text AS path, trades FROM organisation"
    " WHERE accepts_applications AND coalesce(closed_on > :today, true) AND (path @> CAST(:base AS ltree)"
    " OR ((level = 'pool' OR trades @> ARRAY[CAST(:trade AS text)])"
    "  AND nlevel(path) > 1 AND subpath(path, 0, -1) @> CAST(:base AS ltree)))"
)


def candidates(
    connection: Connection, *, site: str | None, division: str | None, trade: str | None, today: dt.date
) -> Candidates:
    """The unions that could take an application, by the code of a poster, of a county, and the trade."""
    poster: str | None = connection.scalar(_POSTER, {"code": site}) if site else None
    base = poster
    if base is None and division:
        codes = {"county": division, "city": f"{division[:4]}00", "province": f"{division[:2]}0000"}
        base = connection.scalar(_BASE, codes)
    if base is None:
        return Candidates((), None, None)
    rows = connection.execute(_CANDIDATES, {"base": base, "trade": trade, "today": today})
    found = tuple(Candidate(row.id, row.name, row.level, row.contact, row.path, tuple(row.trades)) for row in rows)
    return Candidates(found, base, poster)


# ── the history ──

_AT_A_TIME = 5_000
_LINKS = text(
    "SELECT id, application_id, membership_id, version, at, account_id, by_role, what, reason, words, details, mac"
    " FROM membership_event WHERE id > :after ORDER BY id LIMIT :limit"
)


def history(connection: Connection) -> Iterator[tuple[Link, bytes]]:
    """The rows of the history with their macs, in order, read part by part; the owner sees all."""
    after: int | None = 0
    while after is not None:
        rows = connection.execute(_LINKS, {"after": after, "limit": _AT_A_TIME}).all()
        yield from (
            (
                Link(
                    row.id,
                    row.application_id,
                    row.membership_id,
                    row.version,
                    row.at,
                    row.account_id,
                    row.by_role,
                    row.what,
                    row.reason,
                    row.words,
                    row.details,
                ),
                row.mac,
            )
            for row in rows
        )
        after = rows[-1].id if rows else None

"""Writes for keeping places true: rounds, votes, tasks, photos, poster keys. None commits."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from xiejiao.accounts import proofs
from xiejiao.errors import ConflictError, FieldFault, InputError, NotFoundError, TooManyError
from xiejiao.hours import Calendar
from xiejiao.language import Words
from xiejiao.quotas import commands as quotas
from xiejiao.quotas.rules import Quota
from xiejiao.roles import Scope
from xiejiao.sites import commands as sites
from xiejiao.sites.commands import Deed
from xiejiao.upkeep import queries, rules
from xiejiao.upkeep.photo import Photo
from xiejiao.upkeep.rules import Round, Says, Task

Draw = Callable[[int], bytes]
KEY_BYTES = 8
"""A poster's key has 64 bits: short enough for a code that a cheap camera reads from two metres."""
CROWD = "reports"
"""Who did it, in the history, where no single person did."""
CLOCK = "clock"

# ── posters ──

_REPLACE_KEY = text("UPDATE poster_key SET replaced_at = :now WHERE site_id = :site AND replaced_at IS NULL")
_ADD_KEY = text("INSERT INTO poster_key (digest, site_id, made_at, made_by) VALUES (:digest, :site, :now, :by)")
_PRESENT_KEY = text(
    "SELECT EXISTS (SELECT FROM poster_key WHERE site_id = :site AND digest = :digest AND replaced_at IS NULL)"
)


def new_poster_key(connection: Connection, site: UUID, *, deed: Deed, draw: Draw) -> str:
    """The key of a poster that is printed now; those printed before open the page and prove nothing any more."""
    key = proofs.token(draw(KEY_BYTES))
    connection.execute(_REPLACE_KEY, {"site": site, "now": deed.when})
    connection.execute(_ADD_KEY, {"digest": proofs.digest(key), "site": site, "now": deed.when, "by": deed.who})
    return key


# ── devices ──

_ADD_DEVICE = text("INSERT INTO device (digest, issued_at) VALUES (:digest, :now)")
_DEVICE = text("SELECT id FROM device WHERE digest = :digest")


def add_device(connection: Connection, *, network: str, now: dt.datetime, draw: Draw) -> str:
    """A token for a phone that may vote one day; `network` is a keyed digest. Raises TooManyError."""
    _spend(connection, [(rules.DEVICES_OF_A_NETWORK, network)], now)
    token = proofs.token(draw(proofs.TOKEN_BYTES))
    connection.execute(_ADD_DEVICE, {"digest": proofs.digest(token), "now": now})
    return token


def _spend(connection: Connection, asked: list[tuple[Quota, str]], now: dt.datetime) -> None:
    wait = quotas.spend(connection, asked, now=now)
    if wait is not None:
        raise TooManyError(wait)


_FORGET_VOTES = text(
    "DELETE FROM vote WHERE id IN (SELECT vote.id FROM vote LEFT JOIN task ON task.id = task_id WHERE at < :before"
    " AND (task.id IS NULL OR closed_at < :before) ORDER BY at LIMIT :most)"
)
_FORGET_DEVICES = text(
    "DELETE FROM device WHERE id IN (SELECT id FROM device WHERE issued_at < :before"
    " AND NOT EXISTS (SELECT FROM vote WHERE device_id = device.id) ORDER BY issued_at LIMIT :most)"
)
_AT_A_TIME = 1_000


def forget(connection: Connection, *, now: dt.datetime) -> None:
    """Forget votes of long ago whose task is closed as long, and phones that said nothing since; a part at a time."""
    old = {"before": now - rules.VOTE_KEPT_FOR, "most": _AT_A_TIME}
    for each in (_FORGET_VOTES, _FORGET_DEVICES):
        connection.execute(each, old)


# ── votes ──


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote as it is cast; `network` is a keyed digest, `key` what the poster's code carried."""

    site: UUID
    says: Says
    amenity: str | None
    device: str
    account: UUID | None
    network: str
    key: str | None
    near: bool
    posted_open: bool


_LOCK_SITE = text("SELECT status = 'active' FROM site WHERE id = :site FOR UPDATE")
_HAS_AMENITY = text("SELECT EXISTS (SELECT FROM site_amenity WHERE site_id = :site AND amenity = :amenity)")
_ELSEWHERE = text("SELECT max(at) FROM vote WHERE device_id = :device AND site_id <> :site AND at > :since")
_ADD_VOTE = text(
    "INSERT INTO vote (site_id, says, amenity, at, device_id, account_id, network, keyed, near, posted_open,"
    " link_digest) VALUES (:site, :says, :amenity, :now, :device, :account, :network, :keyed, :near,"
    " :posted_open, :link)"
)


def vote(connection: Connection, ballot: Ballot, *, link: bytes, calendar: Calendar, now: dt.datetime) -> None:
    """Take a vote; `link` is the digest of the token behind which its caster sees what becomes of it.

    Two independent votes that the place is shut, while the posted hours say open, make it conflicting and open a task;
    two that something is broken or that the place is not there open one. Raises NotFoundError, InputError for an
    amenity that the place has not, TooManyError.
    """
    digest = proofs.digest(ballot.device)
    asked = [
        (rules.VOTES_OF_A_NETWORK, ballot.network),
        (rules.VOTES_OF_A_DEVICE, digest.hex()),
    ]
    _spend(connection, asked, now)
    device = connection.scalar(_DEVICE, {"digest": digest})
    if device is None:
        raise InputError(FieldFault("device", Words("没有这台设备的凭据", "is no device that was given a token")))
    # The place is locked first, so that of votes at once each sees those before it.
    if not connection.scalar(_LOCK_SITE, {"site": ballot.site}):
        raise NotFoundError
    if ballot.amenity is not None and not connection.scalar(
        _HAS_AMENITY, {"site": ballot.site, "amenity": ballot.amenity}
    ):
        raise InputError(FieldFault("amenity", Words("这里没有登记这项设施", "is not listed at this place")))
    since = now - rules.PLACE_OF_A_DEVICE
    elsewhere = connection.scalar(_ELSEWHERE, {"device": device, "site": ballot.site, "since": since})
    if elsewhere is not None:
        raise TooManyError(elsewhere + rules.PLACE_OF_A_DEVICE - now)
    keyed = ballot.key is not None and bool(
        connection.scalar(_PRESENT_KEY, {"site": ballot.site, "digest": proofs.digest(ballot.key)})
    )
    values = {
        "site": ballot.site,
        "says": ballot.says,
        "amenity": ballot.amenity,
        "now": now,
        "device": device,
        "account": ballot.account,
        "network": ballot.network,
        "keyed": keyed,
        "near": ballot.near,
        "posted_open": ballot.posted_open,
        "link": link,
    }
    connection.execute(_ADD_VOTE, values)
    _weigh(connection, ballot.site, calendar=calendar, now=now)


def _weigh(connection: Connection, site: UUID, *, calendar: Calendar, now: dt.datetime) -> None:
    """Draw what follows from the votes on a place that count now; its row is locked."""
    cast = queries.votes(connection, site, now=now)
    if rules.believed_shut(cast):
        sites.set_conflicting(connection, site, now, deed=Deed(CROWD, now))
        _open_task(connection, site, Says.SHUT, None, calendar=calendar, now=now)
    elif rules.found_open(cast):
        sites.set_conflicting(connection, site, None, deed=Deed(CROWD, now))
    for says, amenity in sorted({(each.says, each.amenity or "") for each in cast} - _OF_THE_DOOR):
        about = [each for each in cast if (each.says, each.amenity or "") == (says, amenity)]
        if rules.believed(about):
            _open_task(connection, site, says, amenity or None, calendar=calendar, now=now)


_OF_THE_DOOR = {(Says.OPEN, ""), (Says.SHUT, "")}
_RIPENED = text(
    "SELECT DISTINCT site_id FROM vote JOIN device ON device.id = device_id WHERE cleared_at IS NULL AND at > :since"
    " AND issued_at BETWEEN :from AND :until ORDER BY site_id"
)


def weigh_ripened(connection: Connection, *, calendar: Calendar, now: dt.datetime) -> int:
    """Weigh anew the votes of phones whose token has come of age since they were cast; at how many places.

    Who scans a poster for the first time has a token made a moment ago. To be done every minute or so.
    """
    until = now - rules.GROWN_AFTER
    ripened = {"since": now - rules.COUNTED_FOR, "from": until - rules.WEIGHED_WITHIN, "until": until}
    found = connection.execute(_RIPENED, ripened).scalars().all()
    for site in found:
        if connection.scalar(_LOCK_SITE, {"site": site}):
            _weigh(connection, site, calendar=calendar, now=now)
    return len(found)


# ── tasks ──

_OPEN_TASK = text(
    "INSERT INTO task (site_id, says, amenity, opened_at, due_on) VALUES (:site, :says, :amenity, :now, :due)"
    " ON CONFLICT (site_id, says, coalesce(amenity, '')) WHERE closed_at IS NULL DO NOTHING RETURNING id"
)
_TASK_OF_VOTES = text(
    "UPDATE vote SET task_id = task.id FROM task, device WHERE task.site_id = vote.site_id AND task.closed_at IS NULL"
    " AND task.says = vote.says AND task.amenity IS NOT DISTINCT FROM vote.amenity AND vote.site_id = :site"
    " AND vote.task_id IS NULL AND vote.cleared_at IS NULL AND vote.at > :since"
    " AND device.id = vote.device_id AND device.issued_at <= :grown_before"
)
_RECORD = text(
    "INSERT INTO task_history (task_id, at, actor, action, words) VALUES (:task, :now, :actor, :action, :words)"
)


def _record(
    connection: Connection, task: UUID, action: str, *, actor: str, now: dt.datetime, words: str | None = None
) -> None:
    given = {"task": task, "now": now, "actor": actor, "action": action, "words": words}
    connection.execute(_RECORD, given)


def _open_task(
    connection: Connection, site: UUID, says: Says, amenity: str | None, *, calendar: Calendar, now: dt.datetime
) -> None:
    due = rules.due_on(says, now, calendar)
    opened = connection.scalar(_OPEN_TASK, {"site": site, "says": says, "amenity": amenity, "now": now, "due": due})
    since = {"since": now - rules.COUNTED_FOR, "grown_before": now - rules.GROWN_AFTER}
    connection.execute(_TASK_OF_VOTES, {"site": site, **since})
    if opened is not None:
        _record(connection, opened, "opened", actor=CROWD, now=now)


_CLOSE = text("UPDATE task SET closed_at = :now, closed_by = :by, reply = :reply WHERE id = :id AND closed_at IS NULL")


def close_task(connection: Connection, scope: Scope, identity: UUID, reply: str, *, deed: Deed) -> Task:
    """Close a task with a reply to those who reported; what they said counts no more.

    Raises NotFoundError outside `scope`, ConflictError when somebody closed it already.
    """
    # First the place, then what hangs on it: whoever votes at this moment takes the locks in the same order.
    connection.execute(_LOCK_SITE, {"site": queries.task(connection, identity, scope).site})
    found = queries.task_to_close(connection, identity, scope)
    values = {"id": identity, "now": deed.when, "by": deed.who, "reply": reply}
    if connection.execute(_CLOSE, values).rowcount != 1:
        raise ConflictError
    _record(connection, identity, "closed", actor=deed.who, now=deed.when, words=reply)
    _clear(connection, found.site, says=(found.says,), amenity=found.amenity, now=deed.when)
    if found.says is Says.SHUT:
        sites.set_conflicting(connection, found.site, None, deed=deed)
    return queries.task(connection, identity, scope)


_CLEAR = text(
    "UPDATE vote SET cleared_at = :now WHERE site_id = :site AND cleared_at IS NULL AND at <= :now"
    " AND says = ANY(CAST(:says AS text[])) AND (CAST(:amenity AS text) IS NULL OR amenity = :amenity)"
)


def _clear(
    connection: Connection, site: UUID, *, now: dt.datetime, says: tuple[Says, ...], amenity: str | None = None
) -> None:
    values = {"site": site, "now": now, "says": list(map(str, says)), "amenity": amenity}
    connection.execute(_CLEAR, values)


_REOPENED_VOTE = text("UPDATE vote SET reopened_at = :now, task_id = :task WHERE link_digest = :digest")
_TWIN = text(
    "SELECT id FROM task WHERE site_id = :site AND says = :says AND amenity IS NOT DISTINCT FROM :amenity"
    " AND closed_at IS NULL"
)
_REOPEN = text(
    "UPDATE task SET closed_at = NULL, closed_by = NULL, reopened = reopened + 1, due_on = :due,"
    " escalated_at = coalesce(escalated_at, :now) WHERE id = :id"
)


def reopen(connection: Connection, link: str, *, calendar: Calendar, now: dt.datetime) -> None:
    """A reporter says that it is still not right: the task stands again, on the list of the union above too.

    Where others have reported the same meanwhile, their task takes this voice in. Raises NotFoundError for a link that
    there is not, ConflictError when its task is not closed or was closed too long ago.
    """
    digest = proofs.digest(link)
    about = queries.report(connection, digest, now=now).task
    if about is None:
        raise ConflictError
    connection.execute(_LOCK_SITE, {"site": about.site})
    if not queries.report(connection, digest, now=now).may_reopen:
        raise ConflictError
    same = {"site": about.site, "says": about.says, "amenity": about.amenity}
    task: UUID = connection.scalar(_TWIN, same) or about.id
    connection.execute(_REOPENED_VOTE, {"digest": digest, "now": now, "task": task})
    connection.execute(_REOPEN, {"id": task, "due": rules.due_on(about.says, now, calendar), "now": now})
    _record(connection, task, "reopened", actor=CROWD, now=now)


_ESCALATE = text(
    "UPDATE task SET escalated_at = :now WHERE closed_at IS NULL AND escalated_at IS NULL AND due_on < :today"
    " RETURNING id"
)


def escalate(connection: Connection, *, today: dt.date, now: dt.datetime) -> int:
    """Put the tasks whose clock has run out on the list of the union above; how many."""
    overdue = connection.execute(_ESCALATE, {"today": today, "now": now}).scalars().all()
    for each in overdue:
        _record(connection, each, "escalated", actor=CLOCK, now=now)
    return len(overdue)


# ── rounds ──

_ADD_ROUND = text(
    "INSERT INTO round (site_id, at, received_at, actor, hours_as_posted, everything_works, stock_all_right)"
    " VALUES (:site, :at, :now, :by, :hours, :works, :stock)"
)
_LATER = text("SELECT confirmed_at > :at FROM site WHERE id = :site")


def round_(connection: Connection, site: UUID, answered: Round, *, deed: Deed) -> None:
    """Take a round: where the hours are as posted the place is confirmed as of when that was answered.

    What riders said of what is right is void. The place's row is locked. Raises InputError when it was answered so long
    ago that it says nothing of today.
    """
    at = min(answered.at, deed.when)
    if deed.when - at > rules.OLDEST_ROUND:
        fault = Words("这次巡查已超过三天，请重新巡查", "was answered more than three days ago; please go round again")
        raise InputError(FieldFault("at", fault))
    connection.execute(
        _ADD_ROUND,
        {
            "site": site,
            "at": at,
            "now": deed.when,
            "by": deed.who,
            "hours": answered.hours_as_posted,
            "works": answered.everything_works,
            "stock": answered.stock_all_right,
        },
    )
    # Who finds the hours wrong has not confirmed them, whatever else is right; the hours are what riders go by.
    if answered.hours_as_posted and not connection.scalar(_LATER, {"site": site, "at": at}):
        sites.confirm(connection, site, deed=Deed(deed.who, at))
    if answered.hours_as_posted:
        _clear(connection, site, now=at, says=(Says.OPEN, Says.SHUT, Says.WRONG_PLACE))
    if answered.everything_works and answered.stock_all_right:
        _clear(connection, site, now=at, says=(Says.BROKEN,))


# ── photos ──

_COUNT_PHOTOS = text("SELECT count(*) FROM photo WHERE site_id = :site")
_ADD_PHOTO = text(
    "INSERT INTO photo (site_id, jpeg, small, width, height, added_at, added_by)"
    " VALUES (:site, :jpeg, :small, :width, :height, :now, :by) RETURNING id"
)
_REMOVE_PHOTO = text("DELETE FROM photo WHERE id = :id AND site_id = :site")


def add_photo(connection: Connection, site: UUID, photo: Photo, *, deed: Deed) -> UUID:
    """Hang a photo of the place, whose row is locked; InputError when it has as many as it may."""
    if (connection.scalar(_COUNT_PHOTOS, {"site": site}) or 0) >= rules.PHOTOS_OF_A_SITE:
        most = rules.PHOTOS_OF_A_SITE
        raise InputError(
            FieldFault("photo", Words(f"最多 {most} 张，请先删掉一张", f"may be {most} at most; remove one first"))
        )
    added: UUID = connection.execute(
        _ADD_PHOTO,
        {
            "site": site,
            "jpeg": photo.jpeg,
            "small": photo.small,
            "width": photo.width,
            "height": photo.height,
            "now": deed.when,
            "by": deed.who,
        },
    ).scalar_one()
    return added


def remove_photo(connection: Connection, site: UUID, photo: UUID) -> None:
    """Take a photo down; NotFoundError when the place has none such."""
    if connection.execute(_REMOVE_PHOTO, {"id": photo, "site": site}).rowcount != 1:
        raise NotFoundError

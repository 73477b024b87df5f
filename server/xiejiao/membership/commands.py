"""Writes of applications, members and their history. None commits.

Each change of state is one guarded UPDATE and one event; the event comes last, since the history is one chain and who
appends to it holds it until COMMIT.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from xiejiao import database
from xiejiao.accounts import proofs
from xiejiao.accounts import queries as accounts
from xiejiao.errors import ConflictError, FieldFault, ForbiddenError, InputError, NotFoundError, TooManyError
from xiejiao.hours import Calendar
from xiejiao.jobs import commands as jobs
from xiejiao.language import Words
from xiejiao.membership import files, members, queries, rules
from xiejiao.membership.files import Draw
from xiejiao.membership.history import Happened, append
from xiejiao.membership.news import tell
from xiejiao.membership.rules import (
    DECISIONS,
    Application,
    By,
    Form,
    Purpose,
    Reason,
    Standing,
    Status,
    Step,
    What,
)
from xiejiao.messages.rules import Template
from xiejiao.organisations.rules import Recipient
from xiejiao.quotas import commands as quotas
from xiejiao.quotas.rules import Quota
from xiejiao.roles import Caller, Permission, Scope, is_beneath
from xiejiao.sealed import Keys
from xiejiao.sites import code

SOMEBODY_ELSE, UNION_ABOVE = "somebody-else", "union-above"
"""What a decision needs that may not be this caller's."""
_UUID_BYTES = 16
_AT_A_TIME = 200

# ── applying ──


@dataclass(frozen=True, slots=True)
class Known:
    """What was found instead of adding an application: one's own that is open, or one's membership."""

    kind: str
    id: UUID


# Who knows name, number and phone together sees what they are of; an officer filled it in, or the account is gone.
_CLAIM_MEMBERSHIP = text(
    "UPDATE membership SET account_id = :account WHERE person_digest = :person AND account_id IS DISTINCT FROM :account"
    " RETURNING id"
)
_CLAIM_APPLICATION = text(
    "UPDATE application SET account_id = :account WHERE person_digest = :person AND ended_at IS NULL"
    " AND account_id IS DISTINCT FROM :account RETURNING id"
)
_KNOWN_MEMBERSHIP = text("SELECT id FROM membership WHERE person_digest = :person AND status = 'current'")
_KNOWN_APPLICATION = text(
    "SELECT id FROM application WHERE ended_at IS NULL AND id <> :but"
    " AND (person_digest = :person OR (account_id = :account AND id_digest = :number)) ORDER BY submitted_at LIMIT 1"
)
_NOBODY = UUID(int=0)


def submit(
    connection: Connection, keys: Keys, who: Caller, form: Form, *, calendar: Calendar, now: dt.datetime, draw: Draw
) -> UUID | Known:
    """Add the application of somebody whose phone is proven, or say what they have already.

    That is said only where name, ID number and phone all agree, or it is their own; else who sends a number that is
    known elsewhere is answered as anybody is. Raises ForbiddenError for staff, TooManyError, InputError.
    """
    accounts.act(connection, who.account)
    phone = accounts.phone(connection, who.account, keys=keys)
    if who.staff or phone is None:
        raise ForbiddenError
    _spend(connection, rules.SUBMISSIONS, str(who.account), now)
    union = _union(connection, form, now)
    digests = files.digests(keys, form.name, form.id_number, phone)
    known = _known(connection, keys, who.account, digests, now=now, draw=draw)
    if known is not None:
        return known
    added = _Added(who.account, None, union, form, phone, digests)
    identity = _add(connection, keys, added, calendar=calendar, now=now, draw=draw)
    if identity is None:
        # The same person sent it twice at the same moment, with two keys.
        return _known(connection, keys, who.account, digests, now=now, draw=draw) or _vanished()
    tell(connection, keys, Template.APPLICATION_NEWS, phone, _number_of(connection, identity), now=now, draw=draw)
    return identity


def assist(
    connection: Connection,
    keys: Keys,
    who: Caller,
    form: Form,
    *,
    phone: str | None,
    calendar: Calendar,
    now: dt.datetime,
    draw: Draw,
) -> UUID:
    """Add an application that an officer filled in for somebody; whose phone it is, nobody has proven.

    Raises NotFoundError for a union outside the officer's reach, InputError.
    """
    scope = who.scope(Permission.APPLICATIONS_ASSIST)
    accounts.act(connection, who.account, scope)
    union = _union(connection, form, now)
    if not scope.holds_for(union.path):
        raise NotFoundError
    digests = files.digests(keys, form.name, form.id_number, phone)
    added = _Added(None, who.account, union, form, phone, digests)
    identity = _add(connection, keys, added, calendar=calendar, now=now, draw=draw) or _vanished()
    if phone is not None:
        tell(connection, keys, Template.APPLICATION_NEWS, phone, _number_of(connection, identity), now=now, draw=draw)
    return identity


def _vanished() -> UUID:
    """What stood in the way of an application is gone again: whoever asks may ask anew."""
    raise ConflictError


def _spend(connection: Connection, quota: Quota, whom: str, now: dt.datetime) -> None:
    wait = quotas.spend(connection, [(quota, whom)], now=now)
    if wait is not None:
        raise TooManyError(wait)


def _union(connection: Connection, form: Form, now: dt.datetime) -> Recipient:
    """The union that a form names; InputError when it takes no applications (any more)."""
    return queries.recipient(connection, form.organisation, now)


def _known(
    connection: Connection, keys: Keys, account: UUID, digests: files.Digests, *, now: dt.datetime, draw: Draw
) -> Known | None:
    accounts.act(connection, account, person=digests.person)
    given = {"person": digests.person, "account": account}
    claimed = {
        "membership": connection.scalars(_CLAIM_MEMBERSHIP, given).all(),
        "application": connection.scalars(_CLAIM_APPLICATION, given).all(),
    }
    for kind, identities in claimed.items():
        for each in identities:
            about = {kind: each}
            append(connection, keys, Happened(What.CLAIM, By.APPLICANT, account, **about), now=now, draw=draw)
    member = connection.scalar(_KNOWN_MEMBERSHIP, given)
    if member is not None:
        return Known("member", member)
    return _open_already(connection, account, digests, but=_NOBODY)


def _open_already(connection: Connection, account: UUID, digests: files.Digests, *, but: UUID) -> Known | None:
    given = {"person": digests.person, "account": account, "number": digests.id_number, "but": but}
    found = connection.scalar(_KNOWN_APPLICATION, given)
    return None if found is None else Known("open", found)


@dataclass(frozen=True, slots=True)
class _Added:
    """An application that is to be added."""

    account: UUID | None
    assisted_by: UUID | None
    union: Recipient
    form: Form
    phone: str | None
    digests: files.Digests


_NEXT_NUMBER = text("SELECT nextval('application_number_seq')")
_ADD = text(
    "INSERT INTO application (id, number, account_id, assisted_by, organisation_id, path, trade, site_id, at_station,"
    " status, held, submitted_at, due_on, consent_version, consent_at, id_digest, id_tail_digest, phone_digest,"
    " phone_tail_digest, person_digest, likeness, form, id_number, signature)"
    " VALUES (:id, :number, :account, :assisted_by, :organisation, CAST(:path AS ltree), :trade, :site, :at_station,"
    " 'submitted', :held, :now, :due_on, :consent, :now, :id_digest, :id_tail_digest, :phone_digest,"
    " :phone_tail_digest, :person_digest, CAST(:likeness AS bytea[]), :form, :id_number, :signature)"
)
_NUMBER = text("SELECT number FROM application WHERE id = :id")


def _number_of(connection: Connection, identity: UUID) -> str:
    number: str = connection.execute(_NUMBER, {"id": identity}).scalar_one()
    return number


def _add(
    connection: Connection, keys: Keys, added: _Added, *, calendar: Calendar, now: dt.datetime, draw: Draw
) -> UUID | None:
    """Add it and the first event; None when the same account has one open for the same ID number."""
    identity = UUID(bytes=draw(_UUID_BYTES), version=4)
    key, wrapped = files.new_key(keys, identity, draw=draw)
    form, union = added.form, added.union
    place = queries.site(connection, code.normalised(form.site)) if form.site else None
    values = {
        "id": identity,
        "number": rules.numbered("A", rules.day(now).year, connection.execute(_NEXT_NUMBER).scalar_one()),
        "account": added.account,
        "assisted_by": added.assisted_by,
        "organisation": union.id,
        "path": union.path,
        "trade": form.trade,
        "site": place,
        "at_station": bool(place and form.key and queries.at_poster(connection, place, proofs.digest(form.key))),
        "now": now,
        "due_on": rules.due_on(Standing(Status.SUBMITTED), now, calendar),
        "consent": form.consent.version,
        **added.digests.columns(),
        **files.sealed_form(key, "application", identity, form, added.phone, draw=draw),
        "signature": files.sealed_signature(key, identity, form.signature, draw=draw),
    }
    if not _write_unless_held(connection, lambda held: connection.execute(_ADD, values | {"held": held})):
        return None
    members.add_key(connection, identity, wrapped)
    happened = Happened(
        What.SUBMIT,
        By.UNION if added.assisted_by else By.APPLICANT,
        added.assisted_by or added.account,
        identity,
        version=1,
        details={"organisation": str(union.id)},
    )
    append(connection, keys, happened, now=now, draw=draw)
    return identity


def _write_unless_held(connection: Connection, write: Callable[[bool], object], *, held: bool = False) -> bool:
    """Write what makes an application open; held apart when another is open for the same ID number.

    False when that other one is of the same account.
    """
    for apart in (held, True):
        try:
            with connection.begin_nested():
                write(apart)
        except IntegrityError as error:
            violated = database.constraint_of(error)
            if violated == "application_own_open_idx":
                return False
            if violated != "application_open_idx":
                raise
        else:
            return True
    return False


# ── steps of the applicant ──

_STEP = text(
    "UPDATE application SET status = :status, above = :above, held = :held, version = version + 1, due_on = :due_on,"
    " overdue_at = NULL, ended_at = CAST(:ended AS timestamptz),"
    " looked_again_at = coalesce(CAST(:looked AS timestamptz), looked_again_at)"
    " WHERE id = :id AND version = :version AND status = :was"
)
_CORRECT = text(
    "UPDATE application SET organisation_id = :organisation, path = CAST(:path AS ltree), trade = :trade,"
    " id_digest = :id_digest, id_tail_digest = :id_tail_digest, phone_digest = :phone_digest,"
    " phone_tail_digest = :phone_tail_digest, person_digest = :person_digest,"
    " likeness = CAST(:likeness AS bytea[]), form = :form, id_number = :id_number, signature = :signature,"
    " consent_version = :consent, consent_at = :now, held = :held WHERE id = :id AND version = :version"
)


def resubmit(
    connection: Connection,
    keys: Keys,
    who: Caller,
    identity: UUID,
    form: Form,
    *,
    version: int,
    calendar: Calendar,
    now: dt.datetime,
    draw: Draw,
) -> Known | None:
    """Put right what was returned: the whole form anew, before the union that it names now.

    Known, and nothing is written, when another application of one's own is open for that ID number.
    """
    accounts.act(connection, who.account)
    found = queries.own_to_change(connection, keys, who.account, identity)
    key = queries.file_key(connection, keys, identity)
    phone = accounts.phone(connection, who.account, keys=keys)
    if key is None or phone is None:
        raise ConflictError
    _same_version(found, version)
    standing = rules.after(found.standing, Step.RESUBMIT, levels=found.levels)
    union = _union(connection, form, now)
    if union.id != found.union.id:
        standing = Standing(standing.status)
    digests = files.digests(keys, form.name, form.id_number, phone)
    if known := _open_already(connection, who.account, digests, but=identity):
        return known
    values = {
        "id": identity,
        "version": version,
        "organisation": union.id,
        "path": union.path,
        "trade": form.trade,
        "consent": form.consent.version,
        "now": now,
        **digests.columns(),
        **files.sealed_form(key, "application", identity, form, phone, draw=draw),
        "signature": files.sealed_signature(key, identity, form.signature, draw=draw),
    }
    if not _write_unless_held(connection, lambda held: connection.execute(_CORRECT, values | {"held": held})):
        raise ConflictError
    held = _held(connection, identity)
    _write_step(connection, found, standing, calendar=calendar, now=now, held=held)
    happened = Happened(
        What.RESUBMIT,
        By.APPLICANT,
        who.account,
        identity,
        version=version + 1,
        details={"organisation": str(union.id)},
    )
    append(connection, keys, happened, now=now, draw=draw)
    tell(connection, keys, Template.APPLICATION_NEWS, phone, found.number, now=now, draw=draw)
    return None


_HELD = text("SELECT held FROM application WHERE id = :id")


def _held(connection: Connection, identity: UUID) -> bool:
    return bool(connection.scalar(_HELD, {"id": identity}))


def take_own_step(
    connection: Connection,
    keys: Keys,
    who: Caller,
    identity: UUID,
    step: Step,
    *,
    words: str | None,
    version: int,
    calendar: Calendar,
    now: dt.datetime,
    draw: Draw,
) -> None:
    """Withdraw one's application, or ask for a second look at a refusal; ConflictError when that cannot be now."""
    accounts.act(connection, who.account)
    found = queries.own_to_change(connection, keys, who.account, identity)
    _same_version(found, version)
    if step not in found.own_steps(now) or found.personal is None:
        raise _stale(found)
    standing = rules.after(found.standing, step, levels=found.levels)
    looked = now if step is Step.SECOND_LOOK else None

    def write(held: bool) -> None:  # noqa: FBT001 - as it is called back
        _write_step(connection, found, standing, calendar=calendar, now=now, held=held, looked=looked)

    if not _write_unless_held(connection, write, held=found.held):
        raise _stale(found)
    key = queries.file_key(connection, keys, identity)
    happened = Happened(What(step), By.APPLICANT, who.account, identity, version=version + 1, words=words, key=key)
    append(connection, keys, happened, now=now, draw=draw)
    if phone := accounts.phone(connection, who.account, keys=keys):
        tell(connection, keys, Template.APPLICATION_NEWS, phone, found.number, now=now, draw=draw)


def _same_version(found: Application, version: int) -> None:
    if found.version != version:
        raise _stale(found)


def _stale(found: Application) -> ConflictError:
    return ConflictError(now={"status": found.standing.status, "version": found.version})


def _write_step(
    connection: Connection,
    found: Application,
    standing: Standing,
    *,
    calendar: Calendar,
    now: dt.datetime,
    held: bool,
    looked: dt.datetime | None = None,
) -> None:
    """The guarded UPDATE of a step that its applicant takes; ConflictError when somebody was faster."""
    values = {
        "id": found.id,
        "version": found.version,
        "was": found.standing.status,
        "status": standing.status,
        "above": standing.above,
        "held": held,
        "due_on": rules.due_on(standing, now, calendar),
        "ended": now if standing.status is Status.WITHDRAWN else None,
        "looked": looked,
    }
    if connection.execute(_STEP, values).rowcount != 1:
        raise _stale(found)


# ── decisions ──


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides about the version of an application that they looked at."""

    step: Step
    version: int
    reason: Reason | None = None
    words: str | None = None
    organisation: UUID | None = None


_DECIDE = text(
    "UPDATE application SET status = :status, above = :above, version = version + 1, due_on = :due_on,"
    " overdue_at = NULL, organisation_id = :organisation, path = CAST(:path AS ltree), decided_at = :now,"
    " decided_by = :account, first_decided_at = coalesce(first_decided_at, :now),"
    " ended_at = CAST(:ended AS timestamptz) WHERE id = :id AND version = :version AND status = :was"
)


def decide(
    connection: Connection,
    keys: Keys,
    who: Caller,
    identity: UUID,
    decision: Decision,
    *,
    calendar: Calendar,
    now: dt.datetime,
    draw: Draw,
) -> Status:
    """Decide about an application within reach; it takes effect ten minutes later. The status that follows.

    Raises NotFoundError outside the caller's reach, ConflictError for another version or what cannot follow,
    ForbiddenError for what is not this caller's to decide, InputError.
    """
    if decision.step is Step.UNDO:
        return _undo(connection, keys, who, identity, decision.version, now=now, draw=draw)
    found = queries.to_decide(connection, keys, who, identity)
    _same_version(found, decision.version)
    try:
        standing = rules.after(found.standing, decision.step, levels=found.levels)
    except ConflictError:
        raise _stale(found) from None
    needs = _needs(connection, who, found)
    if needs is not None:
        raise ForbiddenError(needs)
    union_id, path, due = found.union.id, found.path, rules.due_on(standing, now, calendar)
    if decision.organisation is not None:
        union = queries.recipient(connection, decision.organisation, now)
        if union.id == found.union.id:
            words = Words("已在该工会", "is the union where it is")
            raise InputError(FieldFault("organisation", words))
        union_id, path, due = union.id, union.path, found.due_on
        # Where it goes may lie outside the caller's reach; that is what moving is for.
        scope = who.scope(Permission.APPLICATIONS_DECIDE)
        accounts.act(connection, who.account, Scope(paths=(*scope.paths, path)))
    values = {
        "id": identity,
        "version": found.version,
        "was": found.standing.status,
        "status": standing.status,
        "above": standing.above,
        "due_on": due,
        "organisation": union_id,
        "path": path,
        "account": who.account,
        "now": now,
        "ended": now if standing.status is Status.REFUSED else None,
    }
    if connection.execute(_DECIDE, values).rowcount != 1:
        raise _stale(found)
    happened = Happened(
        What(decision.step),
        _role_of(who, found),
        who.account,
        identity,
        version=found.version + 1,
        reason=decision.reason,
        words=decision.words,
        key=queries.file_key(connection, keys, identity) if decision.words else None,
        details={"to": str(union_id), "before": _before(found)},
    )
    event = append(connection, keys, happened, now=now, draw=draw)
    jobs.add(connection, members.EFFECT, str(event), due=now + rules.UNDO_WITHIN, now=now)
    return standing.status


def _before(found: Application) -> dict[str, object]:
    """What undoing leads back to."""
    return {
        "status": found.standing.status,
        "above": found.standing.above,
        "organisation": str(found.union.id),
        "path": found.path,
        "due_on": found.due_on and found.due_on.isoformat(),
        "overdue_at": found.overdue_at and found.overdue_at.isoformat(),
        "decided_at": found.decided_at and found.decided_at.isoformat(),
        "decided_by": found.decided_by and str(found.decided_by),
    }


def _role_of(who: Caller, found: Application) -> By:
    """Whether who decides does so from a union above the application's own."""
    if found.standing.above:
        return By.UPPER_UNION
    holds_here = any(grant.path == found.path for grant in who.grants if grant.allows(Permission.APPLICATIONS_DECIDE))
    return By.UNION if holds_here else By.UPPER_UNION


_OWN_PHONE = text("SELECT phone_digest FROM person WHERE account_id = :account")
_ITS_PHONE = text("SELECT phone_digest FROM application WHERE id = :id")


def _needs(connection: Connection, who: Caller, found: Application) -> str | None:
    """What keeps the caller from deciding about an application within reach: that it is theirs, or not their turn."""
    own_phone = connection.scalar(_OWN_PHONE, {"account": who.account})
    if found.account == who.account or (
        own_phone is not None and own_phone == connection.scalar(_ITS_PHONE, {"id": found.id})
    ):
        return SOMEBODY_ELSE
    if found.levels > 1 and found.assisted_by == who.account:
        return SOMEBODY_ELSE
    if found.standing.above:
        if found.decided_by == who.account:
            return SOMEBODY_ELSE
        paths = who.scope(Permission.APPLICATIONS_DECIDE).paths
        if not any(found.path != above and is_beneath(found.path, above) for above in paths):
            return UNION_ABOVE
    return None


def possible(connection: Connection, who: Caller, found: Application, *, now: dt.datetime) -> tuple[Step, ...]:
    """What the caller may decide about an application now."""
    if not who.may(Permission.APPLICATIONS_DECIDE):
        return ()
    undo = (Step.UNDO,) if _undone(found, who, now) else ()
    if not who.scope(Permission.APPLICATIONS_DECIDE).holds_for(found.path) or _needs(connection, who, found):
        return undo
    return (*(step for step in DECISIONS if (found.standing.status, step) in rules.NEXT), *undo)


_LAST = text(
    "SELECT id, what, at, account_id, version, details FROM membership_event"
    " WHERE application_id = :id AND version IS NOT NULL ORDER BY id DESC LIMIT 1"
)
_UNDO = text(
    "UPDATE application SET status = :status, above = :above, version = version + 1, due_on = CAST(:due_on AS date),"
    " overdue_at = CAST(:overdue_at AS timestamptz), organisation_id = CAST(:organisation AS uuid),"
    " path = CAST(:path AS ltree), decided_at = CAST(:decided_at AS timestamptz),"
    " decided_by = CAST(:decided_by AS uuid), held = :held, ended_at = NULL,"
    " first_decided_at = CASE WHEN CAST(:decided_at AS timestamptz) IS NOT NULL THEN first_decided_at END"
    " WHERE id = :id AND version = :version AND status = :was"
)


def _undone(found: Application, who: Caller, now: dt.datetime) -> bool:
    """Whether the caller may take back what happened last."""
    last = found.last(*(What(step) for step in (*DECISIONS, Step.UNDO, *rules.OWN_STEPS)), What.JOIN)
    return (
        last is not None
        and last.what in {What(step) for step in DECISIONS}
        and last.account == who.account
        and now - last.at < rules.UNDO_WITHIN
    )


def _undo(
    connection: Connection, keys: Keys, who: Caller, identity: UUID, version: int, *, now: dt.datetime, draw: Draw
) -> Status:
    """Take back what the caller decided last, within ten minutes and before anything else happened."""
    try:
        found = queries.to_undo(connection, keys, who, identity, now=now)
    except NotFoundError:
        # Within reach, but decided by somebody else or too long ago: that is no secret.
        raise _stale(queries.to_decide(connection, keys, who, identity)) from None
    _same_version(found, version)
    last = connection.execute(_LAST, {"id": identity}).one()
    if last.version != found.version or not _undone(found, who, now):
        raise _stale(found)
    before = last.details["before"]

    def write(held: bool) -> None:  # noqa: FBT001 - as it is called back
        values = {**before, "id": identity, "version": version, "was": found.standing.status, "held": held}
        if connection.execute(_UNDO, values).rowcount != 1:
            raise _stale(found)

    if not _write_unless_held(connection, write, held=found.held):
        raise _stale(found)
    happened = Happened(
        What.UNDO, _role_of(who, found), who.account, identity, version=version + 1, details={"undone": last.id}
    )
    append(connection, keys, happened, now=now, draw=draw)
    return Status(before["status"])


_ASSIGN = text("UPDATE application SET assigned_to = :account WHERE id = :id")
_REVIEWS_THERE = text(
    "SELECT EXISTS (SELECT FROM role_grant JOIN organisation ON organisation.id = organisation_id"
    " JOIN account ON account.id = account_id WHERE account_id = :account AND withdrawn_at IS NULL"
    " AND disabled_at IS NULL AND path @> CAST(:path AS ltree)"
    " AND (role = 'reviewer' OR (role = 'organisation_admin' AND seconded_at IS NOT NULL)))"
)


def assign(
    connection: Connection,
    keys: Keys,
    who: Caller,
    identity: UUID,
    account: UUID | None,
    *,
    now: dt.datetime,
    draw: Draw,
) -> None:
    """Say who is to see to an application; InputError for an account that reviews nothing there."""
    found = queries.to_decide(connection, keys, who, identity)
    if account is not None and not connection.scalar(_REVIEWS_THERE, {"account": account, "path": found.path}):
        raise InputError(FieldFault("account", Words("此人不审核这个工会的申请", "reviews no applications there")))
    connection.execute(_ASSIGN, {"account": account, "id": identity})
    details = {"to": str(account)} if account else {}
    happened = Happened(What.ASSIGN, _role_of(who, found), who.account, identity, details=details)
    append(connection, keys, happened, now=now, draw=draw)


def note(
    connection: Connection, keys: Keys, who: Caller, identity: UUID, words: str, *, now: dt.datetime, draw: Draw
) -> None:
    """Leave a note among officers; ConflictError once the file was erased."""
    found = queries.to_decide(connection, keys, who, identity)
    key = queries.file_key(connection, keys, identity)
    if key is None:
        raise _stale(found)
    happened = Happened(What.NOTE, _role_of(who, found), who.account, identity, words=words, key=key)
    append(connection, keys, happened, now=now, draw=draw)


def reveal(
    connection: Connection, keys: Keys, who: Caller, identity: UUID, purpose: Purpose, *, now: dt.datetime, draw: Draw
) -> None:
    """Write down that somebody is shown a whole ID number, and what for; TooManyError past fifty an hour."""
    scope = who.scope(Permission.APPLICATIONS_REVEAL)
    found = queries.to_decide(connection, keys, who, identity)
    if not scope.holds_for(found.path) or found.personal is None:
        raise NotFoundError
    _spend(connection, rules.REVELATIONS, str(who.account), now)
    happened = Happened(What.REVEAL, _role_of(who, found), who.account, identity, reason=purpose)
    append(connection, keys, happened, now=now, draw=draw)


# ── the clock ──

_RUN_OUT = text(
    "SELECT id FROM application WHERE due_on < :today AND overdue_at IS NULL ORDER BY due_on, id LIMIT :most"
    " FOR UPDATE SKIP LOCKED"
)
_OVERDUE = text("UPDATE application SET overdue_at = :now WHERE id = :id")


def mark_overdue(connection: Connection, keys: Keys, *, now: dt.datetime, draw: Draw) -> int:
    """Mark the applications whose clock has run out, so that the union above sees them first; how many."""
    queries.act_as_installation(connection)
    late: Sequence[UUID] = connection.scalars(_RUN_OUT, {"today": rules.day(now), "most": _AT_A_TIME}).all()
    for identity in late:
        connection.execute(_OVERDUE, {"id": identity, "now": now})
        append(connection, keys, Happened(What.OVERDUE, By.CLOCK, None, identity), now=now, draw=draw)
    return len(late)

"""Writes of accounts: signing in and out, what proves who one is, grants. None commits.

What is tried and fails must be counted all the same, so a failed try is an answer here, not an error: whoever opened
the transaction commits it and then refuses.
"""

import datetime as dt
import hmac
import json
from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import IntegrityError

from xiejiao import database
from xiejiao.accounts import proofs, queries, rules
from xiejiao.accounts.rules import Kind, Token
from xiejiao.errors import ConflictError, FieldFault, ForbiddenError, InputError, NotFoundError, TooManyError
from xiejiao.language import Words
from xiejiao.messages import commands as messages
from xiejiao.messages.rules import Template
from xiejiao.quotas import commands as quotas
from xiejiao.quotas.rules import Quota
from xiejiao.roles import SECONDED, Caller, Permission, Role, may_be_given
from xiejiao.sealed import KEY_BYTES, NONCE_BYTES, Keys, opened, seal

Draw = Callable[[int], bytes]
"""So many random bytes, fit for secrets."""

# ── what happened ──

_RECORD = text(
    "INSERT INTO account_history (account_id, at, actor, action, details)"
    " VALUES (:account, :now, :actor, :action, CAST(:details AS jsonb))"
)


def _record(
    connection: Connection,
    account: UUID,
    action: str,
    *,
    actor: UUID | None,
    now: dt.datetime,
    details: Mapping[str, str | None] | None = None,
) -> None:
    by = f"account:{actor}" if actor else "operator"
    given = {"account": account, "now": now, "actor": by, "action": action, "details": json.dumps(details or {})}
    connection.execute(_RECORD, given)


# ── codes to a phone ──

_NEW_CODE = text(
    "INSERT INTO sign_in_code (phone_digest, code_digest, expires_at) VALUES (:phone, :code, :expires)"
    " ON CONFLICT (phone_digest) DO UPDATE SET code_digest = excluded.code_digest, tries = 0,"
    " expires_at = excluded.expires_at"
)


def send_code(connection: Connection, keys: Keys, phone: str, *, network: str, now: dt.datetime, draw: Draw) -> None:
    """Send a code to a number; the last one is void from now on. Known and unknown numbers are treated alike.

    Raises TooManyError, and sends nothing, when the number, the network or all together have had their share.
    """
    digest = _phone_digest(keys, phone)
    asked = [(quota, digest.hex()) for quota in rules.CODES_TO_A_PHONE]
    asked += [(rules.CODES_FROM_A_NETWORK, _network_digest(keys, network)), (rules.CODES_IN_ALL, "")]
    _spend(connection, asked, now)
    code = proofs.digits(draw(8))
    expires = now + rules.CODE_LASTS
    connection.execute(_NEW_CODE, {"phone": digest, "code": _code_digest(keys, digest, code), "expires": expires})
    messages.send(
        connection,
        keys,
        phone=phone,
        template=Template.SIGN_IN_CODE,
        parameters={"code": code},
        now=now,
        draw=draw,
        expires=expires,
    )


def _spend(connection: Connection, asked: list[tuple[Quota, str]], now: dt.datetime) -> None:
    wait = quotas.spend(connection, asked, now=now)
    if wait is not None:
        raise TooManyError(wait)


def _phone_digest(keys: Keys, phone: str) -> bytes:
    return keys.digest("phone", phone)


def _network_digest(keys: Keys, network: str) -> str:
    return keys.digest("network", network).hex()


def _code_digest(keys: Keys, phone: bytes, code: str) -> bytes:
    return keys.digest("sign-in code", f"{phone.hex()} {code}")


_TRY_CODE = text(
    "UPDATE sign_in_code SET tries = tries + 1 WHERE phone_digest = :phone AND tries < :most AND expires_at > :now"
    " RETURNING code_digest"
)
_LIVE_CODE = text(
    "SELECT EXISTS (SELECT FROM sign_in_code WHERE phone_digest = :phone AND tries < :most AND expires_at > :now)"
)
_SPENT_CODE = text("DELETE FROM sign_in_code WHERE phone_digest = :phone")
_FIND_PERSON = text(
    "SELECT account_id, disabled_at IS NULL AS enabled FROM person JOIN account ON account.id = account_id"
    " WHERE phone_digest = :phone"
)


def sign_in_with_code(
    connection: Connection,
    keys: Keys,
    phone: str,
    code: str,
    *,
    network: str,
    device: str,
    now: dt.datetime,
    draw: Draw,
) -> Token | None:
    """Sign in the owner of a number by the code sent to it, who becomes a rider here if new; None when it is wrong.

    A code bears CODE_TRIES tries and is used once. Raises TooManyError.
    """
    digest = _phone_digest(keys, phone)
    # What cannot hit costs the others behind the same address nothing.
    if not connection.scalar(_LIVE_CODE, {"phone": digest, "most": rules.CODE_TRIES, "now": now}):
        return None
    _spend(connection, [(rules.TRIES_FROM_A_NETWORK, _network_digest(keys, network))], now)
    stored = connection.scalar(_TRY_CODE, {"phone": digest, "most": rules.CODE_TRIES, "now": now})
    if stored is None or not hmac.compare_digest(stored, _code_digest(keys, digest, code)):
        return None
    connection.execute(_SPENT_CODE, {"phone": digest})
    queries.act(connection, None, phone=digest)
    found = connection.execute(_FIND_PERSON, {"phone": digest}).one_or_none()
    if found is not None and not found.enabled:
        return None
    account = found.account_id if found else _add_rider(connection, keys, phone, digest, now=now, draw=draw)
    return _begin(connection, account, Kind.RIDER, device=device, now=now, draw=draw)


_ADD_RIDER = text("INSERT INTO account (kind, demo, added_at) VALUES ('rider', :demo, :now) RETURNING id")
_ADD_KEY = text("INSERT INTO person_key (person, wrapped) VALUES (:person, :wrapped)")
_ADD_PERSON = text("INSERT INTO person (account_id, phone_digest, phone) VALUES (:account, :digest, :phone)")


def _add_rider(
    connection: Connection, keys: Keys, phone: str, digest: bytes, *, now: dt.datetime, draw: Draw, demo: bool = False
) -> UUID:
    account: UUID = connection.execute(_ADD_RIDER, {"now": now, "demo": demo}).scalar_one()
    queries.act(connection, account, phone=digest)
    key = _new_key(connection, keys, account, draw=draw)
    sealed = seal(key, phone, queries.phone_place(account), nonce=draw(NONCE_BYTES))
    connection.execute(_ADD_PERSON, {"account": account, "digest": digest, "phone": sealed})
    _record(connection, account, "added", actor=account, now=now)
    return account


def _new_key(connection: Connection, keys: Keys, account: UUID, *, draw: Draw) -> bytes:
    key = draw(KEY_BYTES)
    wrapped = keys.wrap(key, str(account), nonce=draw(NONCE_BYTES))
    connection.execute(_ADD_KEY, {"person": account, "wrapped": wrapped})
    return key


_KEY = text("SELECT wrapped FROM person_key WHERE person = :person")


def _key_of(connection: Connection, keys: Keys, account: UUID, *, draw: Draw) -> bytes:
    wrapped = connection.scalar(_KEY, {"person": account})
    if wrapped is None:
        return _new_key(connection, keys, account, draw=draw)
    return keys.unwrap(wrapped, str(account))


# ── staff ──

_BY_NAME = text("SELECT id, password, demo FROM account WHERE name = :name AND disabled_at IS NULL")
_AUTHENTICATOR = text(
    "SELECT secret, wrapped FROM authenticator LEFT JOIN person_key ON person = account_id"
    " WHERE account_id = :account AND confirmed_at IS NOT NULL"
)
# The one statement that takes a half minute: of twenty who send the same code at once, one is let in.
_TAKE_STEP = text("UPDATE authenticator SET last_step = :step WHERE account_id = :account AND last_step < :step")
_USE_RECOVERY = text(
    "UPDATE recovery_code SET used_at = :now WHERE account_id = :account AND digest = :digest AND used_at IS NULL"
)


def count_password_try(connection: Connection, keys: Keys, name: str, *, network: str, now: dt.datetime) -> None:
    """Count that a name is tried; TooManyError when it has been too often.

    In a transaction of its own, ended before the password is hashed: whoever tries from the same network waits for this
    row.
    """
    asked = [
        (rules.TRIES_FROM_A_NETWORK, _network_digest(keys, network)),
        (rules.TRIES_OF_A_NAME_FROM_A_NETWORK, keys.digest("login name and network", f"{name} {network}").hex()),
        (rules.TRIES_OF_A_NAME, keys.digest("login name", name).hex()),
    ]
    _spend(connection, asked, now)


def sign_in_with_password(
    connection: Connection,
    keys: Keys,
    name: str,
    password: str,
    code: str,
    *,
    device: str,
    now: dt.datetime,
    draw: Draw,
) -> Token | None:
    """Sign in a member of staff by name, password and a code of the authenticator, or a recovery code.

    None when any of them is wrong, without saying which. Who has no authenticator yet gives no code, and gets one
    before any right holds. The try has been counted (`count_password_try`).
    """
    row = connection.execute(_BY_NAME, {"name": name}).one_or_none()
    if not proofs.matches(row.password if row else None, password) or row is None:
        return None
    queries.act(connection, row.id)
    if not _second_proof(connection, keys, row.id, code, now=now):
        return None
    return _begin(connection, row.id, Kind.STAFF, device=device, now=now, draw=draw)


def _second_proof(connection: Connection, keys: Keys, account: UUID, code: str, *, now: dt.datetime) -> bool:
    held = connection.execute(_AUTHENTICATOR, {"account": account}).one_or_none()
    if held is None:
        return True
    if len(code) == rules.CODE_DIGITS:
        # Restored from a backup without the keys, the secret does not open: that is no reason to let anybody in.
        if held.wrapped is None:
            return False
        key = keys.unwrap(held.wrapped, str(account))
        step = proofs.step_of(opened(key, held.secret, queries.secret_place(account)), code, at_s=now.timestamp())
        return step is not None and connection.execute(_TAKE_STEP, {"step": step, "account": account}).rowcount == 1
    digest = _recovery_digest(keys, account, code)
    if connection.execute(_USE_RECOVERY, {"account": account, "digest": digest, "now": now}).rowcount != 1:
        return False
    _record(connection, account, "recovery code used", actor=account, now=now)
    return True


def _recovery_digest(keys: Keys, account: UUID, code: str) -> bytes:
    return keys.digest("recovery code", f"{account} {proofs.typed(code)}")


_ADD_STAFF = text(
    "INSERT INTO account (kind, name, password, must_change_password, demo, added_at)"
    " VALUES ('staff', :name, :password, :must, :demo, :now) RETURNING id"
)


def add_staff(
    connection: Connection, name: str, *, by: UUID | None, now: dt.datetime, draw: Draw, demo: bool = False
) -> tuple[UUID, str]:
    """An account for a member of staff and its first password, which is told once and must be changed.

    Raises InputError when the name cannot be one or is taken.
    """
    spelled = rules.login_name(name)
    first = proofs.readable(draw(proofs.FIRST_PASSWORD_BYTES))
    password = proofs.hashed(first, salt=draw(proofs.SALT_BYTES))
    values = {"name": spelled, "password": password, "must": not demo, "demo": demo, "now": now}
    try:
        with connection.begin_nested():
            account: UUID = connection.execute(_ADD_STAFF, values).scalar_one()
    except IntegrityError as error:
        if database.constraint_of(error) != "account_name_key":
            raise
        raise InputError(FieldFault("name", Words("已有人使用这个名字", "is taken by somebody else"))) from None
    _record(connection, account, "added", actor=by, now=now)
    return account, first


_RESET = text(
    "UPDATE account SET password = :password, must_change_password = true WHERE name = :name AND kind = 'staff'"
    " RETURNING id"
)
_FORGET_AUTHENTICATOR = text("DELETE FROM authenticator WHERE account_id = :account")
_FORGET_RECOVERY = text("DELETE FROM recovery_code WHERE account_id = :account")
_END_ALL = text("DELETE FROM sign_in WHERE account_id = :account")


def reset(connection: Connection, name: str, *, now: dt.datetime, draw: Draw) -> str:
    """A new first password for a member of staff who has lost both proofs; ends their sign-ins."""
    first = proofs.readable(draw(proofs.FIRST_PASSWORD_BYTES))
    password = proofs.hashed(first, salt=draw(proofs.SALT_BYTES))
    account = connection.scalar(_RESET, {"name": rules.login_name(name), "password": password})
    if account is None:
        raise NotFoundError
    for each in (_FORGET_AUTHENTICATOR, _FORGET_RECOVERY, _END_ALL):
        connection.execute(each, {"account": account})
    _record(connection, account, "reset", actor=None, now=now)
    return first


_DISABLE = text("UPDATE account SET disabled_at = :now WHERE name = :name AND disabled_at IS NULL RETURNING id")


def disable(connection: Connection, name: str, *, now: dt.datetime) -> None:
    """Nobody signs in to this account of staff any more, and whoever has is out."""
    account = connection.scalar(_DISABLE, {"name": rules.login_name(name), "now": now})
    if account is None:
        raise NotFoundError
    connection.execute(_END_ALL, {"account": account})
    _record(connection, account, "disabled", actor=None, now=now)


_PASSWORD = text("SELECT name, password FROM account WHERE id = :account")
_SET_PASSWORD = text("UPDATE account SET password = :password, must_change_password = false WHERE id = :account")
_END_OTHERS = text("DELETE FROM sign_in WHERE account_id = :account AND id <> :kept")


def change_password(
    connection: Connection, who: Caller, current: str, new: str, *, now: dt.datetime, draw: Draw
) -> Token | None:
    """Change one's own password; ends all other sign-ins and renews this one. None when `current` is wrong.

    Raises InputError when the new one is too weak or the old one, TooManyError.
    """
    row = connection.execute(_PASSWORD, {"account": who.account}).one()
    if row.name is None:
        raise ForbiddenError
    _spend(connection, [(rules.TRIES_OF_ONES_OWN, str(who.account))], now)
    spelled = rules.password(new, name=row.name)
    if not proofs.matches(row.password, current):
        return None
    if proofs.matches(row.password, spelled):
        raise InputError(FieldFault("new", Words("不能与旧密码相同", "must differ from the old one")))
    stored = proofs.hashed(spelled, salt=draw(proofs.SALT_BYTES))
    connection.execute(_SET_PASSWORD, {"account": who.account, "password": stored})
    _record(connection, who.account, "password changed", actor=who.account, now=now)
    return _renew(connection, who, now=now, draw=draw)


_NEW_SECRET = text(
    "INSERT INTO authenticator (account_id, secret) VALUES (:account, :secret) ON CONFLICT (account_id) DO UPDATE"
    " SET secret = excluded.secret, last_step = 0 WHERE authenticator.confirmed_at IS NULL"
)


def new_authenticator(connection: Connection, keys: Keys, who: Caller, *, draw: Draw) -> str:
    """A secret for an authenticator, which counts once a code of it was given; ConflictError when one does already."""
    if not who.staff or who.first_step == "password":
        raise ForbiddenError(who.first_step)
    queries.act(connection, who.account)
    key = _key_of(connection, keys, who.account, draw=draw)
    secret = proofs.secret(draw(proofs.SECRET_BYTES))
    sealed = seal(key, secret, queries.secret_place(who.account), nonce=draw(NONCE_BYTES))
    if connection.execute(_NEW_SECRET, {"account": who.account, "secret": sealed}).rowcount != 1:
        raise ConflictError
    return secret


_UNCONFIRMED = text("SELECT secret FROM authenticator WHERE account_id = :account AND confirmed_at IS NULL FOR UPDATE")
_CONFIRM = text("UPDATE authenticator SET confirmed_at = :now, last_step = :step WHERE account_id = :account")
_ADD_RECOVERY = text("INSERT INTO recovery_code (account_id, digest) VALUES (:account, :digest)")


def confirm_authenticator(
    connection: Connection, keys: Keys, who: Caller, code: str, *, now: dt.datetime, draw: Draw
) -> tuple[Token, tuple[str, ...]] | None:
    """Take a first code of the new authenticator; the recovery codes, told once. None when the code is wrong."""
    queries.act(connection, who.account)
    _spend(connection, [(rules.TRIES_OF_ONES_OWN, str(who.account))], now)
    sealed = connection.scalar(_UNCONFIRMED, {"account": who.account})
    if sealed is None:
        raise ConflictError
    key = _key_of(connection, keys, who.account, draw=draw)
    secret = opened(key, sealed, queries.secret_place(who.account))
    step = proofs.step_of(secret, code, at_s=now.timestamp())
    if step is None:
        return None
    connection.execute(_CONFIRM, {"account": who.account, "now": now, "step": step})
    codes = tuple(proofs.readable(draw(proofs.RECOVERY_BYTES)) for _ in range(proofs.RECOVERY_CODES))
    connection.execute(_FORGET_RECOVERY, {"account": who.account})
    connection.execute(
        _ADD_RECOVERY,
        [{"account": who.account, "digest": _recovery_digest(keys, who.account, each)} for each in codes],
    )
    _record(connection, who.account, "authenticator set", actor=who.account, now=now)
    return _renew(connection, who, now=now, draw=draw), codes


# ── sign-ins ──

_BEGIN = text(
    "INSERT INTO sign_in (account_id, token_digest, device, began_at, seen_at, idle, ends_at)"
    " VALUES (:account, :digest, :device, :now, :now, :idle, :ends)"
)
_RENEW = text("UPDATE sign_in SET token_digest = :digest, seen_at = :now WHERE id = :id RETURNING ends_at")
_SEEN = text("UPDATE sign_in SET seen_at = :now WHERE id = :id AND seen_at < :now")
_END_ONE = text("DELETE FROM sign_in WHERE id = :id AND account_id = :account")
_END_ENDED = text("DELETE FROM sign_in WHERE ends_at <= :now OR seen_at <= CAST(:now AS timestamptz) - idle")


def _begin(connection: Connection, account: UUID, kind: Kind, *, device: str, now: dt.datetime, draw: Draw) -> Token:
    span = rules.LASTS[kind]
    fresh = proofs.token(draw(proofs.TOKEN_BYTES))
    values = {"account": account, "digest": proofs.digest(fresh), "device": device, "now": now}
    connection.execute(_BEGIN, {**values, "idle": span.idle, "ends": now + span.whole})
    return Token(fresh, span.whole)


def _renew(connection: Connection, who: Caller, *, now: dt.datetime, draw: Draw) -> Token:
    """Another token for the present sign-in, and an end to all others: what somebody knew before is void."""
    connection.execute(_END_OTHERS, {"account": who.account, "kept": who.sign_in})
    fresh = proofs.token(draw(proofs.TOKEN_BYTES))
    renewed = {"digest": proofs.digest(fresh), "now": now, "id": who.sign_in}
    ends: dt.datetime = connection.execute(_RENEW, renewed).scalar_one()
    return Token(fresh, ends - now)


def seen(connection: Connection, sign_in: UUID, *, now: dt.datetime) -> None:
    """Write down that a sign-in is in use."""
    connection.execute(_SEEN, {"id": sign_in, "now": now})


def end(connection: Connection, who: Caller, sign_in: UUID) -> None:
    """End one of one's own sign-ins; NotFoundError when it is none of them."""
    if connection.execute(_END_ONE, {"id": sign_in, "account": who.account}).rowcount != 1:
        raise NotFoundError


def end_all(connection: Connection, who: Caller) -> None:
    """Sign out everywhere."""
    connection.execute(_END_ALL, {"account": who.account})


_ERASE = (
    text("DELETE FROM person_key WHERE person = :account"),
    text("DELETE FROM person WHERE account_id = :account"),
    text("UPDATE account SET disabled_at = :now WHERE id = :account"),
)


def erase(connection: Connection, who: Caller, *, now: dt.datetime) -> None:
    """Erase the number of a rider with its key, and sign out everywhere; ForbiddenError for staff.

    Whoever signs in with that number later is somebody new.
    """
    if who.staff:
        raise ForbiddenError
    queries.act(connection, who.account)
    connection.execute(_END_ALL, {"account": who.account})
    for each in _ERASE:
        connection.execute(each, {"account": who.account, "now": now})
    _record(connection, who.account, "erased", actor=who.account, now=now)


def forget_ended(connection: Connection, *, now: dt.datetime) -> None:
    """Forget sign-ins that are over, and codes nobody used."""
    connection.execute(_END_ENDED, {"now": now})
    connection.execute(text("DELETE FROM sign_in_code WHERE expires_at <= :now"), {"now": now})


# ── demonstration ──

_ADD_LINK = text("INSERT INTO sign_in_link (token_digest, account_id) VALUES (:digest, :account)")
_USE_LINK = text("DELETE FROM sign_in_link WHERE token_digest = :digest RETURNING account_id")
_KIND = text("SELECT kind FROM account WHERE id = :account AND demo AND disabled_at IS NULL")


def add_link(connection: Connection, account: UUID, *, draw: Draw) -> str:
    """A token that signs in to a demonstration account once."""
    fresh = proofs.token(draw(proofs.TOKEN_BYTES))
    connection.execute(_ADD_LINK, {"digest": proofs.digest(fresh), "account": account})
    return fresh


def sign_in_with_link(connection: Connection, link: str, *, device: str, now: dt.datetime, draw: Draw) -> Token | None:
    """Sign in by a link that was printed; None when it was used or never was."""
    account = connection.scalar(_USE_LINK, {"digest": proofs.digest(link)})
    kind = connection.scalar(_KIND, {"account": account})
    return _begin(connection, account, Kind(kind), device=device, now=now, draw=draw) if kind else None


def add_demonstration_rider(connection: Connection, keys: Keys, *, now: dt.datetime, draw: Draw) -> UUID:
    """A rider for demonstration, whose number nobody can have."""
    phone = "10000000000"
    return _add_rider(connection, keys, phone, _phone_digest(keys, phone), now=now, draw=draw, demo=True)


# ── grants ──

_SOMEBODY_ELSE = "somebody-else"
"""What a grant needs: another person than who gives it, and another than both to agree."""

_GIVE = text(
    "INSERT INTO role_grant (account_id, role, organisation_id, site_id, given_by, given_at)"
    " VALUES (:account, :role, :organisation, :site, :by, :now) RETURNING id"
)
_STAFF = text("SELECT true FROM account WHERE id = :account AND kind = 'staff' AND disabled_at IS NULL")


def give(
    connection: Connection,
    who: Caller,
    account: UUID,
    role: Role,
    *,
    organisation: UUID | None,
    site: UUID | None,
    now: dt.datetime,
) -> UUID:
    """Give a role at an organisation or a place to somebody else, within one's own part of the tree.

    A role among SECONDED holds once a second person has agreed. Raises ForbiddenError for oneself, NotFoundError for
    an account or a place outside one's reach, InputError when the role is held there already or does not fit.
    """
    if account == who.account:
        raise ForbiddenError(_SOMEBODY_ELSE)
    path = queries.path_of(connection, organisation=organisation, site=site)
    if (organisation or site) and path is None:
        raise NotFoundError
    if not may_be_given(role, path, who.grants):
        raise NotFoundError
    if not connection.scalar(_STAFF, {"account": account}):
        raise NotFoundError
    queries.as_giver(connection, who)
    values = {"account": account, "role": role, "organisation": organisation, "site": site}
    identity = _insert_grant(connection, {**values, "by": who.account, "now": now})
    details = {"grant": str(identity), "role": str(role), "organisation": _id(organisation), "site": _id(site)}
    _record(connection, account, "grant given", actor=who.account, now=now, details=details)
    return identity


def _id(identity: UUID | None) -> str | None:
    return str(identity) if identity else None


def _insert_grant(connection: Connection, values: Mapping[str, object]) -> UUID:
    try:
        with connection.begin_nested():
            identity: UUID = connection.execute(_GIVE, values).scalar_one()
    except IntegrityError as error:
        if database.constraint_of(error) == "role_grant_once_idx":
            fault = FieldFault("role", Words("此人在这里已有这个角色", "is held there already"))
        else:
            fault = FieldFault("role", Words("这个角色不能这样授予", "cannot be given like this"))
        raise InputError(fault) from None
    return identity


_SECOND = text(
    "UPDATE role_grant SET seconded_by = :by, seconded_at = :now WHERE id = :id AND seconded_at IS NULL"
    " AND withdrawn_at IS NULL AND account_id <> :by AND given_by IS DISTINCT FROM :by"
)
_WITHDRAW = text(
    "UPDATE role_grant SET withdrawn_by = :by, withdrawn_at = :now WHERE id = :id AND withdrawn_at IS NULL"
)


def second(connection: Connection, who: Caller, identity: UUID, *, now: dt.datetime) -> None:
    """Agree, as a second person, to a grant that waits for one.

    Raises NotFoundError outside one's reach, ForbiddenError for what one gave or would receive, ConflictError when it
    waits for nobody.
    """
    held = _within(connection, who, identity)
    if who.account in {held.account_id, held.given_by}:
        raise ForbiddenError(_SOMEBODY_ELSE)
    if Role(held.role) not in SECONDED or held.seconded_at is not None:
        raise ConflictError
    connection.execute(_SECOND, {"id": identity, "by": who.account, "now": now})
    details = {"grant": str(identity)}
    _record(connection, held.account_id, "grant seconded", actor=who.account, now=now, details=details)


def withdraw(connection: Connection, who: Caller, identity: UUID, *, now: dt.datetime) -> None:
    """Take a grant back, or give up one's own; NotFoundError outside one's reach."""
    held = _within(connection, who, identity, own=True)
    connection.execute(_WITHDRAW, {"id": identity, "by": who.account, "now": now})
    details = {"grant": str(identity)}
    _record(connection, held.account_id, "grant withdrawn", actor=who.account, now=now, details=details)


_HELD = text(
    "SELECT role_grant.account_id, role, organisation_id, site_id, given_by, seconded_at FROM role_grant"
    " WHERE id = :id AND withdrawn_at IS NULL FOR UPDATE"
)


def _within(connection: Connection, who: Caller, identity: UUID, *, own: bool = False) -> Row[tuple[object, ...]]:
    queries.as_giver(connection, who)
    held = connection.execute(_HELD, {"id": identity}).one_or_none()
    if held is None:
        raise NotFoundError
    if own and held.account_id == who.account:
        return held
    path = queries.path_of(connection, organisation=held.organisation_id, site=held.site_id)
    if not (who.may(Permission.GRANTS_GIVE) and may_be_given(Role(held.role), path, who.grants)):
        raise NotFoundError
    return held


_BY_OPERATOR = text(
    "INSERT INTO role_grant (account_id, role, organisation_id, site_id, given_at, seconded_at)"
    " VALUES (:account, :role, :organisation, :site, :now, :now)"
)


def give_as_operator(
    connection: Connection,
    account: UUID,
    role: Role,
    *,
    now: dt.datetime,
    organisation: UUID | None = None,
    site: UUID | None = None,
) -> None:
    """Give a role as who runs the installation, at a terminal: the first administrator has nobody to ask."""
    values = {"account": account, "role": role, "organisation": organisation, "site": site, "now": now}
    connection.execute(_BY_OPERATOR, values)
    details = {"role": str(role), "organisation": _id(organisation), "site": _id(site)}
    _record(connection, account, "grant given", actor=None, now=now, details=details)


_REMOVE_DEMONSTRATION = text("DELETE FROM account WHERE demo RETURNING id")


def remove_demonstration(connection: Connection) -> int:
    """Remove every account for demonstration; how many there were."""
    gone = connection.execute(_REMOVE_DEMONSTRATION).scalars().all()
    connection.execute(text("DELETE FROM person_key WHERE person = ANY(:gone)"), {"gone": list(gone)})
    return len(gone)

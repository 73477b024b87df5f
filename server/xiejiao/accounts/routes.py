"""Addresses of signing in and out, of one's own account, and of grants."""

from typing import NoReturn
from uuid import UUID

from flask import Blueprint, Response, request

from xiejiao.accounts import commands, queries, rules, schemas
from xiejiao.accounts.rules import Token
from xiejiao.database import reading, writing
from xiejiao.errors import FieldFault, InputError
from xiejiao.http import access, bodies, json
from xiejiao.http.access import caller, public, requires, signed_in
from xiejiao.http.network import network
from xiejiao.http.openapi import operation
from xiejiao.http.surroundings import surroundings
from xiejiao.language import Words
from xiejiao.roles import Permission

bp = Blueprint("accounts", __name__, url_prefix="/api/v1")

_CREATED = 201
_DONE = 204
_WRONG = Words("不对，或已失效", "is wrong, or has expired")


def _device() -> str:
    return rules.device(request.headers.get("User-Agent", ""))


def _refuse(field: str) -> NoReturn:
    """Say that a proof is wrong; after the transaction, for a refusal must not undo the count of what was tried."""
    raise InputError(FieldFault(field, _WRONG))


def _carrying(token: Token, response: Response) -> Response:
    return access.carry(response, token.text, seconds=int(token.lasts.total_seconds()))


# ── signing in and out ──


@bp.post("/sign-in-codes")
@public
@operation(
    body=schemas.CodeWanted, answer=schemas.CodeSent, status=202, example="/api/v1/sign-in-codes", problems=(429, 503)
)
def send_code() -> Response:
    """Send a code to a mobile number; says the same whether or not the number has an account."""
    around, asked = surroundings(), bodies.parsed(schemas.CodeWanted)
    phone = rules.mobile(asked.phone)
    with writing() as connection:
        commands.send_code(connection, around.keys, phone, network=network(), now=around.now(), draw=around.draw)
    again = rules.CODES_TO_A_PHONE[0].window
    sent = schemas.CodeSent(lasts_s=int(rules.CODE_LASTS.total_seconds()), again_after_s=int(again.total_seconds()))
    return json.answer(sent.model_dump(), status=202)


@bp.post("/sign-ins")
@public
@operation(body=schemas.SigningIn, answer=None, status=_DONE, example="/api/v1/sign-ins", problems=(429, 503))
def sign_in() -> Response:
    """Sign in: by number and code, by name, password and code, or by a link for demonstration.

    The answer sets a cookie that scripts cannot read. What is wrong of name, password and code is not said.
    """
    asked = bodies.parsed(schemas.SigningIn)
    token, field = _tried(asked)
    if token is None:
        _refuse(field)
    return _carrying(token, Response(status=_DONE))


def _tried(asked: schemas.SigningIn) -> tuple[Token | None, str]:
    around = surroundings()
    now, draw = around.now(), around.draw
    device, near = _device(), network()
    name = asked.name.strip().lower() if asked.name is not None else ""
    if asked.name is not None:
        with writing() as connection:
            commands.count_password_try(connection, around.keys, name, network=near, now=now)
    with writing() as connection:
        if asked.phone is not None:
            phone = rules.mobile(asked.phone)
            return commands.sign_in_with_code(
                connection, around.keys, phone, asked.code, network=near, device=device, now=now, draw=draw
            ), "code"
        if asked.name is not None and asked.password is not None:
            return commands.sign_in_with_password(
                connection, around.keys, name, asked.password, asked.code, device=device, now=now, draw=draw
            ), "password"
        link = asked.link or ""
        return commands.sign_in_with_link(connection, link, device=device, now=now, draw=draw), "link"


@bp.delete("/sign-ins/present")
@signed_in
@operation(answer=None, status=_DONE, example="/api/v1/sign-ins/present", problems=(503,))
def sign_out() -> Response:
    """Sign out here."""
    who = caller()
    with writing() as connection:
        if who.sign_in is not None:
            commands.end(connection, who, who.sign_in)
    return access.carry(Response(status=_DONE), None)


@bp.delete("/sign-ins")
@signed_in
@operation(answer=None, status=_DONE, example="/api/v1/sign-ins", problems=(503,))
def sign_out_everywhere() -> Response:
    """Sign out on every device."""
    with writing() as connection:
        commands.end_all(connection, caller())
    return access.carry(Response(status=_DONE), None)


@bp.delete("/sign-ins/<uuid:id>")
@signed_in
@operation(
    answer=None,
    status=_DONE,
    example="/api/v1/sign-ins/00000000-0000-0000-0000-000000000000",
    problems=(404, 503),
    id="Id of one of one's own sign-ins",
)
def end_sign_in(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Sign out on one other device."""
    with writing() as connection:
        commands.end(connection, caller(), id)
    return Response(status=_DONE)


@bp.get("/sign-ins")
@signed_in
@operation(answer=schemas.SignIns, example="/api/v1/sign-ins", problems=(503,))
def sign_ins() -> Response:
    """One's own sign-ins, last used first."""
    who = caller()
    with reading() as connection:
        found = queries.sign_ins(connection, who.account, now=surroundings().now())
    return json.answer(schemas.sign_ins(found, who))


# ── one's own account ──


@bp.get("/me")
@signed_in
@operation(answer=schemas.Me, example="/api/v1/me", problems=(503,))
def me() -> Response:
    """Who has signed in, what they may do, and what they must do first."""
    who = caller()
    with reading() as connection:
        queries.act(connection, who.account)
        account = queries.account(connection, who.account, keys=surroundings().keys)
        grants = queries.own_grants(connection)
    return json.answer(schemas.me(account, who, grants))


@bp.put("/me/password")
@signed_in
@operation(body=schemas.PasswordChange, answer=None, status=_DONE, example="/api/v1/me/password", problems=(429, 503))
def change_password() -> Response:
    """Change one's own password; signs out everywhere else."""
    around, asked = surroundings(), bodies.parsed(schemas.PasswordChange)
    with writing() as connection:
        token = commands.change_password(
            connection, caller(), asked.current, asked.new, now=around.now(), draw=around.draw
        )
    if token is None:
        _refuse("current")
    return _carrying(token, Response(status=_DONE))


@bp.post("/me/authenticator")
@signed_in
@operation(answer=schemas.Authenticator, example="/api/v1/me/authenticator", problems=(409, 503))
def new_authenticator() -> Response:
    """A new secret for an authenticator app; it counts once a code of it was given."""
    around, who = surroundings(), caller()
    with writing() as connection:
        secret = commands.new_authenticator(connection, around.keys, who, draw=around.draw)
        account = queries.account(connection, who.account, keys=around.keys)
    return json.answer(schemas.authenticator(secret, name=account.name or ""))


@bp.post("/me/authenticator/confirmation")
@signed_in
@operation(
    body=schemas.AuthenticatorCode,
    answer=schemas.RecoveryCodes,
    example="/api/v1/me/authenticator/confirmation",
    problems=(409, 429, 503),
)
def confirm_authenticator() -> Response:
    """Give a first code of the new authenticator; answers with the recovery codes, once."""
    around, asked = surroundings(), bodies.parsed(schemas.AuthenticatorCode)
    with writing() as connection:
        confirmed = commands.confirm_authenticator(
            connection, around.keys, caller(), asked.code, now=around.now(), draw=around.draw
        )
    if confirmed is None:
        _refuse("code")
    token, codes = confirmed
    return _carrying(token, json.answer({"recovery_codes": codes}))


# ── accounts and grants of others ──


@bp.post("/accounts")
@requires(Permission.GRANTS_GIVE)
@operation(
    body=schemas.StaffWanted, answer=schemas.StaffAdded, status=_CREATED, example="/api/v1/accounts", problems=(503,)
)
def add_staff() -> Response:
    """Add an account for a member of staff; its first password is told once and must be changed."""
    around, asked = surroundings(), bodies.parsed(schemas.StaffWanted)
    with writing() as connection:
        account, first = commands.add_staff(
            connection, asked.name, by=caller().account, now=around.now(), draw=around.draw
        )
    added = {"account": account, "name": rules.login_name(asked.name), "first_password": first}
    return json.answer(added, status=_CREATED)


@bp.get("/grants")
@requires(Permission.GRANTS_GIVE)
@operation(answer=schemas.Grants, example="/api/v1/grants", problems=(503,))
def grants() -> Response:
    """The grants within one's own part of the tree, those that wait for a second person first."""
    with reading() as connection:
        queries.as_giver(connection, caller())
        found = queries.grants(connection)
    return json.answer({"grants": [schemas.grant(held) for held in found]})


@bp.post("/grants")
@requires(Permission.GRANTS_GIVE)
@operation(
    body=schemas.GrantWanted, answer=schemas.GrantShown, status=_CREATED, example="/api/v1/grants", problems=(404, 503)
)
def give_grant() -> Response:
    """Give a role to somebody else; an administrator's holds once a second person has agreed."""
    around, who, asked = surroundings(), caller(), bodies.parsed(schemas.GrantWanted)
    with writing() as connection:
        identity = commands.give(
            connection,
            who,
            queries.by_name(connection, rules.login_name(asked.name)),
            asked.role,
            organisation=asked.organisation,
            site=asked.site,
            now=around.now(),
        )
        given = queries.grant(connection, identity)
    return json.answer(schemas.grant(given), status=_CREATED)


@bp.post("/grants/<uuid:id>/second")
@requires(Permission.GRANTS_GIVE)
@operation(
    answer=None,
    status=_DONE,
    example="/api/v1/grants/00000000-0000-0000-0000-000000000000/second",
    problems=(404, 409, 503),
    id="Id of the grant",
)
def second_grant(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Agree, as a second person, to a grant."""
    with writing() as connection:
        commands.second(connection, caller(), id, now=surroundings().now())
    return Response(status=_DONE)


@bp.delete("/grants/<uuid:id>")
@signed_in
@operation(
    answer=None,
    status=_DONE,
    example="/api/v1/grants/00000000-0000-0000-0000-000000000000",
    problems=(404, 503),
    id="Id of the grant",
)
def withdraw_grant(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Take a grant back, or give up one's own."""
    with writing() as connection:
        commands.withdraw(connection, caller(), id, now=surroundings().now())
    return Response(status=_DONE)

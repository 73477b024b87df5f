"""JSON of signing in, of one's own account, and of grants."""

import datetime as dt
from typing import Annotated, Any, Self
from uuid import UUID

import segno
from pydantic import BaseModel, ConfigDict, Field, model_validator

from xiejiao.accounts import proofs
from xiejiao.accounts.rules import Account, HeldGrant, SignIn
from xiejiao.hours import CHINA
from xiejiao.http.bodies import Body, Plain
from xiejiao.http.query_string import refuse
from xiejiao.roles import REACH, Caller, Reach, Role

_Phone = Annotated[Plain, Field(min_length=1, max_length=40)]
_Code = Annotated[Plain, Field(max_length=40)]
_Password = Annotated[str, Field(min_length=1, max_length=200)]
_Name = Annotated[Plain, Field(min_length=1, max_length=100)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


# ── in ──


class CodeWanted(Body):
    """Where to send a code."""

    phone: _Phone


class SigningIn(Body):
    """Number and code of a rider; name, password and code of staff; or a link for demonstration."""

    phone: _Phone | None = None
    name: _Name | None = None
    password: _Password | None = None
    code: _Code = ""
    link: Annotated[Plain, Field(max_length=100)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if [self.phone, self.name, self.link].count(None) != 2 or (self.name is None) != (self.password is None):  # noqa: PLR2004 - one of three
            refuse("请用手机号和验证码，或用户名和密码登录", "needs phone and code, or name and password")
        return self


class PasswordChange(Body):
    """The old password and the new one."""

    current: _Password
    new: _Password


class AuthenticatorCode(Body):
    """A code of the authenticator."""

    code: Annotated[Plain, Field(min_length=1, max_length=40)]


class StaffWanted(Body):
    """The name of a new account of staff."""

    name: _Name


class GrantWanted(Body):
    """Who is to have which role where."""

    name: _Name
    role: Annotated[Role, Field(strict=False)]
    organisation: Annotated[UUID, Field(strict=False)] | None = None
    site: Annotated[UUID, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _where(self) -> Self:
        reach = REACH[self.role]
        if (self.site is None) == (reach is Reach.SITE) or (self.organisation is None) == (reach is Reach.ORGANISATION):
            refuse("角色与地点不符", "names a role that does not hold at such a place")
        return self


# ── out ──


class CodeSent(_Answer):
    """A code is on its way, if the number is one that gets any."""

    lasts_s: int
    again_after_s: int


class GrantShown(_Answer):
    """A grant: who has which role where."""

    id: UUID
    account: UUID
    account_name: str | None
    role: Role
    organisation: UUID | None
    site: UUID | None
    site_code: str | None
    where: str | None
    given_at: str
    holds: bool
    given_by_me: bool


class Me(_Answer):
    """Who has signed in, and what they may do."""

    account: UUID
    kind: str
    name: str | None
    phone: str | None
    first_step: str | None
    permissions: list[str]
    grants: list[GrantShown]


class SignInShown(_Answer):
    """One of one's own sign-ins."""

    id: UUID
    device: str
    began_at: str
    seen_at: str
    present: bool


class SignIns(_Answer):
    """One's own sign-ins, last used first."""

    sign_ins: list[SignInShown]


class Authenticator(_Answer):
    """What an authenticator app takes in: typed, opened, or photographed from the path of an SVG of `modules` units."""

    secret: str
    uri: str
    path: str
    modules: int


class RecoveryCodes(_Answer):
    """Codes that each sign in once when the authenticator is lost."""

    recovery_codes: list[str]


class StaffAdded(_Answer):
    """A new account and its first password, told once."""

    account: UUID
    name: str
    first_password: str


class Grants(_Answer):
    """The grants within one's reach."""

    grants: list[GrantShown]


def authenticator(secret: str, *, name: str) -> dict[str, Any]:
    """A new authenticator as JSON."""
    uri = proofs.uri(secret, name=name, issuer="歇脚")
    drawn = segno.make(uri, error="m", micro=False)
    squares = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(drawn.matrix) for x, dark in enumerate(row) if dark]
    return {"secret": secret, "uri": uri, "path": "".join(squares), "modules": len(drawn.matrix)}


def _when(moment: dt.datetime) -> str:
    return moment.astimezone(CHINA).isoformat(timespec="seconds")


def grant(held: HeldGrant) -> dict[str, Any]:
    """A grant as JSON."""
    return {
        "id": held.id,
        "account": held.account,
        "account_name": held.account_name,
        "role": held.role,
        "organisation": held.organisation,
        "site": held.site,
        "site_code": held.site_code,
        "where": held.where,
        "given_at": _when(held.given_at),
        "holds": held.holds,
        "given_by_me": held.given_by_caller,
    }


def me(account: Account, who: Caller, grants: tuple[HeldGrant, ...]) -> dict[str, Any]:
    """The caller's own account as JSON."""
    may = set() if who.first_step else {permission for held in who.grants for permission in held.permissions}
    return {
        "account": account.id,
        "kind": account.kind,
        "name": account.name,
        "phone": account.phone,
        "first_step": who.first_step,
        "permissions": sorted(may),
        "grants": [grant(held) for held in grants],
    }


def sign_ins(found: tuple[SignIn, ...], who: Caller) -> dict[str, Any]:
    """The caller's own sign-ins as JSON."""
    return {
        "sign_ins": [
            {
                "id": each.id,
                "device": each.device,
                "began_at": _when(each.began_at),
                "seen_at": _when(each.seen_at),
                "present": each.id == who.sign_in,
            }
            for each in found
        ]
    }

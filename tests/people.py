"""People who sign in: staff with grants, riders, and clients that send what the app sends."""

import datetime as dt
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from xiejiao.accounts import commands, proofs, queries
from xiejiao.accounts.rules import CODE_DIGITS
from xiejiao.http.access import OWN_HEADER
from xiejiao.identity_number import check_character
from xiejiao.roles import Role, Scope
from xiejiao.sealed import Keys

ORIGIN = "http://localhost"
ADULT = dt.date(1990, 3, 7)


@dataclass(slots=True)
class Draw:
    """Bytes that look random and are the same in each run; remembers what it gave."""

    given: list[bytes] = field(default_factory=list)

    def __call__(self, count: int) -> bytes:
        """So many bytes."""
        drawn = b"".join(sha256(f"{len(self.given)} {part}".encode()).digest() for part in range(count // 32 + 1))[
            :count
        ]
        self.given.append(drawn)
        return drawn

    @property
    def last_code(self) -> str:
        """The code that was sent last: eight bytes are drawn for nothing else."""
        return proofs.digits(next(drawn for drawn in reversed(self.given) if len(drawn) == 8))


def another(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


class AppClient(FlaskClient):
    """Sends what the app sends beside its requests: its origin and its own header."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:  # noqa: ANN401 - as werkzeug has it
        """As in Flask, with the two headers unless others are given."""
        headers = {"Origin": ORIGIN, OWN_HEADER: "1", **dict(kwargs.pop("headers", {}))}
        return super().open(*args, headers={name: each for name, each in headers.items() if each}, **kwargs)


def client_of(app: Flask, token: str | None = None) -> FlaskClient:
    """A client of the app; signed in with a token."""
    client = AppClient(app)
    if token:
        client.set_cookie("xiejiao", token)
    return client


def staff(
    connection: Connection,
    name: str,
    role: Role | None = None,
    *,
    now: dt.datetime,
    draw: commands.Draw,
    organisation: UUID | None = None,
    site: UUID | None = None,
) -> UUID:
    """A member of staff who needs no first steps (as those for demonstration), with one role."""
    account, _ = commands.add_staff(connection, name, by=None, now=now, draw=draw, demo=True)
    if role:
        grant(connection, account, role, now=now, draw=draw, organisation=organisation, site=site)
    return account


def grant(
    connection: Connection,
    account: UUID,
    role: Role,
    *,
    now: dt.datetime,
    draw: commands.Draw,
    organisation: UUID | None = None,
    site: UUID | None = None,
) -> None:
    """One more role that holds, from somebody who may give everything."""
    root = connection.scalar(text("SELECT id FROM account WHERE name = 'root'"))
    if root is None:
        root, _ = commands.add_staff(connection, "root", by=None, now=now, draw=draw, demo=True)
    queries.act(connection, root, Scope(everywhere=True))
    connection.execute(
        text(
            "INSERT INTO role_grant (account_id, role, organisation_id, site_id, given_by, given_at, seconded_at)"
            " VALUES (:account, :role, :organisation, :site, :by, :now, :now)"
        ),
        {"account": account, "role": role, "organisation": organisation, "site": site, "by": root, "now": now},
    )
    queries.act(connection, None)


def id_number(sequence: int, *, area: str = "110101", born_on: dt.date = ADULT) -> str:
    """An ID number that can be one, put together here: nobody's is written down in a test."""
    digits = f"{area}{born_on:%Y%m%d}{sequence % 1000:03}"
    return digits + check_character(digits)


def phone(sequence: int) -> str:
    """A mobile number, made here."""
    return f"19{sequence % 10:01}{sequence % 10**8:08}"


def rider(connection: Connection, keys: Keys, number: str, *, now: dt.datetime, draw: "Draw") -> str:
    """A token with which the owner of a mobile number has signed in, by a code sent to it."""
    network = {"network": f"network of {number}"}
    commands.send_code(connection, keys, number, now=now, draw=draw, **network)
    token = commands.sign_in_with_code(
        connection, keys, number, draw.last_code, device="test", now=now, draw=draw, **network
    )
    assert token is not None
    queries.act(connection, None)
    return token.text


def signed_in(connection: Connection, account: UUID, *, now: dt.datetime, draw: commands.Draw) -> str:
    """A token with which the account has signed in."""
    link = commands.add_link(connection, account, draw=draw)
    token = commands.sign_in_with_link(connection, link, device="test", now=now, draw=draw)
    assert token is not None
    return token.text

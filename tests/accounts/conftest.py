"""What tests of accounts share: numbers nobody has, people at places of a small tree."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

import people
from people import Draw
from xiejiao.organisations import queries as organisations
from xiejiao.roles import REACH, Reach, Role

PHONE = "13800138000"
"""A number that the operator of the network keeps for itself."""


@pytest.fixture
def unions(connection: Connection) -> dict[str, UUID]:
    """The unions of the tests by their relation to Meizhou's."""
    paths = {
        "parent": "cn.guangdong",
        "own": "cn.guangdong.meizhou",
        "child": "cn.guangdong.meizhou.meijiang",
        "stranger": "cn.shandong.weihai",
    }
    found = organisations.ids(connection, paths.values())
    return {relation: found[path] for relation, path in paths.items()}


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Somebody with the app who has not signed in."""
    return people.client_of(app)


@pytest.fixture
def staff_with(
    app: Flask, connection: Connection, clock: object, draw: Draw, unions: dict[str, UUID]
) -> Callable[..., FlaskClient]:
    """Adds a member of staff with a role at the union that stands in a relation to Meizhou's; a client signed in."""

    def add(name: str, role: Role | None = None, relation: str = "own", site: UUID | None = None) -> FlaskClient:
        now = clock.now()  # type: ignore[attr-defined]  # the clock of conftest
        at = unions[relation] if role and REACH[role] is Reach.ORGANISATION else None
        account = people.staff(connection, name, role, now=now, draw=draw, organisation=at, site=site)
        return people.client_of(app, people.signed_in(connection, account, now=now, draw=draw))

    return add

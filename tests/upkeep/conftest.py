"""What tests of upkeep share: phones that vote, and the people who put things right."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

import people
from conftest import Clock
from people import Draw
from xiejiao.accounts import proofs
from xiejiao.calendar import queries as calendars
from xiejiao.hours import Calendar
from xiejiao.organisations import queries as organisations
from xiejiao.roles import REACH, Reach, Role
from xiejiao.sites.almanac import calendar_of
from xiejiao.upkeep import commands
from xiejiao.upkeep.commands import Ballot
from xiejiao.upkeep.rules import GROWN_AFTER, Says


@dataclass(slots=True)
class Crowd:
    """Phones with tokens, which vote when told; `links` are the private links of their votes, in order."""

    connection: Connection
    calendar: Calendar
    draw: Draw
    links: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def phone(self, now: dt.datetime, *, age: dt.timedelta = GROWN_AFTER) -> str:
        """The token of a phone that has had it for a while."""
        network = f"issuing {next(self._numbers)}"
        return commands.add_device(self.connection, network=network, now=now - age, draw=self.draw)

    def vote(
        self,
        site: str,
        says: Says = Says.SHUT,
        *,
        now: dt.datetime,
        network: str,
        device: str | None = None,
        amenity: str | None = None,
        account: UUID | None = None,
        key: str | None = None,
        near: bool = False,
        posted_open: bool = True,
    ) -> str:
        """A vote by a phone of its own unless one is named; its private link."""
        device = device or self.phone(now)
        ballot = Ballot(UUID(site), says, amenity, device, account, network, key, near, posted_open)
        link = proofs.token(f"{next(self._numbers):032}".encode())
        commands.vote(self.connection, ballot, link=proofs.digest(link), calendar=self.calendar, now=now)
        self.links.append(link)
        return link


@pytest.fixture
def calendar(connection: Connection) -> Calendar:
    """The days off and make-up days of the seed."""
    return calendar_of(calendars.announced(connection))


@pytest.fixture
def crowd(connection: Connection, calendar: Calendar, draw: Draw) -> Crowd:
    """Phones that may vote."""
    return Crowd(connection, calendar, draw)


MakeStaff = Callable[..., FlaskClient]


@pytest.fixture
def make_staff(app: Flask, connection: Connection, clock: Clock, draw: Draw) -> MakeStaff:
    """Adds a member of staff with a role at an organisation (its path) or a place; a client signed in."""
    names = count(1)

    def make(
        role: Role = Role.ORGANISATION_ADMIN, at: str = "cn.guangdong.meizhou", site: UUID | None = None
    ) -> FlaskClient:
        where = organisations.ids(connection, [at])[at] if REACH[role] is Reach.ORGANISATION else None
        name, now = f"staff.{next(names)}", clock.now()
        account = people.staff(connection, name, role, now=now, draw=draw, organisation=where, site=site)
        return people.client_of(app, people.signed_in(connection, account, now=now, draw=draw))

    return make

"""Writes of passes."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Connection, delete, insert

from xiejiao.cards import passes
from xiejiao.cards.models import card_pass
from xiejiao.cards.passes import Pass
from xiejiao.cards.rules import PASSES
from xiejiao.errors import NotFoundError, TooManyError
from xiejiao.hours import CHINA
from xiejiao.membership.rules import Membership
from xiejiao.quotas import commands as quotas
from xiejiao.sealed import Keys


def count(connection: Connection, account: UUID, *, now: dt.datetime) -> None:
    """Count a pass of the account; TooManyError when it has had enough of them today."""
    wait = quotas.spend(connection, [(PASSES, str(account))], now=now)
    if wait is not None:
        raise TooManyError(wait)


def issue(
    connection: Connection,
    keys: Keys,
    membership: Membership,
    phone_key: bytes,
    *,
    now: dt.datetime,
    draw: Callable[[int], bytes],
) -> tuple[Pass, bytes]:
    """A pass of a membership for the phone with this key: what it says, and as it is signed."""
    if membership.name is None:
        raise NotFoundError
    today = now.astimezone(CHINA).date()
    fresh = Pass(
        reference=draw(passes.REFERENCE_BYTES),
        from_on=today,
        until_on=today + dt.timedelta(days=passes.LASTS_DAYS - 1),
        phone_key=phone_key,
        name=passes.masked(membership.name),
        union=passes.shortened(membership.union.name),
    )
    connection.execute(
        insert(card_pass).values(reference=fresh.reference, membership_id=membership.id, until_on=fresh.until_on)
    )
    return fresh, passes.signed(fresh, passes.signing_key(keys.cards, today))


def forget(connection: Connection, *, now: dt.datetime) -> None:
    """Drop what is known of passes whose last day is over everywhere, clocks that are slow included."""
    yesterday = now.astimezone(CHINA).date() - dt.timedelta(days=1)
    connection.execute(delete(card_pass).where(card_pass.c.until_on < yesterday))

"""Reads of who is a member now, and of passes that have ended."""

from uuid import UUID

from sqlalchemy import Connection, text

from xiejiao.errors import NotFoundError
from xiejiao.membership import queries as members
from xiejiao.membership.rules import Membership, MembershipStatus
from xiejiao.sealed import Keys

_ENDED = text("SELECT ended_cards()")


def ended(connection: Connection) -> list[bytes]:
    """The references of passes that hold no more, though their last day is not over; in an order that tells nothing."""
    return sorted(connection.scalars(_ENDED))


def current(connection: Connection, keys: Keys, account: UUID) -> Membership:
    """The account's present membership, which it must act for (`act`); NotFoundError when there is none."""
    own = members.own_memberships(connection, keys, account)
    found = next((each for each in own if each.status is MembershipStatus.CURRENT), None)
    if found is None:
        raise NotFoundError
    return found

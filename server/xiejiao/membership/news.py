"""Messages to applicants and members: a number, and that there is news."""

import datetime as dt

from sqlalchemy import Connection

from xiejiao.membership import rules
from xiejiao.membership.files import Draw
from xiejiao.messages import commands as messages
from xiejiao.messages.rules import Template
from xiejiao.sealed import Keys


def tell(
    connection: Connection, keys: Keys, template: Template, phone: str, number: str, *, now: dt.datetime, draw: Draw
) -> None:
    """Write the message; it names nobody and nothing that happened."""
    messages.send(
        connection,
        keys,
        phone=phone,
        template=template,
        parameters={"number": number},
        now=now,
        draw=draw,
        expires=now + rules.MESSAGE_HOLDS,
    )

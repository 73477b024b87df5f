"""Members of unions, as a membership lies in the database once it has begun."""

import datetime as dt
import json
import os
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from xiejiao.identity_number import IdentityNumber, check_character
from xiejiao.membership import files
from xiejiao.sealed import Keys

NAME = "测试员"
_SEQUENCE = count(1)
_ADD = text(
    "INSERT INTO membership (id, number, account_id, organisation_id, path, trade, since, id_digest, id_tail_digest,"
    " phone_digest, phone_tail_digest, person_digest, likeness, form, id_number)"
    " SELECT :id, :number, :account, organisation.id, organisation.path, 'courier', :since, :id_digest,"
    " :id_tail_digest, :phone_digest, :phone_tail_digest, :person_digest, CAST(:likeness AS bytea[]), :form, :id_number"
    " FROM organisation WHERE organisation.id = :union"
)
_ADD_KEY = text("INSERT INTO file_key (file, wrapped) VALUES (:file, :wrapped)")


def _id_number() -> IdentityNumber:
    """A number that is drawn for the test, and of nobody."""
    digits = f"44140219900307{next(_SEQUENCE):03}"
    return IdentityNumber(digits + check_character(digits))


def join(connection: Connection, keys: Keys, account: UUID, union: UUID, *, since: dt.datetime) -> UUID:
    """A membership of the account, written by somebody who reaches all rows; its id."""
    identity, number = uuid4(), _id_number()
    key, wrapped = files.new_key(keys, identity, draw=os.urandom)
    form = {
        "name": NAME,
        "phone": None,
        "id_number_masked": number.masked(),
        "sex": number.sex,
        "born_on": number.born_on.isoformat(),
        "employer": "",
        "workplace": "",
        "more": None,
    }
    parts = files.sealed_parts(key, "membership", identity, json.dumps(form), number.text, draw=os.urandom)
    values = {"id": identity, "number": f"M2026{next(_SEQUENCE):08}", "account": account, "union": union}
    digests = files.digests(keys, NAME, number, None).columns()
    connection.execute(_ADD, {**values, "since": since, **digests, **parts})
    connection.execute(_ADD_KEY, {"file": identity, "wrapped": wrapped})
    return identity


def end(connection: Connection, identity: UUID, *, now: dt.datetime) -> None:
    """Let a membership end."""
    connection.execute(
        text("UPDATE membership SET status = 'left', until = :now WHERE id = :id"), {"id": identity, "now": now}
    )

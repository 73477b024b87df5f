"""Addresses of members' cards."""

from flask import Blueprint, Response

from xiejiao.accounts.queries import act
from xiejiao.cards import commands, queries, schemas
from xiejiao.database import reading_once, writing
from xiejiao.http import bodies, json
from xiejiao.http.access import caller, public, signed_in
from xiejiao.http.openapi import operation
from xiejiao.http.surroundings import surroundings

bp = Blueprint("cards", __name__, url_prefix="/api/v1")

KEYS_MAX_AGE_S = 3_600


@bp.post("/me/card")
@signed_in
@operation(
    body=schemas.PassWanted,
    answer=schemas.CardPass,
    status=201,
    example="/api/v1/me/card",
    problems=(404, 429, 503),
)
def issue() -> Response:
    """Make the phone with this key one's card for fourteen days; 404 for who is not a member now."""
    around, who = surroundings(), caller().account
    now, phone_key = around.now(), schemas.phone_key(bodies.parsed(schemas.PassWanted))
    with writing() as connection:
        act(connection, who)
        membership = queries.current(connection, around.keys, who)
        commands.count(connection, who, now=now)
        fresh, signed = commands.issue(connection, around.keys, membership, phone_key, now=now, draw=around.draw)
    return json.answer(schemas.card_pass(fresh, signed, membership), status=201)


@bp.get("/cards/keys")
@public
@operation(answer=schemas.CardKeys, example="/api/v1/cards/keys", problems=(429,))
def keys() -> Response:
    """What anybody needs to check cards without a network: the keys, and the passes that have ended."""
    around = surroundings()
    with reading_once() as connection:
        ended = queries.ended(connection)
    return json.compressed(schemas.card_keys(around.keys.cards, ended, at=around.now()), max_age_s=KEYS_MAX_AGE_S)

"""Whose places these are: the condition of SQL says of every place what the rules of rights say."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from conftest import FRIDAY_14
from xiejiao.errors import NotFoundError
from xiejiao.organisations import commands as organisations
from xiejiao.organisations.rules import Level, Organisation
from xiejiao.roles import Scope
from xiejiao.sites import commands, queries
from xiejiao.sites.commands import Deed
from xiejiao.sites.rules import Amenity, AmenityState, Site, SiteDraft
from xiejiao.upkeep import queries as upkeep
from xiejiao.upkeep.rules import Kept
from xiejiao.vocabulary.rules import Vocabulary

pytestmark = pytest.mark.db

MakeSite = Callable[..., Site]
WORLDS = 12
SCOPES = 25
ALL = Scope(everywhere=True)


def tree(draw: Random) -> list[str]:
    """Paths beneath the nation, some of whose labels begin like others."""
    paths = ["cn"]
    for _ in range(draw.randrange(4, 24)):
        path = f"{draw.choice(paths)}.{draw.choice(['a', 'ab', 'abc', 'b', 'z'])}"
        if path not in paths and path.count(".") < 6:
            paths.append(path)
    return [path for path in paths if path != "cn"]


def scopes(draw: Random, paths: list[str], ids: list[UUID]) -> Iterator[Scope]:
    """Rights in many shapes: nowhere, everywhere, beneath some, at some places, beneath what does not exist."""
    yield from (Scope(), ALL, Scope(paths=("cn.nowhere",)), Scope(sites=(uuid4(),)))
    for _ in range(SCOPES):
        yield Scope(
            paths=tuple(draw.sample(paths, draw.randrange(min(4, len(paths) + 1)))),
            sites=tuple(draw.sample(ids, draw.randrange(4))),
        )


@pytest.fixture
def compare(connection: Connection, words: Vocabulary, deed: Deed, plain: SiteDraft) -> Callable[[int], None]:
    """Makes a world of unions and places, and holds the queries against the rules in many scopes."""

    def compared(seed: int) -> None:
        draw = Random(seed)  # noqa: S311 - the same worlds every time
        paths = tree(draw)
        named = [Organisation(path, path, Level.COUNTY, None, None, accepts_applications=False) for path in paths]
        organisations.add(connection, named)
        drafts = [replace(plain, organisation=draw.choice(["cn", *paths])) for _ in range(30)]
        ids = commands.add(connection, drafts, words=words, deed=deed)
        for scope in scopes(draw, paths, ids):
            expected = {
                identity
                for identity, place in zip(ids, drafts, strict=True)
                if scope.holds_for(place.organisation) or identity in scope.sites
            }
            found = keeping(connection, scope, limit=1_000)
            assert {place.id for place in found} == expected, scope
            assert {identity for identity in ids[:5] if taken_up(connection, identity, scope)} == expected & {*ids[:5]}

    return compared


def keeping(connection: Connection, scope: Scope, *, offset: int = 0, limit: int = 100) -> tuple[Kept, ...]:
    """What who has these rights sees in the table of places."""
    now = FRIDAY_14
    return upkeep.kept(connection, scope, now=now, today=now.date(), lack=None, q=None, offset=offset, limit=limit)


def taken_up(connection: Connection, identity: UUID, scope: Scope) -> bool:
    """Whether a place exists for who has these rights."""
    try:
        return queries.for_upkeep(connection, identity, scope).id == str(identity)
    except NotFoundError:
        return False


@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_scope_holds_the_places_that_the_rules_say(compare: Callable[[int], None], seed: int) -> None:
    compare(seed)


@pytest.mark.parametrize("dropped", ["_IN_THE_TREE", "_AMONG"])
@pytest.mark.parametrize("instead", ["TRUE", "FALSE"])
def test_a_condition_that_is_dropped_would_be_caught(
    compare: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, dropped: str, instead: str
) -> None:
    monkeypatch.setattr(queries, dropped, instead)
    with pytest.raises(AssertionError):
        compare(0)


def test_what_is_managed_is_told_with_what_needs_doing(connection: Connection, make_site: MakeSite, deed: Deed) -> None:
    box = Amenity("medicine_box", AmenityState.WORKS, expires_on=date(2027, 3, 1))
    aed = Amenity("aed", AmenityState.EMPTY, expires_on=date(2026, 12, 1))
    needy = make_site(amenities=(box, aed, Amenity("microwave", AmenityState.BROKEN)), confirmed_at=deed.when)
    commands.set_conflicting(connection, UUID(needy.id), deed.when, deed=deed)
    fine = make_site()
    gone = make_site()
    commands.close(connection, UUID(gone.id), on=deed.when.date(), reason="拆除", version=1, deed=deed)
    found = {place.code: place for place in keeping(connection, ALL)}
    assert found.keys() == {needy.code, fine.code}
    told = found[needy.code]
    assert (told.name, told.kind) == (needy.name, "rest_station")
    assert (told.confirmed_at, told.conflicting_since) == (deed.when, deed.when)
    assert (told.broken, told.next_expiry_on) == (2, date(2026, 12, 1))
    assert (found[fine.code].broken, found[fine.code].next_expiry_on) == (0, None)


def test_what_is_managed_comes_a_page_at_a_time(connection: Connection, make_site: MakeSite) -> None:
    codes = sorted(make_site().code for _ in range(5))
    first, second = keeping(connection, ALL, limit=3), keeping(connection, ALL, offset=3, limit=3)
    assert [place.code for place in (*first, *second)] == codes

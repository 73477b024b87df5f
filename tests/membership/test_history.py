"""The history: each row vouches for all before it, so whatever is done to it shows, and where."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from conftest import KEYS
from membership.conftest import House
from xiejiao import database, sealed
from xiejiao.cluster import Cluster, Role
from xiejiao.membership import chain, queries
from xiejiao.membership.chain import START, Walked

pytestmark = pytest.mark.db
KEY = chain.key_of(KEYS)


@pytest.fixture
def course(house: House) -> list[bytes]:
    """Some history: three applications, decided; the macs of its rows in order."""
    officer = house.officer()
    for _ in range(3):
        taken = house.rider().send().json
        house.decide(officer, taken, "return", reason="other", words="请补充")
    return [row.mac for row in house.everything("SELECT mac FROM membership_event ORDER BY id")]


def rows(connection: Connection) -> list[tuple[chain.Link, bytes]]:
    """The history as a verifier reads it."""
    connection.execute(text("SELECT set_config('xiejiao.everywhere', 'yes', true)"))
    return list(queries.history(connection))


def test_an_untouched_history_holds(house: House, course: list[bytes]) -> None:
    walked = chain.walk(KEY, rows(house.connection), noted=course[2])
    assert walked == Walked(6, rows(house.connection)[-1][0].id, course[-1], noted=True)


def test_no_history_holds_too() -> None:
    assert chain.walk(KEY, []) == Walked(0, None, START)


@pytest.mark.parametrize(
    "field", ["application", "at", "account", "by", "what", "reason", "words", "details", "version"]
)
def test_an_altered_row_is_named(house: House, course: list[bytes], field: str) -> None:

    found = rows(house.connection)
    assert len(found) == len(course)
    link, mac = found[3]
    values: dict[str, object] = {
        "application": found[0][0].application, "at": found[0][0].at.replace(year=2020), "account": None, "by": "clock",
        "what": "approve", "reason": "name_differs", "words": b"other", "details": {}, "version": 9,
    }  # fmt: skip
    found[3] = (replace(link, **{field: values[field]}), mac)  # type: ignore[arg-type]  # one of the fields
    assert chain.walk(KEY, found).broken == link.id


def test_a_row_that_is_missing_is_found_at_the_next(house: House, course: list[bytes]) -> None:
    found = rows(house.connection)
    for place in range(len(course) - 1):
        left = found[:place] + found[place + 1 :]
        assert chain.walk(KEY, left).broken == found[place + 1][0].id


def test_rows_that_changed_places_are_named(house: House, course: list[bytes]) -> None:
    found = rows(house.connection)
    assert course
    found[1], found[2] = found[2], found[1]
    assert chain.walk(KEY, found).broken == found[1][0].id


def test_a_tail_that_was_cut_off_is_found_by_a_mac_that_was_noted(house: House, course: list[bytes]) -> None:
    found = rows(house.connection)[:-2]
    assert chain.walk(KEY, found).broken is None, "without the noted one nothing shows"
    assert not chain.walk(KEY, found, noted=course[-1]).noted
    assert chain.walk(KEY, found, noted=course[-3]).noted


def test_who_has_no_key_makes_no_row_that_fits(house: House, course: list[bytes]) -> None:
    found = rows(house.connection)
    forged = chain.key_of(sealed.fresh(bytes(range(1, 2 * sealed.KEY_BYTES + 1))))
    link, _ = found[-1]
    found[-1] = (link, chain.mac(forged, course[-2], link))
    assert chain.walk(KEY, found).broken == link.id


@pytest.fixture
def owner(private_cluster: Cluster, database_name: str) -> Iterator[Connection]:
    """A transaction of the owner, who sees every row."""
    with database.connected(private_cluster.url(Role.OWNER, database_name)) as connection:
        yield connection
        connection.rollback()


def test_the_owner_reads_the_history_part_by_part(owner: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_AT_A_TIME", 2)
    statement = (
        "INSERT INTO membership_event (id, application_id, at, by_role, what, mac)"
        " SELECT 1000 + n, gen_random_uuid(), now(), 'clock', 'overdue', '' FROM generate_series(1, 5) n"
    )
    owner.execute(text(statement))
    assert [link.id for link, _ in queries.history(owner)][-5:] == [1001, 1002, 1003, 1004, 1005]

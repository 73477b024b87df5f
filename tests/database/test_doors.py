"""What the doors to the database let through, and what they keep between two visits."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from xiejiao import database
from xiejiao.cluster import Cluster, Role
from xiejiao.database import Pools

pytestmark = pytest.mark.db

PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%knows_it_again%'")
ASKED = text("SELECT 1 AS knows_it_again")


@pytest.fixture
def pools(private_cluster: Cluster, database_name: str) -> Iterator[Pools]:
    made = database.pools(private_cluster.url(Role.APP, database_name))
    yield made
    made.close()


def test_a_read_that_is_asked_again_is_not_planned_again(pools: Pools) -> None:
    for door in (pools.reading, pools.reading_once):
        for _ in range(4):
            with door() as connection:
                connection.execute(ASKED)
        with door() as connection:
            assert connection.scalar(PREPARED) == 1


def test_reading_sees_one_snapshot_and_reading_once_the_latest(
    pools: Pools, private_cluster: Cluster, database_name: str
) -> None:
    known = text("SELECT count(*) FROM hours WHERE text = 'Mo 01:23-04:56'")
    with pools.reading() as one, pools.reading_once() as latest:
        assert (one.scalar(known), latest.scalar(known)) == (0, 0)
        with pools.writing() as writing:
            writing.execute(text("INSERT INTO hours (text) VALUES ('Mo 01:23-04:56')"))
        seen = one.scalar(known), latest.scalar(known)
    with database.connected(private_cluster.url(Role.OWNER, database_name)) as owner, owner.begin():
        owner.execute(text("DELETE FROM hours WHERE text = 'Mo 01:23-04:56'"))
    assert seen == (0, 1)


def test_nothing_can_be_written_while_reading(pools: Pools) -> None:
    with pytest.raises(DBAPIError, match="read-only"), pools.reading() as connection:
        connection.execute(text("INSERT INTO hours (text) VALUES ('24/7')"))

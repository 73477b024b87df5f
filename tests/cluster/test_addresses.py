"""Where the private cluster lies and under which address each role reaches the database."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.pq import Conninfo

from xiejiao import cluster
from xiejiao.cluster import Role
from xiejiao.config import Config
from xiejiao.errors import OperatorError

LONGEST = 107
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda name: name not in {".", ".."}
)


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_the_address_of_the_socket_is_never_too_long_and_libpq_reads_it_back(names: list[str]) -> None:
    found = cluster.at(Path("/nowhere", *names))
    assert len(os.fsencode(found.sockets / ".s.PGSQL.5432")) <= LONGEST
    read = {each.keyword: each.val for each in Conninfo.parse(found.url(Role.APP).encode())}
    assert read[b"host"] == os.fsencode(found.sockets)
    assert read[b"user"] == b"xiejiao_app"
    assert read[b"dbname"] == b"xiejiao"


def test_a_short_folder_holds_its_socket_itself() -> None:
    assert cluster.at(Path("/srv/xiejiao/var")).sockets == Path("/srv/xiejiao/var/postgres/run")


def test_two_long_folders_have_two_sockets() -> None:
    long = Path("/srv") / ("x" * 120)
    assert cluster.at(long / "a").sockets != cluster.at(long / "b").sockets


def test_a_folder_that_was_moved_away_from_its_cluster_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "postgres-lies-in").write_text("/var/lib/xiejiao/0000000000000000\n")
    with pytest.raises(OperatorError, match=r"if this folder was moved, run `mv /var/lib/xiejiao/0000000000000000 "):
        cluster.at(tmp_path)


OUTSIDE = Config(database_url="postgresql://app@db/x", database_owner_url="postgresql://owner@db/x")


@pytest.mark.parametrize(
    ("config", "role", "url"),
    [
        (OUTSIDE, Role.APP, "postgresql://app@db/x"),
        (OUTSIDE, Role.OWNER, "postgresql://owner@db/x"),
        (OUTSIDE, Role.READ, "postgresql://app@db/x"),
        (replace(OUTSIDE, database_read_url="postgresql://read@standby/x"), Role.READ, "postgresql://read@standby/x"),
    ],
)
def test_settings_name_the_outside_server(config: Config, role: Role, url: str) -> None:
    assert cluster.address(config, role) == url


def test_without_settings_each_role_reaches_the_private_cluster(tmp_path: Path) -> None:
    for role in Role:
        assert cluster.address(Config(var=str(tmp_path)), role) == cluster.at(tmp_path).url(role)


def test_the_owner_of_an_outside_server_has_to_be_named() -> None:
    with pytest.raises(OperatorError, match="DATABASE_OWNER_URL"):
        cluster.address(Config(database_url="postgresql://app@db/x"), Role.OWNER)

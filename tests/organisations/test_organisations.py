"""The union tree: who stands beneath whom, and which organisations cannot be."""

import pytest
from sqlalchemy import Connection, select, text

from xiejiao.errors import InputError
from xiejiao.organisations import commands, queries
from xiejiao.organisations.models import organisation
from xiejiao.organisations.rules import Level, Organisation

pytestmark = pytest.mark.db


def union(path: str, name: str = "工会") -> Organisation:
    """An organisation at a path."""
    return Organisation(path, name, Level.TOWN, None, None, accepts_applications=False)


def beneath(connection: Connection, *paths: str) -> set[str]:
    """The paths of all organisations that are one of `paths` or stand beneath one."""
    condition = queries.beneath(paths)
    return set(connection.scalars(select(organisation.c.path.op("::")(text("text"))).where(condition)))


def test_beneath_holds_the_union_itself_and_all_under_it(connection: Connection) -> None:
    assert beneath(connection, "cn.guangdong") == {
        "cn.guangdong",
        "cn.guangdong.chaozhou",
        "cn.guangdong.meizhou",
        "cn.guangdong.meizhou.meijiang",
    }
    assert beneath(connection, "cn.guangdong.meizhou.meijiang", "cn.shandong.weihai") == {
        "cn.guangdong.meizhou.meijiang",
        "cn.shandong.weihai",
    }


def test_beneath_nothing_is_nothing(connection: Connection) -> None:
    assert beneath(connection) == beneath(connection, "cn.nowhere") == set()


def test_a_path_that_begins_with_the_same_letters_is_not_beneath(connection: Connection) -> None:
    commands.add(connection, [union("cn.guangdong2")])
    assert "cn.guangdong2" not in beneath(connection, "cn.guangdong")


def test_parents_may_come_after_their_children(connection: Connection) -> None:
    commands.add(connection, [union("cn.hubei.wufeng.town"), union("cn.hubei.wufeng"), union("cn.hubei")])
    assert len(beneath(connection, "cn.hubei")) == 3


def test_an_organisation_that_is_known_is_left_as_people_made_it(connection: Connection) -> None:
    (before,) = queries.ids(connection, ["cn.shandong.weihai"]).values()
    commands.add(connection, [union("cn.shandong.weihai", "威海市总工会(新)")])
    (after,) = queries.ids(connection, ["cn.shandong.weihai"]).values()
    assert after == before
    assert queries.path(connection, before) == "cn.shandong.weihai"
    assert connection.scalar(select(organisation.c.name).where(organisation.c.id == before)) == "威海市总工会"


def test_every_path_that_cannot_be_is_named(connection: Connection) -> None:
    wrong = ["cn.a-b", "cn..x", "", "cn.nowhere.town", ".".join(["cn"] * 13), "cn.梅江"]
    with pytest.raises(InputError) as refused:
        commands.add(connection, [*map(union, wrong), union("cn.good")])
    assert [fault.field for fault in refused.value.faults] == wrong
    assert "cn.good" not in beneath(connection, "cn")


def test_nothing_to_put_is_nothing_done(connection: Connection) -> None:
    commands.add(connection, [])
    assert queries.ids(connection, []) == {}

"""Rights: who may do what, and who may give what, over all roles and all relations in the tree."""

from itertools import product
from uuid import UUID

import pytest

from xiejiao.roles import PERMISSIONS, REACH, Caller, Grant, Permission, Reach, Role, is_beneath, may_be_given

ACCOUNT, SITE = UUID(int=1), UUID(int=2)
OWN = "cn.guangdong.meizhou"
RELATIONS = {
    "own": OWN,
    "child": f"{OWN}.meijiang",
    "parent": "cn.guangdong",
    "sibling": "cn.guangdong.shenzhen",
    "namesake": f"{OWN}2",
    "stranger": "cn.fujian",
}


def grant_of(role: Role) -> Grant:
    """The role where it can hold, at OWN."""
    return {
        Reach.SITE: Grant(role, site=SITE),
        Reach.ORGANISATION: Grant(role, path=OWN),
        Reach.INSTALLATION: Grant(role),
    }[REACH[role]]


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)))
def test_a_caller_may_what_the_table_says_and_only_where_the_grant_holds(role: Role, permission: Permission) -> None:
    caller = Caller(ACCOUNT, staff=True, grants=(grant_of(role),))
    assert caller.may(permission) is (permission in PERMISSIONS[role])
    scope = caller.scope(permission)
    if permission not in PERMISSIONS[role]:
        assert scope == Caller(ACCOUNT, staff=True).scope(permission)
        return
    assert scope.everywhere is (REACH[role] is Reach.INSTALLATION)
    assert scope.sites == ((SITE,) if REACH[role] is Reach.SITE else ())
    allowed = {name for name, path in RELATIONS.items() if scope.holds_for(path)}
    assert (
        allowed
        == {Reach.SITE: set(), Reach.ORGANISATION: {"own", "child"}, Reach.INSTALLATION: set(RELATIONS)}[REACH[role]]
    )


@pytest.mark.parametrize(("giver", "role", "relation"), list(product(Role, Role, RELATIONS)))
def test_a_role_is_given_inside_the_givers_part_of_the_tree_only(giver: Role, role: Role, relation: str) -> None:
    gives = Permission.GRANTS_GIVE in PERMISSIONS[giver]
    in_the_installation = REACH[giver] is Reach.INSTALLATION
    within = in_the_installation or (REACH[role] is not Reach.INSTALLATION and relation in {"own", "child"})
    assert may_be_given(role, RELATIONS[relation], [grant_of(giver)]) is (gives and within)


def test_no_grant_gives_nothing() -> None:
    assert not any(may_be_given(role, OWN, []) for role in Role)


def test_personal_data_is_nothing_for_who_runs_the_installation() -> None:
    assert not {each for each in PERMISSIONS[Role.SYSTEM_ADMIN] if each.startswith("applications:")}


def test_a_longer_label_is_not_beneath() -> None:
    assert is_beneath("cn.a.b", "cn.a")
    assert not is_beneath("cn.ab", "cn.a")
    assert not is_beneath("cn.a", "cn.a.b")


def test_permissions_are_in_order() -> None:
    assert list(Permission) == sorted(Permission)

"""Writes of the union tree."""

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words
from xiejiao.organisations.models import organisation
from xiejiao.organisations.queries import ids
from xiejiao.organisations.rules import PATH, Organisation


def add(connection: Connection, organisations: Sequence[Organisation]) -> None:
    """Add the organisations whose path is not known yet; parents may stand in any order.

    Raises InputError that names every path which is malformed or whose parent exists neither here nor there.
    """
    well_formed = {each.path for each in organisations if PATH.fullmatch(each.path)}
    parents = {path.rpartition(".")[0] for path in well_formed} - {""}
    known = well_formed | ids(connection, parents).keys()
    faults = [
        FieldFault(each.path, Words("组织路径格式不对", "the path is malformed"))
        if not PATH.fullmatch(each.path)
        else FieldFault(each.path, Words("上级组织不存在", "its parent does not exist"))
        for each in organisations
        if not PATH.fullmatch(each.path) or each.path.rpartition(".")[0] not in known | {""}
    ]
    if faults:
        raise InputError(*faults)
    if organisations:
        connection.execute(
            insert(organisation).on_conflict_do_nothing(index_elements=["path"]),
            [
                {
                    "path": each.path,
                    "name": each.name,
                    "level": each.level,
                    "division_code": each.division_code,
                    "contact": each.contact,
                    "accepts_applications": each.accepts_applications,
                    "trades": list(each.trades),
                    "approval_levels": each.approval_levels,
                }
                for each in organisations
            ],
        )

"""What an organisation of the union tree is."""

import re
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+){0,11}")


class Level(StrEnum):
    """Where in the tree an organisation stands; a pool takes applications that no union claims yet."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    COMMUNITY = "community"
    ENTERPRISE = "enterprise"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Organisation:
    """One union; `path` holds the labels from the nation down, as `cn.guangdong.meizhou`."""

    path: str
    name: str
    level: Level
    division_code: str | None
    contact: str | None
    accepts_applications: bool
    trades: tuple[str, ...] = ()
    """Trades of which it is the federation; others have none."""
    approval_levels: int = 1
    """Two, where a union above approves after it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A union as it is found by its name; `above` is the name of its parent."""

    id: UUID
    name: str
    level: Level
    above: str | None
    division_code: str | None
    accepts_applications: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """A union as an application sees it."""

    id: UUID
    name: str
    path: str
    approval_levels: int
    takes: bool
    """Whether it takes applications and has not closed."""

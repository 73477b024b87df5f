"""What an organisation of the union tree is."""

import re
from dataclasses import dataclass
from enum import StrEnum

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

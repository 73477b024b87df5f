"""The PostgreSQL programs that this machine has installed, in the layout of Debian's packages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xiejiao.errors import OperatorError

LEAST_POSTGRESQL = 14
LEAST_POSTGIS = (3, 1)
_PROGRAMS = Path("/usr/lib/postgresql")
_SHARED = Path("/usr/share/postgresql")


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of one major version of PostgreSQL."""

    major: int
    folder: Path

    def path(self, name: str) -> str:
        """Where the program `name` lies."""
        return str(self.folder / name)


def with_postgis(programs: Path = _PROGRAMS, shared: Path = _SHARED) -> list[Programs]:
    """Every installed version of PostgreSQL that is new enough and has a PostGIS that is new enough, newest first."""
    return sorted(_found(programs, shared), key=lambda each: each.major, reverse=True)


def _found(programs: Path, shared: Path) -> Iterator[Programs]:
    for server in programs.glob("*/bin/postgres"):
        major, control = server.parents[1].name, shared / server.parents[1].name / "extension" / "postgis.control"
        if major.isdecimal() and int(major) >= LEAST_POSTGRESQL and _postgis(control) >= LEAST_POSTGIS:
            yield Programs(int(major), server.parent)


def _postgis(control: Path) -> tuple[int, ...]:
    text = control.read_text() if control.exists() else ""
    version = re.search(r"default_version\s*=\s*'(\d+)\.(\d+)", text)
    return tuple(int(number) for number in version.groups()) if version else ()


def newest() -> Programs:
    """The newest PostgreSQL with PostGIS; OperatorError when there is none."""
    found = with_postgis()
    if not found:
        wanted = f"PostgreSQL {LEAST_POSTGRESQL} or newer with PostGIS {'.'.join(map(str, LEAST_POSTGIS))} or newer"
        message = f"{wanted} is not installed; run script/setup, or install the package postgresql-15-postgis-3."
        raise OperatorError(message)
    return found[0]


def client(name: str) -> str:
    """Where the newest client program `name` lies; OperatorError when there is none."""
    found = [file for file in _PROGRAMS.glob(f"*/bin/{name}") if file.parents[1].name.isdecimal()]
    if not found:
        message = f"The program {name} is not installed; install the package postgresql-client."
        raise OperatorError(message)
    return str(max(found, key=lambda file: int(file.parents[1].name)))


def of_cluster(data: Path, version: str) -> Programs:
    """The programs for the data directory `data` of the major `version`; OperatorError when they are missing."""
    for each in with_postgis():
        if str(each.major) == version:
            return each
    message = (
        f"The cluster in {data} was made by PostgreSQL {version}, which is not installed with PostGIS; "
        f"install postgresql-{version}-postgis-3, or move {data} away to begin with an empty cluster."
    )
    raise OperatorError(message)


def without_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without the variables by which libpq would be led to another server, role or setting."""
    return {name: value for name, value in environment.items() if not re.fullmatch(r"PG[A-Z]+", name)}

"""Which PostgreSQL is taken, and what libpq is kept from seeing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiejiao import postgresql


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return tmp_path / "lib"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    return tmp_path / "share"


def install(programs: Path, shared: Path, major: str, postgis: str = "") -> None:
    server = programs / major / "bin" / "postgres"
    server.parent.mkdir(parents=True)
    server.touch()
    extension = shared / major / "extension"
    extension.mkdir(parents=True)
    if postgis:
        (extension / "postgis.control").write_text(f"comment = 'PostGIS'\ndefault_version = '{postgis}'\n")


def test_the_newest_with_postgis_comes_first(programs: Path, shared: Path) -> None:
    install(programs, shared, "9.6", "3.3.2")
    install(programs, shared, "15", "3.3.2")
    install(programs, shared, "17", "3.5.0")
    install(programs, shared, "18")
    assert [each.major for each in postgresql.with_postgis(programs, shared)] == [17, 15]


@pytest.mark.parametrize(
    ("major", "postgis", "taken"),
    [
        ("13", "3.3.2", False),
        ("14", "3.0.3", False),
        ("14", "3.1.0", True),
        ("16", "3.10.1", True),
        ("15", "2.5", False),
    ],
)
def test_what_is_too_old_is_not_taken(programs: Path, shared: Path, major: str, postgis: str, *, taken: bool) -> None:
    install(programs, shared, major, postgis)
    assert bool(postgresql.with_postgis(programs, shared)) is taken


@given(st.dictionaries(st.from_regex(r"(PG|PG_|P|LC_)?[A-Z]{1,8}", fullmatch=True), st.text(max_size=5)))
def test_every_variable_of_libpq_is_dropped_and_no_other(variables: dict[str, str]) -> None:
    libpq = {"PGHOST": "h", "PGPORT": "1", "PGDATA": "d", "PGOPTIONS": "-c x=y", "PGUSER": "u", "PGSERVICE": "s"}
    kept = postgresql.without_variables({**variables, **libpq})
    assert not any(name.startswith("PG") and name[2:].isalpha() for name in kept)
    assert kept == {name: text for name, text in variables.items() if name in kept}
    assert {name for name in variables if not name.startswith("PG")} <= kept.keys()

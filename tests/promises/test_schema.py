"""The schema: migrations in one line, there and back again, equal to the models; roles that can do no harm."""

import ast
import datetime as dt
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Table, Text, event, text
from sqlalchemy.exc import ProgrammingError

import xiejiao
from xiejiao import backup, database, postgresql
from xiejiao.cluster import Role
from xiejiao.coordinates import Position
from xiejiao.hours import CHINA
from xiejiao.sites import queries
from xiejiao.sites.almanac import OpenHours
from xiejiao.sites.rules import Wanted
from xiejiao.vocabulary.queries import vocabulary

for _models in sorted(Path(xiejiao.__file__).parent.glob("*/models.py")):
    import_module(f"xiejiao.{_models.parent.name}.models")

MIGRATIONS = sorted((database.MIGRATIONS / "versions").glob("*.py"))
EmptyDatabase = Callable[[str], Callable[[Role], str]]


# ── migrations ──


def test_migrations_are_numbered_one_after_the_other_and_there_is_one_head() -> None:
    numbers = [path.name[:4] for path in MIGRATIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(MIGRATIONS) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z][a-z0-9_]*\.py", path.name) for path in MIGRATIONS)
    assert database.scripts().get_heads() == [numbers[-1]]
    assert [script.revision for script in database.scripts().walk_revisions()][::-1] == numbers


def imports(source: str) -> set[str]:
    """The packages that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_knows_nothing_of_the_package_that_changes_after_it(path: Path) -> None:
    assert imports(path.read_text("utf-8")) <= {"alembic", "sqlalchemy"}


def test_a_migration_that_imports_the_package_would_be_caught() -> None:
    assert imports("def upgrade():\n    from xiejiao.sites import models") == {"xiejiao"}


def schema(url: str) -> str:
    """The schema of a database as SQL, without what differs from run to run."""
    dumped = subprocess.run(
        [postgresql.client("pg_dump"), "--schema-only", "--no-comments"],
        env=backup.environment(url),
        capture_output=True,
        text=True,
        check=True,
    )
    return "\n".join(line for line in dumped.stdout.splitlines() if not line.startswith("\\"))


@pytest.mark.db
def test_up_down_up_leaves_the_same_schema(empty_database: EmptyDatabase) -> None:
    url = empty_database("migrations")(Role.OWNER)
    empty = schema(url)
    database.upgrade(url)
    first = schema(url)
    database.downgrade(url, "base")
    with database.connected(url) as connection:
        assert database.current(connection) is None
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.commit()
    assert schema(url) == empty
    database.upgrade(url)
    assert schema(url) == first
    assert "CREATE TABLE public.site_history" in first


# ── models ──


def differences(connection: Connection, metadata: MetaData) -> list[Any]:
    """What a migration would have to do for the schema to be as the tables say."""

    def ours(obj: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001 - alembic calls it so
        # What extensions bring is not ours, nor is alembic's own table.
        return not (kind == "table" and name in {"spatial_ref_sys", "alembic_version"}) and obj is not None

    options = {"compare_type": True, "compare_server_default": True, "include_object": ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


@pytest.fixture
def owner(private_cluster: Any, database_name: str) -> Iterator[Connection]:  # noqa: ANN401 - the cluster of conftest
    """A connection of the owner to the migrated database."""
    with database.connected(private_cluster.url(Role.OWNER, database_name)) as connection:
        yield connection
        connection.rollback()


@pytest.mark.db
@pytest.mark.filterwarnings("ignore:Did not recognize type:sqlalchemy.exc.SAWarning")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection:sqlalchemy.exc.SAWarning")
def test_the_tables_are_what_the_migrations_made(owner: Connection) -> None:
    assert differences(owner, database.metadata) == []


@pytest.mark.db
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_the_migrations_do_not_know_would_be_caught(owner: Connection) -> None:
    metadata = MetaData()
    for table in database.metadata.sorted_tables:
        table.to_metadata(metadata)
    metadata.tables["trade"].c.zh.comment = "planted"
    metadata.tables["trade"].append_column(Column("planted", Text))
    Table("planted", metadata, Column("id", Text, primary_key=True))
    found = {entry[0] if isinstance(entry, tuple) else entry[0][0] for entry in differences(owner, metadata)}
    assert found == {"add_table", "add_column", "modify_comment"}


@pytest.mark.db
def test_the_indexes_that_no_comparison_reads_are_there(owner: Connection) -> None:
    rows = owner.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
    written: dict[str, str] = dict(rows.all())
    assert written["site_nearest_idx"].endswith(
        "USING gist (spot, facets gist__intbig_ops (siglen='64')) WHERE (status = 'active'::text)"
    )
    assert "USING gin (site_grams(lines))" in written["site_search_grams_idx"]
    assert {index.name for table in database.metadata.sorted_tables for index in table.indexes} <= written.keys()


# ── roles ──


@pytest.mark.db
@pytest.mark.parametrize("role", [Role.APP, Role.READ])
def test_the_roles_that_serve_own_nothing_and_may_do_nothing_special(
    populated: Callable[[Role], str], role: Role
) -> None:
    with psycopg.connect(populated(role)) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        assert row == (False,) * 5
        owned = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        ).fetchone()
        assert owned == (0,)
        member = "SELECT pg_has_role(current_user, 'xiejiao_owner', 'member')"
        assert connection.execute(member).fetchone() == (False,)


@pytest.mark.db
@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE site_history SET actor = 'nobody'",
        "DELETE FROM site_history",
        "TRUNCATE site_history",
        "UPDATE hours SET text = '24/7'",
        "DELETE FROM hours",
        "DELETE FROM organisation",
        "DELETE FROM kind",
        "CREATE TABLE planted ()",
        "ALTER TABLE site DISABLE TRIGGER ALL",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_server_cannot_change_what_must_stay(connection: Connection, forbidden: str) -> None:
    with pytest.raises(ProgrammingError) as refused:
        connection.execute(text(forbidden))
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"


OPEN = {
    "amenity", "calendar_day", "calendar_year", "division", "hours", "kind", "organisation", "site", "site_access",
    "site_amenity", "site_dated", "site_history", "site_search", "trade",
}  # fmt: skip
"""What the reader may read: what everybody may know, and nothing of people."""


@pytest.mark.db
def test_the_reader_reads_what_is_open_and_writes_nothing(populated: Callable[[Role], str]) -> None:
    with psycopg.connect(populated(Role.READ)) as connection:
        for table in database.metadata.tables:
            for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                held = connection.execute("SELECT has_table_privilege(%s, %s)", [table, privilege]).fetchone()
                assert held == (privilege == "SELECT" and table in OPEN,), (table, privilege)


# ── the nearest index ──

AT = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
HOURS: Mapping[str, OpenHours | None] = {
    "any hours": None,
    "few texts open": OpenHours((1, 2, 3), (257, 258, 259)),
    "many texts open": OpenHours(tuple(range(1, 200)), None),
}


@pytest.fixture
def serving(populated: Callable[[Role], str]) -> Iterator[Connection]:
    """A connection of the app role to the synthetic places."""
    with database.connected(populated(Role.APP)) as connection:
        yield connection


def sent(
    connection: Connection, wanted: Wanted, open_hours: OpenHours | None, *, asking: str = "<->"
) -> tuple[str, dict[str, Any]]:
    """The first statement of the nearest query that asks for so much, and its values."""
    heard: list[tuple[str, dict[str, Any]]] = []

    def hear(*said: Any) -> None:  # noqa: ANN401 - as SQLAlchemy calls it
        heard.append((said[2], said[3]))

    event.listen(connection, "before_cursor_execute", hear)
    words = vocabulary(connection)
    here = Position(116.12, 24.30)
    queries.nearest(connection, here, wanted, words=words, open_hours=open_hours, within_m=50_000, limit=20)
    event.remove(connection, "before_cursor_execute", hear)
    return next(each for each in heard if asking in each[0])


def plan(connection: Connection, statement: str, values: Mapping[str, Any]) -> str:
    """How PostgreSQL answers the statement when it plans without knowing the values."""
    names = list(values)
    numbered = re.sub(r"%\((\w+)\)s", lambda match: f"${names.index(match[1]) + 1}", statement)
    given = ", ".join(_literal(value) for value in values.values())
    connection.exec_driver_sql("DEALLOCATE ALL")
    connection.exec_driver_sql(f"PREPARE nearest AS {numbered}")
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN EXECUTE nearest({given})").scalars())


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int | float) else "'" + str(value).translate({91: "{", 93: "}"}) + "'"


@pytest.mark.db
def test_the_server_plans_each_query_once(serving: Connection) -> None:
    assert serving.exec_driver_sql("SHOW plan_cache_mode").scalar() == "force_generic_plan"
    assert serving.exec_driver_sql("SHOW jit").scalar() == "off"


@pytest.mark.db
@pytest.mark.parametrize("kinds", [(), ("rest_station", "mothers_room")], ids=["any kind", "kinds"])
@pytest.mark.parametrize("amenities", [(), ("microwave", "toilet")], ids=["no amenity", "amenities"])
@pytest.mark.parametrize("open_hours", HOURS.values(), ids=HOURS)
def test_the_nearest_query_walks_its_index_whatever_is_asked(
    serving: Connection, kinds: tuple[str, ...], amenities: tuple[str, ...], open_hours: OpenHours | None
) -> None:
    found = plan(serving, *sent(serving, Wanted(kinds, amenities, AT if open_hours else None), open_hours))
    assert "Index Scan using site_nearest_idx on site" in found, found
    assert "Order By: (spot <->" in found
    assert "Seq Scan on site " not in found
    # Kinds, amenities and few texts of hours are asked of the index itself.
    condition = re.findall(r"Index Cond: (.*spot.*)", found)[0]
    assert condition.count("facets &&") == bool(kinds) + bool(open_hours and open_hours.facets)
    assert condition.count("facets @>") == bool(amenities)


@pytest.mark.db
def test_conflicting_places_are_found_without_walking_past_all_others(serving: Connection) -> None:
    few = HOURS["few texts open"]
    found = plan(serving, *sent(serving, Wanted((), (), AT), few, asking="conflicting_since IS NOT NULL"))
    assert "Index Scan using site_conflicting_idx on site" in found, found


@pytest.mark.db
def test_a_query_that_cannot_use_the_index_would_be_caught(serving: Connection) -> None:
    statement, values = sent(serving, Wanted(), None)
    assert "site_nearest_idx" in plan(serving, statement, values)
    planted = statement.replace("site.status = 'active'", "site.status <> 'closed'")
    assert planted != statement
    assert "site_nearest_idx" not in plan(serving, planted, values)

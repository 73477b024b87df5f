"""What holds for the house as a whole: rooms, words, documents and commands."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from xiejiao import cli, config, database
from xiejiao.membership import drawing
from xiejiao.membership.rules import NEXT

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "server" / "xiejiao"
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in MODULES}
every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))

Check = Callable[[ast.Module], list[str]]


# ── rooms ──


def without_words(tree: ast.Module) -> list[str]:
    """A module that does not say in one sentence what lives in it."""
    words = ast.get_docstring(tree) or ""
    first = words.partition("\n")[0]
    return [] if first.endswith(".") and len(first.split()) >= 3 else [first or "no docstring"]


def ends_transactions(tree: ast.Module) -> list[str]:
    """Calls of `commit()` and `rollback()`, which only the doors of the database make."""
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
    ]


SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WHERE|ORDER BY)\b")


def interpolated_sql(tree: ast.Module) -> list[str]:
    """SQL into which something else than a fixed part of a statement is written.

    Fixed parts are constants of the module (`_COLUMNS`), `where` and `tail`, which are made from them, and the names of
    our own tables and their columns.
    """
    fixed = re.compile(r"_?[A-Z][A-Z_]+|where|tail|table\.name|columns")
    return [
        ast.unparse(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and SQL.search("".join(_constants(node)))
        for part in node.values
        if isinstance(part, ast.FormattedValue)
        if not fixed.fullmatch(ast.unparse(part.value))
    ]


def _constants(node: ast.JoinedStr) -> Iterator[str]:
    return (str(part.value) for part in node.values if isinstance(part, ast.Constant))


def reads_the_clock(tree: ast.Module) -> list[str]:
    """Calls that read the time or draw at random instead of being told."""
    called = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "random", "randrange", "choice", "uuid4"}
    modules = {"dt.datetime", "datetime", "dt.date", "date", "time", "random", "uuid", "secrets"}
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in called
        and ast.unparse(node.func.value) in modules
    ]


def names_of_tables(tree: ast.Module) -> list[str]:
    """Statements of SQL in a module that should hold none."""
    return [
        str(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b.*\b(FROM|INTO|SET)\b", node.value)
    ]


@every_module
def test_every_module_says_what_lives_in_it(path: Path) -> None:
    assert without_words(TREES[path]) == []


@every_module
def test_only_the_database_ends_transactions(path: Path) -> None:
    assert ends_transactions(TREES[path]) == [] or path == PACKAGE / "database.py"


@every_module
def test_no_value_is_written_into_sql(path: Path) -> None:
    assert interpolated_sql(TREES[path]) == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in MODULES
        if path.parent.name in {"hours", "chinese"}
        or path.stem in {"rules", "commands", "queries", "models", "schemas", "coordinates", "errors", "language"}
        or path.parent.name == "sites"
    ],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_time_and_chance_are_told(path: Path) -> None:
    assert reads_the_clock(TREES[path]) == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.stem in {"routes", "schemas"}], ids=str)
def test_routes_and_schemas_hold_no_sql(path: Path) -> None:
    assert names_of_tables(TREES[path]) == []


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        (without_words, "x = 1"),
        (without_words, '"""helpers"""'),
        (ends_transactions, "session.commit()"),
        (ends_transactions, "def f(c):\n    c.rollback()"),
        (interpolated_sql, 'text(f"SELECT * FROM site WHERE name = {name}")'),
        (interpolated_sql, "f\"UPDATE site SET name = '{given.name}' WHERE id = 1\""),
        (interpolated_sql, 'f"DELETE FROM {table()}"'),
        (reads_the_clock, "import datetime as dt\ndt.datetime.now(dt.UTC)"),
        (reads_the_clock, "import random\nrandom.choice(x)"),
        (names_of_tables, 'text("SELECT 1 FROM site")'),
    ],
)
def test_a_planted_fault_would_be_caught(check: Check, planted: str) -> None:
    assert check(ast.parse(planted))


def test_no_module_is_named_for_nothing() -> None:
    parts = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert parts.isdisjoint({"utils", "util", "helpers", "common", "services", "misc", "core"})


# ── documents ──


def test_the_settings_are_documented_as_they_are() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == config.as_markdown()
    assert all(f"`{each.metadata['variable']}`" in config.as_markdown() for each in config.settings())


def test_the_course_of_an_application_is_documented_as_it_is() -> None:
    assert (ROOT / "docs" / "joining.md").read_text("utf-8") == drawing.as_markdown(), "run `xiejiao joining`"
    assert all(f"`{status}` | `{step}`" in drawing.as_markdown() for status, step in NEXT)


def without_target(document: Path) -> list[str]:
    """Links of a document to files that do not exist."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text("utf-8"))
    return [target for target in targets if not (document.parent / target).exists()]


@pytest.mark.parametrize("document", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    assert without_target(document) == []


def test_a_link_to_nowhere_would_be_caught(tmp_path: Path) -> None:
    document = tmp_path / "planted.md"
    document.write_text("[there](planted.md) [nowhere](gone.md#part) [web](https://xiejiao.example)")
    assert without_target(document) == ["gone.md"]


# ── commands ──


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """The words of every command beneath a group."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        else:
            yield (*above, name)


def unknown_commands(document: str) -> set[str]:
    """Commands of the program that a document names and that do not exist."""
    known = {" ".join(words) for words in commands(cli.main)}
    named = re.findall(r"(?:^|[`/ ])xiejiao ((?:[a-z]+ ?)+)(?=[-`'<A-Z]|$)", document, re.MULTILINE)
    return {words.strip() for words in named if not any(f"{words} ".startswith(f"{each} ") for each in known)}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_tells_to_run_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    scripts = set(re.findall(r"script/[a-z]+", text))
    assert scripts == {"script/server", "script/test"}
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)
    assert unknown_commands(text) == set()


def test_a_command_that_does_not_exist_would_be_caught() -> None:
    assert unknown_commands("`xiejiao settings`, then `xiejiao db fly --now`") == {"db fly"}


def test_every_command_gives_an_example() -> None:
    for words in commands(cli.main):
        command: click.Command = cli.main
        for word in words:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        assert f"xiejiao {' '.join(words)}" in (command.help or ""), words


# ── migrations as SQL ──


def objections(sql: str, folder: Path) -> str:
    """What the linter of migrations says against SQL; nothing when it is content."""
    file = folder / "migrations.sql"
    file.write_text(sql, "utf-8")
    program = str(Path(sys.executable).with_name("squawk"))
    ended = subprocess.run(
        [program, "--config", str(ROOT / ".squawk.toml"), "--reporter", "Gcc", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in {0, 1}, ended.stderr
    return ended.stdout if ended.returncode else ""


def test_the_linter_has_nothing_against_the_migrations(tmp_path: Path) -> None:
    assert objections(database.offline_sql(), tmp_path) == ""


@pytest.mark.parametrize(
    ("planted", "rule"),
    [
        ("ALTER TABLE site ADD COLUMN planted text NOT NULL;", "adding-required-field"),
        ("CREATE INDEX planted_idx ON site (name);", "require-concurrent-index-creation"),
        ("ALTER TABLE site DROP COLUMN name;", "ban-drop-column"),
        ("ALTER TABLE site ADD CONSTRAINT planted_check CHECK (name <> '');", "constraint-missing-not-valid"),
    ],
)
def test_a_migration_that_would_hurt_is_objected_to(tmp_path: Path, planted: str, rule: str) -> None:
    assert rule in objections(planted, tmp_path)

"""Imports point the way that the house is built: the contracts hold, and each would catch an import against it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS: dict[str, str] = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
}
PLANTED = {
    "floors": [
        ("calendar/queries.py", "import xiejiao.sites.code"),
        ("calendar/queries.py", "import xiejiao.vocabulary.rules"),
        ("installation/settings.py", "import xiejiao.calendar.rules"),
        ("database.py", "import xiejiao.http.access"),
        ("errors.py", "import xiejiao.hours"),
        ("sites/rules.py", "import xiejiao.seeding"),
        ("jobs/commands.py", "import xiejiao.messages.rules"),
        ("quotas/rules.py", "import xiejiao.idempotency.rules"),
        ("sites/commands.py", "import xiejiao.upkeep.photo"),
    ],
    "ground": [
        ("hours/rules.py", "import sqlalchemy"),
        ("coordinates.py", "import flask"),
        ("encodings.py", "from werkzeug.datastructures import Headers"),
    ],
    "framework": [
        ("sites/keeper.py", "from flask import request"),
        ("vocabulary/schemas.py", "import flask.globals"),
        ("installation/settings.py", "import flask"),
        ("seeding.py", "import werkzeug"),
        ("upkeep/photo.py", "import flask"),
    ],
    "pure": [
        ("sites/rules.py", "import xiejiao.database"),
        ("vocabulary/rules.py", "from psycopg import sql"),
        ("sites/mercator.py", "import sqlalchemy"),
        ("upkeep/photo.py", "import xiejiao.database"),
        ("upkeep/poster.py", "import sqlalchemy"),
    ],
    "rules": [
        ("calendar/rules.py", "from xiejiao.calendar import models"),
        ("organisations/rules.py", "import xiejiao.organisations.queries"),
    ],
    "models": [("sites/models.py", "from xiejiao.vocabulary import queries")],
    "queries": [
        ("sites/queries.py", "from xiejiao.sites import schemas"),
        ("organisations/queries.py", "from xiejiao.organisations import commands"),
    ],
    "commands": [("calendar/commands.py", "from xiejiao.calendar.schemas import Day")],
    "schemas": [
        ("calendar/schemas.py", "from xiejiao.calendar import queries"),
        ("sites/schemas.py", "from xiejiao.vocabulary import models"),
        ("vocabulary/schemas.py", "from xiejiao.vocabulary.commands import put"),
    ],
    "routes": [
        ("sites/routes.py", "from xiejiao.calendar import routes"),
        ("cli.py", "import xiejiao.sites.routes"),
        ("http/openapi.py", "import xiejiao.vocabulary.routes"),
    ],
}
"""By contract: a file of the package and an import that does not belong in it."""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package with its contracts, in which an import may be planted."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "server" / "xiejiao", tmp_path / "server" / "xiejiao", ignore=ignored)
    return tmp_path


def broken(house: Path, *words: str) -> set[str]:
    """The names of the contracts that are broken in a house."""
    program = str(Path(sys.executable).with_name("lint-imports"))
    ended = subprocess.run(
        [program, "--no-logo", "--no-cache", *words],
        cwd=house,
        env={**os.environ, "PYTHONPATH": "server", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = set(re.findall(r"^(.*) BROKEN\b", ended.stdout, re.MULTILINE))
    assert (ended.returncode != 0) == bool(found), ended.stdout + ended.stderr
    assert "Contracts: " in ended.stdout, ended.stdout + ended.stderr
    return found


def test_every_contract_holds(house: Path) -> None:
    assert broken(house) == set()


def test_every_contract_is_tried() -> None:
    assert PLANTED.keys() == CONTRACTS.keys()


@pytest.mark.parametrize(
    ("contract", "file", "planted"),
    [(contract, *each) for contract, listed in PLANTED.items() for each in listed],
)
def test_an_import_against_a_contract_is_caught(house: Path, contract: str, file: str, planted: str) -> None:
    module = house / "server" / "xiejiao" / file
    module.write_text(f"{module.read_text('utf-8')}\n{planted}\n", "utf-8")
    assert broken(house, "--contract", contract) == {CONTRACTS[contract]}


def test_a_module_without_a_floor_is_caught(house: Path) -> None:
    (house / "server" / "xiejiao" / "helpers.py").write_text('"""Nothing."""\n')
    assert broken(house, "--contract", "floors") == {CONTRACTS["floors"]}

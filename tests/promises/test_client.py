"""The types that the rider's app was built with are those of the API document."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from xiejiao import cli

APP = Path(__file__).parents[2] / "pwa"


@pytest.fixture
def document() -> str:
    """The API document, as the command prints it."""
    printed = CliRunner().invoke(cli.main, ["openapi"], catch_exceptions=False)
    return printed.stdout


def generated(document: str, folder: Path) -> str:
    """The types that the app's own command makes of an API document."""
    script: str = json.loads((APP / "package.json").read_text("utf-8"))["scripts"]["schema"]
    program, *words, committed = script.split()
    assert (program, committed) == ("openapi-typescript", "src/api/schema.ts")
    subprocess.run(
        [str(shutil.which("node")), APP / "node_modules" / program / "bin" / "cli.js", *words, folder / "schema.ts"],
        cwd=APP,
        input=document,
        capture_output=True,
        text=True,
        check=True,
    )
    return (folder / "schema.ts").read_text("utf-8")


def committed() -> str:
    """The types that the app is built with."""
    return (APP / "src" / "api" / "schema.ts").read_text("utf-8")


def test_the_types_of_the_app_are_fresh(document: str, tmp_path: Path) -> None:
    assert generated(document, tmp_path) == committed(), "run `xiejiao openapi | npm run --prefix pwa schema`"


def test_types_that_are_stale_would_be_caught(document: str, tmp_path: Path) -> None:
    changed = document.replace('"pinyin"', '"spelling"')
    assert generated(changed, tmp_path) != committed()

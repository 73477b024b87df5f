"""Folders for whole installations, and the command as an operator runs it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from xiejiao import cluster
from xiejiao.cluster import Cluster

SERVER = Path(__file__).parents[2] / "server"
COMMAND = (sys.executable, "-c", "from xiejiao.cli import main; main(prog_name='xiejiao')")


@pytest.fixture
def make_folder() -> Iterator[Callable[..., Path]]:
    """Makes places for an installation to write into; what comes to lie there is stopped and removed afterwards."""
    made: list[tuple[Path, Path]] = []

    def make(below: str = "") -> Path:
        top = Path(tempfile.mkdtemp(prefix="xj-"))
        top.chmod(0o755)
        made.append((top, top / below / "var"))
        return made[-1][1]

    yield make
    for top, folder in made:
        found = cluster.at(folder)
        found.stop()
        shutil.rmtree(found.folder, ignore_errors=True)
        shutil.rmtree(found.sockets, ignore_errors=True)
        shutil.rmtree(top)


@pytest.fixture
def folder(make_folder: Callable[..., Path]) -> Path:
    """Where an installation may write; not there yet."""
    return make_folder()


@pytest.fixture(scope="module")
def standing() -> Iterator[Cluster]:
    """A cluster that the tests of a module share."""
    with tempfile.TemporaryDirectory(prefix="xj-") as top:
        Path(top).chmod(0o755)
        made = cluster.at(Path(top) / "var")
        made.start()
        yield made
        made.stop()


@pytest.fixture
def stopped(standing: Cluster) -> Iterator[Cluster]:
    """The shared cluster, made and not running."""
    standing.stop()
    yield standing
    standing.stop()


@pytest.fixture
def running(standing: Cluster) -> Cluster:
    """The shared cluster, running."""
    standing.start()
    return standing


def _environment(settings: dict[str, str]) -> dict[str, str]:
    ours = ("DATABASE_", "XIEJIAO_", "PUBLIC_", "PORT")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**plain, "PYTHONPATH": str(SERVER), "PYTHONDONTWRITEBYTECODE": "1", **settings}


@pytest.fixture
def xiejiao() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command `xiejiao` with words and settings, and gives what it said and ended with."""

    def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], env=_environment(settings), capture_output=True, text=True, check=False, timeout=120
        )

    return run


@pytest.fixture
def begin() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Begins the command `xiejiao` with words and settings; what still runs afterwards is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*words: str, **settings: str) -> subprocess.Popen[str]:
        begun.append(
            subprocess.Popen(
                [*COMMAND, *words],
                env=_environment(settings),
                stderr=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
            )
        )
        return begun[-1]

    yield begin
    for each in begun:
        each.kill()
        each.communicate()


@pytest.fixture
def until() -> Callable[..., bool]:
    """Waits for something to come true, and tells whether it did in time."""

    def wait(holds: Callable[[], bool], within_s: float = 20.0) -> bool:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with suppress(OSError):
                if holds():
                    return True
            time.sleep(0.02)
        return False

    return wait

"""One whole installation, served as an operator serves it, for all tests of this folder."""

import datetime as dt
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from installation import Installation
from phone import ANDROID, SIZE, Phone, chromium, phone_on
from road import Road
from xiejiao import cluster, config
from xiejiao.coordinates import Position
from xiejiao.hours import CHINA

FRIDAY_14 = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
MEIJIANG = Position(116.12, 24.30)
SERVER = Path(__file__).parents[2] / "server"
READY_WITHIN_S = 60.0
WORKERS = 2


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    """An installation without settings of its own."""
    with serving() as found:
        yield found


@contextmanager
def serving(**settings: str) -> Iterator[Installation]:
    """`xiejiao serve` in a folder of its own, ready; `settings` are its variables."""
    with tempfile.TemporaryDirectory(prefix="xj-") as top:
        Path(top).chmod(0o755)
        port = _free_port()
        theirs = {setting.metadata["variable"] for setting in config.settings()}
        environment = {name: value for name, value in os.environ.items() if name not in theirs} | {
            "PORT": str(port),
            "WORKERS": str(WORKERS),
            "XIEJIAO_VAR": f"{top}/var",
            "RATE_PUBLIC": "0",
            "PYTHONPATH": str(SERVER),
            **settings,
        }
        command = (sys.executable, "-c", "from xiejiao.cli import main; main(prog_name='xiejiao')", "serve")
        terminal = Path(top) / "terminal"
        with terminal.open("w") as said, subprocess.Popen(command, env=environment, stderr=said) as server:
            found = Installation(f"http://127.0.0.1:{port}", cluster.at(Path(top) / "var"), terminal)
            try:
                _wait_until_ready(found, server)
                yield found
            finally:
                server.terminate()
                server.wait()


def _wait_until_ready(installation: Installation, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        assert server.poll() is None, installation.said()
        try:
            if installation.get("/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server was not ready in time")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process; every phone has a store of its own in it."""
    with sync_playwright() as playwright, chromium(playwright) as found:
        yield found


@pytest.fixture
def road(installation: Installation) -> Iterator[Road]:
    """The road to the installation; its answers tell an ordinary Friday, two in the afternoon."""
    with Road(installation.origin, clock=FRIDAY_14).open() as found:
        yield found


MakePhone = Callable[..., Phone]


@pytest.fixture
def make_phone(browser: Browser, road: Road) -> Iterator[MakePhone]:
    """Phones on the road, at Meijiang and on an ordinary Friday unless said otherwise."""
    made: list[Phone] = []

    def make(
        *,
        at: Position | None = MEIJIANG,
        clock: dt.datetime | None = FRIDAY_14,
        size: ViewportSize = SIZE,
        touch: bool = True,
        chosen: Mapping[str, object] | None = None,
        agent: str = ANDROID,
    ) -> Phone:
        made.append(
            phone_on(browser, road.origin, at=at, clock=clock, size=size, touch=touch, chosen=chosen, agent=agent)
        )
        return made[-1]

    yield make
    for phone in made:
        phone.context.close()

"""One whole installation, served as an operator serves it, for all tests of this folder."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from installation import Installation
from xiejiao import cluster

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
    """`xiejiao serve` in a folder of its own, ready."""
    with tempfile.TemporaryDirectory(prefix="xj-") as top:
        Path(top).chmod(0o755)
        port = _free_port()
        theirs = ("DATABASE_", "XIEJIAO_", "PUBLIC_", "RATE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(theirs)} | {
            "PORT": str(port),
            "WORKERS": str(WORKERS),
            "XIEJIAO_VAR": f"{top}/var",
            "RATE_PUBLIC": "0",
            "PYTHONPATH": str(SERVER),
        }
        command = (sys.executable, "-c", "from xiejiao.cli import main; main(prog_name='xiejiao')", "serve")
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
            found = Installation(f"http://127.0.0.1:{port}", cluster.at(Path(top) / "var"))
            try:
                _wait_until_ready(found, server)
                yield found
            finally:
                server.terminate()
                server.communicate()


def _wait_until_ready(installation: Installation, server: subprocess.Popen[str]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        assert server.poll() is None, server.communicate()[1]
        try:
            if installation.get("/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server was not ready in time")

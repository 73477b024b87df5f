"""Serving starts what is missing, says so in one line, and stops what it started and nothing else."""

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xiejiao import cluster
from xiejiao.cluster import Cluster, Role

pytestmark = pytest.mark.db

Command = Callable[..., subprocess.CompletedProcess[str]]
Begin = Callable[..., subprocess.Popen[str]]
Until = Callable[..., bool]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    return int(number)


def is_ready(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        return bool(answer.status == 200)


def children(process: int) -> set[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    below = {int(each) for each in text.split()}
    return below.union(*(children(each) for each in below))


def is_gone(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.fixture
def neighbour() -> Iterator[int]:
    """A process that is no business of ours."""
    with subprocess.Popen(["/bin/sleep", "600"]) as sleeping:
        yield sleeping.pid
        sleeping.kill()


def child(process: int, word: bytes) -> int | None:
    """The child whose command line holds a word."""
    found = [
        child
        for child in map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
        if word in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    ]
    return found[0] if len(found) == 1 and not is_gone(found[0]) else None


def web_server(process: int) -> int:
    found = child(process, b"granian")
    assert found
    return found


@pytest.fixture
def serve(stopped: Cluster, port: int, begin: Begin) -> Callable[..., subprocess.Popen[str]]:
    """Begins a server on the shared cluster, and waits until it is ready."""

    def ready(**settings: str) -> subprocess.Popen[str]:
        process = begin("serve", XIEJIAO_VAR=str(stopped.installation), PORT=str(port), **settings)
        assert process.stderr
        said = next((line for line in process.stderr if line.startswith("Xiejiao serves on ")), "nothing")
        assert said == f"Xiejiao serves on http://127.0.0.1:{port} - stop it with Ctrl-C.\n"
        assert is_ready(port)
        return process

    return ready


@pytest.mark.parametrize(
    "asked",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.long),
        pytest.param(signal.SIGHUP, marks=pytest.mark.long),
    ],
)
def test_asked_to_stop_it_stops_all_that_it_started(
    serve: Callable[..., subprocess.Popen[str]], stopped: Cluster, neighbour: int, asked: signal.Signals
) -> None:
    server = serve()
    started = children(server.pid)
    assert len(started) > 3
    server.send_signal(asked)
    _, said = server.communicate(timeout=30)
    assert (server.returncode, said.splitlines()[-1]) == (0, "Stopped.")
    assert all(is_gone(each) for each in started)
    assert not stopped.alive()
    assert not is_gone(neighbour)


@pytest.mark.long
def test_a_second_ctrl_c_does_not_break_the_stopping(
    serve: Callable[..., subprocess.Popen[str]], stopped: Cluster
) -> None:
    server = serve()
    for _ in range(5):
        server.send_signal(signal.SIGINT)
    _, said = server.communicate(timeout=30)
    assert (server.returncode, "Traceback" in said) == (0, False)
    assert not stopped.alive()


def test_a_cluster_that_ran_before_is_used_and_left_running(
    serve: Callable[..., subprocess.Popen[str]], stopped: Cluster
) -> None:
    stopped.start()
    before = (stopped.data / "postmaster.pid").read_text()
    server = serve()
    server.terminate()
    assert server.wait(30) == 0
    assert stopped.running()
    assert (stopped.data / "postmaster.pid").read_text() == before


def test_after_kill_9_of_the_server_nothing_stays_behind_and_the_next_one_starts(
    serve: Callable[..., subprocess.Popen[str]], until: Until
) -> None:
    server = serve()
    started = children(server.pid)
    server.kill()
    server.wait(10)
    again = serve()
    assert until(lambda: all(is_gone(each) for each in started))
    again.terminate()
    assert again.wait(30) == 0


@pytest.mark.long
def test_when_the_web_server_dies_it_says_so_and_stops_the_rest(
    serve: Callable[..., subprocess.Popen[str]], stopped: Cluster
) -> None:
    server = serve()
    started = children(server.pid)
    os.kill(web_server(server.pid), signal.SIGKILL)
    _, said = server.communicate(timeout=30)
    assert server.returncode == 1
    assert "The web server has ended by itself" in said
    assert "Traceback" not in said
    assert all(is_gone(each) for each in started)
    assert not stopped.alive()


def test_a_worker_that_dies_is_followed_by_another_and_riders_notice_nothing(
    serve: Callable[..., subprocess.Popen[str]], stopped: Cluster, port: int, until: Until
) -> None:
    server = serve()
    first = child(server.pid, b"work")
    assert first
    os.kill(first, signal.SIGKILL)
    assert is_ready(port)
    assert until(lambda: child(server.pid, b"work") not in {None, first})
    second = child(server.pid, b"work")
    assert second
    assert is_ready(port)
    server.terminate()
    _, said = server.communicate(timeout=30)
    assert "The worker has ended by itself (status -9); it is started again.\n" in said
    assert (server.returncode, "Traceback" in said) == (0, False)
    assert is_gone(second)
    assert stopped.user.uid == (stopped.installation / "keys" / "installation.json").stat().st_uid


def test_when_postgresql_dies_it_says_so_and_the_next_one_repairs_it(
    serve: Callable[..., subprocess.Popen[str]], stopped: Cluster
) -> None:
    server = serve()
    started = children(server.pid)
    os.kill(int((stopped.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    _, said = server.communicate(timeout=30)
    assert server.returncode == 1
    assert f"PostgreSQL has ended, so the server stops too; {stopped.log} says why." in said
    assert "Traceback" not in said
    assert all(is_gone(each) for each in started)
    again = serve()
    again.terminate()
    assert again.wait(30) == 0


def test_a_taken_port_is_said_in_one_sentence_before_anything_is_started(stopped: Cluster, xiejiao: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = xiejiao("serve", XIEJIAO_VAR=str(stopped.installation), PORT=str(port))
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1] == (
        f"Port {port} of 127.0.0.1 is taken by another program; stop that, or set PORT to a free port."
    )
    assert "Traceback" not in said.stderr
    assert not stopped.alive()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "many"}, "PORT is 'many'"),
        ({"MAP_TILES": "/tiles"}, "MAP_TILES does not hold {z}, {x} and {y}"),
        ({"HOST": "192.0.2.1"}, "of 192.0.2.1 cannot be served on"),
        ({"DATABASE_URL": "postgresql://xiejiao_app@127.0.0.1:1/xiejiao"}, "does not let the server in"),
    ],
)
def test_what_hinders_serving_is_one_sentence(
    folder: Path, port: int, xiejiao: Command, settings: dict[str, str], sentence: str
) -> None:
    said = xiejiao("serve", **{"XIEJIAO_VAR": str(folder), "PORT": str(port), **settings})
    assert said.returncode == 1
    assert sentence in said.stderr.splitlines()[-1]
    assert "Traceback" not in said.stderr
    assert not (folder / "postgres" / "data").exists()


@pytest.mark.long
def test_an_outside_server_is_migrated_by_its_owner_only(
    make_folder: Callable[..., Path], begin: Begin, xiejiao: Command, port: int, until: Until
) -> None:
    outside, folder = cluster.at(make_folder()), make_folder()
    outside.start()
    app = {"XIEJIAO_VAR": str(folder), "PORT": str(port), "DATABASE_URL": outside.url(Role.APP)}
    owner = {**app, "DATABASE_OWNER_URL": outside.url(Role.OWNER)}
    refused = xiejiao("serve", **app)
    assert refused.returncode == 1
    assert "migrations" in refused.stderr.splitlines()[-1]
    assert "set DATABASE_OWNER_URL" in xiejiao("db", "upgrade", **app).stderr
    assert xiejiao("db", "upgrade", **owner).returncode == 0
    server = begin("serve", **app)
    assert until(lambda: server.poll() is not None or is_ready(port))
    server.terminate()
    assert server.wait(30) == 0
    assert outside.running()
    assert not (folder / "postgres").exists()

"""A request goes on to the application once it has arrived whole: who sends slowly holds up nobody."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from entered import LARGEST, PATIENCE_S, ROOM

HALF = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 900\r\n\r\nhalf of it"
TESTS = Path(__file__).parents[1]
STARTS_WITHIN_S = 30.0


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@contextmanager
def served(interface: str, target: str) -> Iterator[int]:
    """One process of the web server with one application; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = (*("--interface", interface, "--port", str(port), "--log-level", "error"), "--workers-kill-timeout", "1")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent / "server")))}
    with subprocess.Popen([sys.executable, "-m", "granian", *words, *target.split()], env=environment) as server:
        try:
            until = time.monotonic() + STARTS_WITHIN_S
            while time.monotonic() < until:
                try:
                    ask(port, "GET", "/")
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def entered() -> Iterator[int]:
    with served("rsgi", "--factory entered:entrance") as port:
        yield port


def send(stack: ExitStack, port: int, what: bytes) -> socket.socket:
    sender = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
    sender.sendall(what)
    return sender


def test_two_hundred_who_send_half_hold_up_nobody_and_are_turned_away(entered: int) -> None:
    with ExitStack() as stack:
        slow = [send(stack, entered, HALF) for _ in range(200)]
        began = time.monotonic()
        for _ in range(20):
            assert ask(entered, "GET", "/")[0] == 200
        # Answered beside them, and not after they had been given up.
        assert time.monotonic() - began < PATIENCE_S
        assert all(each.recv(100).startswith(b"HTTP/1.1 408 ") for each in slow)
    assert json.loads(ask(entered, "POST", "/", b"whole")[2])["body"] == 5


def test_without_the_entrance_one_who_sends_half_holds_up_everybody() -> None:
    with served("wsgi", "--blocking-threads 1 entered:reading") as port, ExitStack() as stack:
        send(stack, port, HALF)
        time.sleep(0.2)
        with pytest.raises(TimeoutError):
            ask(port, "GET", "/")


def test_what_trickles_in_is_turned_away_when_its_time_is_over(entered: int) -> None:
    with ExitStack() as stack:
        sender = send(stack, entered, HALF)
        began = time.monotonic()
        sender.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() < began + 3 * PATIENCE_S:
            try:
                sender.sendall(b".")
                answer = sender.recv(100)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("said", "status"),
    [(f"Content-Length: {LARGEST + 1}\r\n\r\nhalf", 413), ("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf", 411)],
)
def test_what_is_too_large_or_without_a_length_is_not_read(entered: int, said: str, status: int) -> None:
    with ExitStack() as stack:
        sender = send(stack, entered, f"POST / HTTP/1.1\r\nHost: here\r\n{said}".encode())
        assert sender.recv(100).startswith(f"HTTP/1.1 {status} ".encode())


def test_who_leaves_halfway_has_said_nothing(entered: int) -> None:
    with ExitStack() as stack:
        sender = send(stack, entered, HALF)
        sender.shutdown(socket.SHUT_WR)
        assert not sender.recv(100).startswith(b"HTTP/1.1 200 ")


def test_what_is_arriving_at_once_has_a_room(entered: int) -> None:
    most = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % LARGEST + bytes(LARGEST - 1)
    with ExitStack() as stack:
        senders = [send(stack, entered, most) for _ in range(ROOM // LARGEST + 1)]
        statuses = {sender.recv(12) for sender in senders}
        assert statuses == {b"HTTP/1.1 503", b"HTTP/1.1 408"}
    # What was turned away takes no room any more.
    assert json.loads(ask(entered, "POST", "/", bytes(LARGEST))[2])["body"] == LARGEST


def test_the_application_is_told_what_came(entered: int) -> None:
    status, headers, body = ask(
        entered,
        "PUT",
        "/%E6%AD%87%20%2F/?q=%E8%84%9A&q=2",
        b'{"a": 1}',
        {"Content-Type": "application/json", "X-Some-Thing": "one", "Cookie": "a=1"},
    )
    told = json.loads(body)
    assert status == 200
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert told["PATH_INFO"].encode("latin-1").decode() == "/歇 //"
    assert {name: told[name] for name in ("REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH")} == {
        "REQUEST_METHOD": "PUT",
        "QUERY_STRING": "q=%E8%84%9A&q=2",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "8",
    }
    assert (told["HTTP_X_SOME_THING"], told["HTTP_COOKIE"], told["REMOTE_ADDR"]) == ("one", "a=1", "127.0.0.1")
    assert (told["HTTP_HOST"], told["SERVER_PORT"]) == (f"127.0.0.1:{entered}", str(entered))
    assert told["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert told["body"] == 8


def test_a_header_that_comes_twice_is_one(entered: int) -> None:
    with ExitStack() as stack:
        lines = ("GET / HTTP/1.1", "Host: here", "X-A: 1", "X-A: 2", "Cookie: a=1", "Cookie: b=2", "Connection: close")
        sender = send(stack, entered, "\r\n".join((*lines, "", "")).encode())
        told = json.loads(sender.makefile("rb").read().partition(b"\r\n\r\n")[2])
        assert (told["HTTP_X_A"], told["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")


def test_an_answer_without_a_body_has_none(entered: int) -> None:
    status, headers, body = ask(entered, "GET", "/nothing")
    assert (status, headers.get("Content-Length", "0"), body) == (204, "0", b"")
    assert ask(entered, "HEAD", "/")[2] == b""

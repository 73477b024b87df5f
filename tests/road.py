"""The road between the phone and the server: it writes down all that passes, and breaks where a test says so."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "date"}
UNCHANGED = {"Accept-Encoding", "If-None-Match"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the server would have read it."""

    method: str
    address: str
    headers: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the phone will read it."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends without an answer."""


Breaks = Callable[[Request, Answer], Answer | Cut]
"""What becomes of an answer on its way."""


@dataclass(slots=True)
class Road:
    """A proxy before the installation at `beyond`; `clock` is the time that answers tell, None for the true one."""

    beyond: str
    clock: datetime | None = None
    passed: list[Request] = field(default_factory=list)
    breaks: Breaks | None = None
    origin: str = ""

    @contextmanager
    def open(self) -> Iterator["Road"]:
        """The road, in use."""
        road = self

        class Traveller(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                road._carry(self)

            do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        server = _Toll(("127.0.0.1", 0), Traveller)
        self.origin = f"http://127.0.0.1:{server.server_port}"
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        try:
            yield self
        finally:
            server.shutdown()
            running.join()
            server.server_close()

    @contextmanager
    def broken(self, breaks: Breaks) -> Iterator[None]:
        """Inside, every answer goes through `breaks`."""
        self.breaks = breaks
        try:
            yield
        finally:
            self.breaks = None

    def _carry(self, traveller: BaseHTTPRequestHandler) -> None:
        length = int(traveller.headers.get("Content-Length") or 0)
        body = traveller.rfile.read(length)
        request = Request(traveller.command, traveller.path, str(traveller.headers), body)
        self.passed.append(request)
        answer: Answer | Cut = self._asked(traveller, body)
        if self.breaks is not None:
            answer = self.breaks(request, answer) if isinstance(answer, Answer) else answer
        if isinstance(answer, Cut):
            traveller.close_connection = True
            return
        try:
            traveller.send_response_only(answer.status)
            for name, value in answer.headers.items():
                traveller.send_header(name, value)
            traveller.send_header("Date", self._date())
            if answer.status not in {204, 304}:
                traveller.send_header("Content-Length", str(len(answer.body)))
            traveller.end_headers()
            if traveller.command != "HEAD":
                traveller.wfile.write(answer.body)
        except (BrokenPipeError, ConnectionResetError):
            traveller.close_connection = True

    def _asked(self, traveller: BaseHTTPRequestHandler, body: bytes) -> Answer | Cut:
        host = urlsplit(self.beyond)
        connection = HTTPConnection(host.hostname or "", host.port, timeout=30)
        try:
            headers = {name: value for name, value in traveller.headers.items() if name.lower() not in HOP_BY_HOP}
            if self.breaks is not None:
                # What may be changed on the way comes as plain text, and whole.
                headers = {name: value for name, value in headers.items() if name not in UNCHANGED}
            connection.request(traveller.command, traveller.path, body or None, headers)
            with connection.getresponse() as response:
                told = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
                return Answer(response.status, told, response.read())
        except OSError:
            return Cut()
        finally:
            connection.close()

    def _date(self) -> str:
        return format_datetime((self.clock or datetime.now(UTC)).astimezone(UTC), usegmt=True)


class _Toll(ThreadingHTTPServer):
    """Serves the road; a phone that hangs up is no fault."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            raise  # noqa: PLE0704 - called while an exception is handled


def to(part: str, breaks: Breaks) -> Breaks:
    """`breaks` for addresses that hold `part`; all others pass."""
    return lambda request, answer: breaks(request, answer) if part in request.address else answer


def gone(_request: Request, _answer: Answer) -> Cut:
    """The server is not reached."""
    return Cut()


def slow(seconds: float) -> Breaks:
    """Every answer takes `seconds` longer."""

    def late(_request: Request, answer: Answer) -> Answer:
        time.sleep(seconds)
        return answer

    return late


def failing(status: int) -> Breaks:
    """The server answers with its own fault."""
    return lambda _request, _answer: Answer(status, {"Content-Type": "application/problem+json"}, b"{}")


def saying(text: str) -> Breaks:
    """Whatever was asked, `text` comes, as JSON by its own words."""
    return lambda _request, _answer: Answer(200, {"Content-Type": "application/json"}, text.encode())

"""The entrance for the web server (RSGI): a request goes on to the application (WSGI) once it has arrived whole.

A process answers one request at a time. Who sends slowly must not be the one: bodies come in beside each other, on the
event loop, within a time and a room; only then is the application called, in the loop's own thread.
"""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from wsgiref.types import WSGIApplication

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian._granian import RSGIProtocolClosed as ProtocolClosed
from granian.rsgi import Scope

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

PATIENCE_S = 30.0
"""How long a body may take from its first byte to its last: a photo of 300 kB over 10 kB a second."""
ROOM = 64 * 1024 * 1024
"""How many bytes of bodies that are still arriving one process holds for all who send."""
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_EMPTY = frozenset({204, 304})
_TOO_SLOW, _NO_LENGTH, _TOO_LARGE, _BROKEN, _NO_ROOM = 408, 411, 413, 500, 503
TURNED_AWAY = "xiejiao.turned_away"
"""The status with which the application is to refuse a request that did not arrive; not there where it did."""


class _TurnedAway(Exception):  # noqa: N818 - nobody catches it as an error
    """The request goes no further; its status says why."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass(slots=True)
class Entrance:
    """Lets requests in to `application`, with bodies of up to `largest` bytes."""

    application: WSGIApplication
    largest: int
    patience_s: float = PATIENCE_S
    room: int = ROOM
    held: int = field(default=0, init=False)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """One request, as the web server hands it over."""
        try:
            body = b"" if scope.method in _WITHOUT_BODY else await self._arrived(scope, protocol)
        except _TurnedAway as why:
            self._answer(protocol, _environ(scope, b"") | {TURNED_AWAY: why.status})
        except ProtocolClosed:
            return
        else:
            self._answer(protocol, _environ(scope, body))

    async def _arrived(self, scope: Scope, protocol: HTTPProtocol) -> bytes:
        """The whole body: a length is wanted, without which half a body and a whole one look alike."""
        said = scope.headers.get("content-length")
        if said is None and "transfer-encoding" not in scope.headers and scope.http_version.startswith("1"):
            return b""
        if said is None:
            raise _TurnedAway(_NO_LENGTH)
        if int(said) > self.largest:
            raise _TurnedAway(_TOO_LARGE)
        arrived: list[bytes] = []
        try:
            async with asyncio.timeout(self.patience_s):
                async for part in protocol:
                    arrived.append(part)
                    # What has come counts, not what was announced: announcing costs nothing.
                    self.held += len(part)
                    if self.held > self.room:
                        raise _TurnedAway(_NO_ROOM)
        except TimeoutError:
            raise _TurnedAway(_TOO_SLOW) from None
        finally:
            self.held -= sum(map(len, arrived))
        body = b"".join(arrived)
        if len(body) != int(said):
            raise _TurnedAway(_TOO_SLOW)
        return body

    def _answer(self, protocol: HTTPProtocol, environ: dict[str, Any]) -> None:
        status, headers = _BROKEN, list[tuple[str, str]]()

        def start(line: str, given: list[tuple[str, str]], _: object = None) -> Any:  # noqa: ANN401 - PEP 3333's write(), which nobody uses
            nonlocal status, headers
            status, headers = int(line[:3]), given

        starting: StartResponse = start
        answered: Iterable[bytes] = self.application(environ, starting)
        try:
            content = b"".join(answered)
        finally:
            close = getattr(answered, "close", None)
            if close:
                close()
        if status in _EMPTY or not content:
            protocol.response_empty(status, headers)
        else:
            protocol.response_bytes(status, headers, content)


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """What PEP 3333 has an application be told of a request."""
    server, _, port = scope.server.rpartition(":")
    return {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "HTTP_HOST": scope.authority or "",
        **_headers(scope),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _headers(scope: Scope) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in scope.headers.items():
        key = "CONTENT_TYPE" if name == "content-type" else "HTTP_" + name.upper().replace("-", "_")
        between = "; " if name == "cookie" else ","
        found[key] = f"{found[key]}{between}{value}" if key in found else value
    return found

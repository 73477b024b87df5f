"""Keys for messages, and a stand-in for Alibaba Cloud on the loopback address that reads requests by itself."""

import contextlib
import datetime as dt
import hmac
import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal
from urllib.parse import parse_qsl

import pytest

from xiejiao import sealed
from xiejiao.sealed import Keys

KEY_ID, KEY_SECRET = "key-id", "key-secret-of-the-test"

How = Literal["answer", "hang", "close", "drip"]


@pytest.fixture
def keys() -> Keys:
    """The keys of an installation."""
    return sealed.fresh(os.urandom(2 * sealed.KEY_BYTES))


@dataclass(slots=True)
class FakeCloud:
    """Takes what is signed rightly; answers, hangs or closes as the test says."""

    port: int
    how: How = "answer"
    status: int = 200
    body: bytes = b'{"Code": "OK", "BizId": "900619746936498440^0", "Message": "OK", "RequestId": "R"}'
    requests: list[bytes] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket, over: threading.Event) -> None:
        """Read one request to its end and treat it."""
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    return
                request += part
            self.requests.append(request)
            fault = signature_fault(request, KEY_SECRET)
            if fault:
                connection.sendall(answer(400, json.dumps({"Code": fault, "Message": "no"}).encode()))
                return
            target = request.split(b" ")[1].decode()
            self.sent.append(dict(parse_qsl(target.partition("?")[2], strict_parsing=True)))
            if self.how == "answer":
                connection.sendall(answer(self.status, self.body))
            elif self.how == "drip":
                connection.sendall(answer(200, self.body)[:-5])
                over.wait(60)
            elif self.how == "hang":
                over.wait(60)


def answer(status: int, body: bytes) -> bytes:
    """An answer of HTTP/1.1."""
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)


def signature_fault(request: bytes, secret: str) -> str:
    """The code with which Alibaba Cloud refuses a request that is not signed as its documents say; else nothing.

    Written from those documents and from the bytes that came, without anything of the program under test.
    """
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    said = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if not said or said[1] != KEY_ID:
        return "InvalidAccessKeyId.NotFound"
    names = said[2].split(";")
    wanted = {"host", *(name for name in headers if name.startswith("x-acs-"))}
    pairs = query.split("&")
    whole = names == sorted(names) and wanted <= set(names) and pairs == sorted(pairs)
    if not whole or re.search(r"[^A-Za-z0-9_.~%&=-]", query):
        return "IncompleteSignature"
    if headers["x-acs-content-sha256"] != sha256(body).hexdigest():
        return "SignatureDoesNotMatch"
    if (headers["x-acs-action"], headers["x-acs-version"]) != ("SendSms", "2017-05-25"):
        return "InvalidAction.NotFound"
    date = dt.datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    if abs(date - dt.datetime.now(dt.UTC)) > dt.timedelta(minutes=15):
        return "InvalidTimeStamp.Expired"
    canonical = "\n".join(
        [method, path, query, *(f"{name}:{headers[name]}" for name in names), "", said[2], sha256(body).hexdigest()]
    )
    to_sign = "ACS3-HMAC-SHA256\n" + sha256(canonical.encode()).hexdigest()
    right = hmac.new(secret.encode(), to_sign.encode(), sha256).hexdigest()
    return "" if hmac.compare_digest(right, said[3]) else "SignatureDoesNotMatch"


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A provider that runs while the test does."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    fake = FakeCloud(listening.getsockname()[1])
    threads = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threads.append(threading.Thread(target=fake.serve, args=(connection, over)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    yield fake
    over.set()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in (accepting, *threads):
        thread.join(10)


@pytest.fixture
def settings(cloud: FakeCloud, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """The environment in which messages go through the stand-in."""

    def named(**more: str) -> dict[str, str]:
        secret = tmp_path_factory.mktemp("secret") / "sms-secret"
        secret.write_text(f"{KEY_SECRET}\n")
        return {
            "SMS_PROVIDER": "alibaba",
            "SMS_ENDPOINT": cloud.endpoint,
            "SMS_KEY_ID": KEY_ID,
            "SMS_KEY_SECRET_FILE": str(secret),
            "SMS_SIGN_NAME": "歇脚",
            "SMS_TEMPLATE_CODE": "SMS_1",
            **more,
        }

    return named

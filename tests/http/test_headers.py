"""What every answer carries, whoever asks and however it ends."""

import gzip
import logging
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from xiejiao import database
from xiejiao.app import create_app
from xiejiao.config import Config
from xiejiao.encodings import Encoded
from xiejiao.errors import OperatorError

pytestmark = pytest.mark.db

NEAREST = "/api/v1/sites/nearest?lon=116.12&lat=24.3"
CELL = "/api/v1/cells/14/13476/7051"
PACK = "/api/v1/packs/9/421/220"
VOCABULARY = "/api/v1/vocabulary"
ANSWERS = (
    NEAREST,
    CELL,
    VOCABULARY,
    "/api/docs",
    "/healthz",
    "/nowhere",
    "/api/v1/sites/nearest",
    "/api/v1/sites/nobody",
    "/api/v1/installation",
)
SHELL = ("/", "/p/000000", "/index.html", "/sw.js", "/assets/index-1a2b.js", "/assets/none.js")

MakeApp = Callable[..., FlaskClient]


@pytest.fixture
def served(connection: Connection) -> MakeApp:  # noqa: ARG001 - binds the database
    """A client of an application with settings of its own."""

    def make(*, built: Mapping[str, Encoded] | None = None, **settings: str) -> FlaskClient:
        return create_app(Config(**settings), built=built or {}).test_client()

    return make


# ── security ──


@pytest.mark.parametrize("address", ANSWERS + SHELL)
def test_every_answer_carries_the_security_headers(served: MakeApp, built: Mapping[str, Encoded], address: str) -> None:
    headers = served(rate_public="0", built=built).get(address).headers
    policy = dict(directive.strip().split(" ", 1) for directive in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    camera = "camera=(self)" if address in {"/", "/p/000000", "/index.html"} else "camera=()"
    assert headers["Permissions-Policy"] == f"{camera}, microphone=(), geolocation=(self)"
    assert "Set-Cookie" not in headers


def test_the_page_of_the_api_names_no_other_host_and_runs_no_script(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    assert page.content_type == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1:8000", "")
    assert "https://" not in page.text
    style = client.get("/api/static/reference.css")
    assert style.status_code == 200
    assert "url(" not in style.text
    style.close()


# ── other origins ──


@pytest.mark.parametrize("address", [NEAREST, CELL, VOCABULARY, "/api/v1/sites/nearest", "/api/v1/nowhere"])
def test_any_origin_may_read_the_api_without_credentials(client: FlaskClient, address: str) -> None:
    headers = client.get(address, headers={"Origin": "https://elsewhere.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/nowhere"])
def test_what_is_not_the_api_stays_with_its_own_origin(client: FlaskClient, address: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(address).headers


# ── caches ──


@pytest.mark.parametrize(
    ("address", "varies"),
    [
        (NEAREST, ["Accept-Language"]),
        ("/api/v1/sites", ["Accept-Language"]),
        ("/api/v1/sites/nearest", ["Accept-Language"]),
        ("/nowhere", ["Accept-Language"]),
        (CELL, ["Accept-Encoding"]),
        (PACK, ["Accept-Encoding"]),
        (VOCABULARY, ["Accept-Encoding"]),
        ("/api/v1/calendar/2026", []),
    ],
)
def test_an_answer_varies_by_what_it_depends_on_and_nothing_else(
    client: FlaskClient, address: str, varies: list[str]
) -> None:
    assert client.get(address).headers.getlist("Vary") == varies


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (NEAREST, "public, max-age=5"),
        (CELL, "public, max-age=30"),
        (PACK, "public, max-age=3600"),
        (VOCABULARY, "public, max-age=300"),
        ("/api/v1/calendar/2026", "public, max-age=300"),
        ("/healthz", "no-cache"),
        ("/nowhere", "no-store"),
    ],
)
def test_every_answer_says_how_long_it_may_be_kept(client: FlaskClient, address: str, kept: str) -> None:
    assert client.get(address).headers["Cache-Control"] == kept


# ── methods ──


@pytest.mark.parametrize("address", [NEAREST, CELL, VOCABULARY, "/healthz", "/api/v1/sites/nearest"])
def test_head_is_get_without_the_body(client: FlaskClient, address: str) -> None:
    get, head = client.get(address), client.head(address)
    assert (head.status_code, head.data) == (get.status_code, b"")
    assert head.headers == get.headers


def test_options_names_the_methods(client: FlaskClient) -> None:
    answer = client.options(NEAREST)
    assert answer.status_code == 200
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.data == b""


# ── log ──


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (NEAREST, "GET /api/v1/sites/nearest 200"),
        ("/api/v1/sites/nearest?lon=116.1234&lat=124.3456&q=secret", "GET /api/v1/sites/nearest 400"),
        (CELL, "GET /api/v1/cells/14/<int:x>/<int:y> 200"),
        ("/api/v1/sites/nobody", "GET /api/v1/sites/<id> 404"),
        ("/13476/secret", "GET no route 404"),
    ],
)
def test_the_log_says_the_route_and_nothing_that_was_sent(
    app: Flask, caplog: pytest.LogCaptureFixture, address: str, line: str
) -> None:
    caplog.set_level(logging.INFO)
    agent = {"User-Agent": "secret", "Referer": "https://secret.example"}
    app.test_client().get(address, headers=agent, environ_base={"REMOTE_ADDR": "192.0.2.55"})
    (record,) = [record for record in caplog.records if record.name == "xiejiao.access"]
    said = record.getMessage()
    assert said.startswith(line)
    assert said.removeprefix(line).removesuffix(" ms").strip().replace(".", "").isdecimal()
    for sent in ("116.12", "24.3", "13476", "7051", "secret", "nobody", "192.0.2", "?"):
        assert sent not in said


def test_a_fault_of_the_server_is_logged_without_its_values(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> str:
        message = "13800000000"
        raise RuntimeError(message)

    app.add_url_rule("/fails", view_func=fails)
    answer = app.test_client().get("/fails")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "RuntimeError" in caplog.text
    assert "13800000000" not in caplog.messages[0] + str(caplog.records[0].exc_info)
    assert "13800000000" not in answer.text


def test_a_database_that_does_not_answer_is_said_so(caplog: pytest.LogCaptureFixture) -> None:
    pools = database.pools("host=/nowhere dbname=nothing")
    database.bind(pools)
    try:
        for address in ("/readyz", NEAREST, CELL):
            answer = create_app(Config(rate_public="0")).test_client().get(address)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
            assert answer.content_type == "application/problem+json"
        assert "OperationalError" in caplog.text
        assert create_app(Config(rate_public="0")).test_client().get("/healthz").status_code == 200
    finally:
        database.bind(None)


# ── budget ──


def get(client: FlaskClient, address: str, *, sender: str = "192.0.2.1", **headers: str) -> TestResponse:
    return client.get(address, headers=headers, environ_base={"REMOTE_ADDR": sender})


def test_an_address_that_asks_too_often_is_told_when_to_come_back(served: MakeApp) -> None:
    client = served(rate_public="3/minute")
    assert [get(client, VOCABULARY).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = get(client, VOCABULARY)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.content_type == "application/problem+json"
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert get(client, VOCABULARY, sender="192.0.2.2").status_code == 200


@pytest.mark.parametrize("address", [CELL, PACK, "/healthz", "/readyz"])
def test_cells_packs_and_health_are_not_counted(served: MakeApp, address: str) -> None:
    client = served(rate_public="1/hour")
    assert [get(client, address).status_code for _ in range(5)] == [200] * 5
    assert get(client, VOCABULARY).status_code == 200


def test_a_budget_of_nothing_is_no_budget(served: MakeApp) -> None:
    client = served(rate_public="0")
    assert {get(client, VOCABULARY).status_code for _ in range(50)} == {200}


def test_a_budget_that_is_not_understood_stops_the_start(served: MakeApp) -> None:
    with pytest.raises(OperatorError, match="RATE_PUBLIC"):
        served(rate_public="many")


def test_a_forwarded_address_counts_only_behind_the_proxies_that_are_trusted(served: MakeApp) -> None:
    def statuses(client: FlaskClient) -> list[int]:
        forwarded = [f"198.51.100.{number}, 203.0.113.7" for number in range(3)]
        return [get(client, VOCABULARY, **{"X-Forwarded-For": each}).status_code for each in forwarded]

    assert statuses(served(rate_public="1/hour")) == [200, 429, 429]
    # One proxy: the last address is what it saw; what stands before is the sender's own word.
    assert statuses(served(rate_public="1/hour", trusted_proxies="1")) == [200, 429, 429]
    assert statuses(served(rate_public="1/hour", trusted_proxies="2")) == [200, 200, 200]


@pytest.mark.parametrize("hops", ["-1", "11", "one", "1.0"])
def test_a_number_of_proxies_that_cannot_be_stops_the_start(served: MakeApp, hops: str) -> None:
    with pytest.raises(OperatorError, match="TRUSTED_PROXIES"):
        served(trusted_proxies=hops)


def test_compressed_answers_are_what_they_say(client: FlaskClient) -> None:
    answer = client.get(CELL, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.data) == client.get(CELL).data

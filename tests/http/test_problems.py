"""Whatever is sent, the answer is JSON in one shape; bad input is named wholly, in both languages, and never logged."""

import logging
import string
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from xiejiao.app import LONGEST_BODY, LONGEST_QUERY
from xiejiao.sites.rules import Site

pytestmark = pytest.mark.db

HERE = "/api/v1/sites/nearest?lon=116.12&lat=24.3"
PAGE = "/api/v1/sites?"


def faults(answer: TestResponse) -> dict[str, str]:
    """The faulty fields of a problem document and what is said of them."""
    assert answer.status_code == 400, answer.text
    assert_problem(answer)
    return {error["field"]: error["message"] for error in (answer.json or {})["errors"]}


def assert_problem(answer: TestResponse) -> None:
    """Whether the answer is a problem document (RFC 9457)."""
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.get_json()
    assert body.keys() <= {"type", "title", "status", "errors"}
    assert body["status"] == answer.status_code
    assert body["type"].startswith("/api/docs#")
    assert body["title"]
    for error in body.get("errors", ()):
        assert error.keys() == {"field", "message"}
        assert error["message"]


@pytest.fixture(autouse=True)
def nothing_is_logged_as_a_fault(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Bad input is the sender's fault, so no operator is told of it."""
    caplog.set_level(logging.INFO)
    yield
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# ── faults of a query ──


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/api/v1/sites/nearest", {"lon", "lat"}),
        ("/api/v1/sites/nearest?lon=116", {"lat"}),
        ("/api/v1/sites/nearest?lon=24.3&lat=116.12", {"lat"}),
        ("/api/v1/sites/nearest?lon=nan&lat=inf", {"lon", "lat"}),
        ("/api/v1/sites/nearest?lon=-Infinity&lat=NaN", {"lon", "lat"}),
        ("/api/v1/sites/nearest?lon=1e400&lat=24.3", {"lon"}),
        ("/api/v1/sites/nearest?lon=181&lat=91", {"lon", "lat"}),
        ("/api/v1/sites/nearest?lon=12926000&lat=2790000", {"lon", "lat"}),
        ("/api/v1/sites/nearest?lon=here&lat=0x10", {"lon", "lat"}),
        ("/api/v1/sites/nearest?lon=&lat=", {"lon", "lat"}),
        ("/api/v1/sites/nearest?lon=116.12&lat=24.3&lat=24.3", {"lat"}),
        (f"{HERE}&kind=castle", {"kind"}),
        (f"{HERE}&kind=rest_station&kind=", {"kind"}),
        (f"{HERE}&amenity=throne&amenity=toilet&amenity=moat", {"amenity"}),
        (f"{HERE}&datum=bd09mc", {"datum"}),
        (f"{HERE}&datum=mars", {"datum"}),
        *((f"{HERE}&limit={limit}", {"limit"}) for limit in ("0", "101", "1e9", "-1", "abc", "1.5", "9" * 400, "%00")),
        *((f"{HERE}&within_m={metres}", {"within_m"}) for metres in ("0", "-5", "500001", "nan", "inf", "far")),
        *(
            (f"{HERE}&open={quote(instant)}", {"open"})
            for instant in (
                "2026-11-20T14:00:00",
                "2026-11-20",
                "later",
                "0001-01-01T00:00:00Z",
                "0001-01-01T00:00:00+23:59",
                "9999-12-31T23:59:59Z",
                "9999-12-31T23:59:59-23:59",
                "1999-12-31T15:59:59Z",
                "2100-01-01T00:00:00+08:00",
                "2026-02-30T14:00:00+08:00",
                "2026-11-20T25:00:00+08:00",
                "2026-11-20T14:00:00+99:99",
                "2026-11-20T14:00:00+08:00\n",
                "٢٠٢٦-11-20T14:00:00+08:00",
                "NOW",
            )
        ),
        (f"{HERE}&open=", {"open"}),
        (f"{HERE}&open=now&open=now", {"open"}),
        (f"{HERE}&lang=de", {"lang"}),
        (f"{HERE}&radius=5&nearest=yes", {"radius", "nearest"}),
        (f"{HERE}&{'&'.join(['amenity=toilet'] * 51)}", {"amenity"}),
        (f"{HERE}&{'&'.join(['kind=rest_station'] * 21)}", {"kind"}),
        (
            "/api/v1/sites/nearest?lat=x&kind=castle&amenity=throne&open=never&limit=0&within_m=0&datum=x&lang=x&y=1",
            {"lon", "lat", "kind", "amenity", "open", "limit", "within_m", "datum", "lang", "y"},
        ),
        (f"{PAGE}bbox=1,2,3", {"bbox"}),
        (f"{PAGE}bbox=nan,1,2,3", {"bbox"}),
        (f"{PAGE}bbox=117,24,116,25", {"bbox"}),
        (f"{PAGE}bbox=1,2,3,4,5,6", {"bbox"}),
        (f"{PAGE}cursor=x&organisation=cn&limit=1001&q={'x' * 101}", {"cursor", "organisation", "limit", "q"}),
        (f"{PAGE}q=a%00b", {"q"}),
        ("/api/v1/sites/ABCDEF?open=now&limit=1", {"open", "limit"}),
        ("/api/v1/cells/14/16384/16384", {"x", "y"}),
        ("/api/v1/packs/9/512/0", {"x"}),
        ("/api/v1/calendar/1999", {"year"}),
        ("/api/v1/calendar/2101", {"year"}),
    ],
)
def test_every_fault_of_a_request_is_named_at_once(client: FlaskClient, address: str, fields: set[str]) -> None:
    assert faults(client.get(address)).keys() == fields


def test_faults_come_in_the_language_of_the_sender(client: FlaskClient) -> None:
    address = "/api/v1/sites/nearest?lon=x&kind=castle&limit=0&open=x&bad=1"
    zh, en = faults(client.get(address)), faults(client.get(address, headers={"Accept-Language": "en"}))
    assert zh.keys() == en.keys() == {"lon", "lat", "kind", "limit", "open", "bad"}
    assert all(message.isascii() for message in en.values())
    assert not any(message.isascii() for message in zh.values())
    assert zh["lat"] == "缺少此项"
    assert en["lat"] == "is missing"
    assert en["limit"] == "must be at least 1"
    title = client.get(f"{address}&lang=en").json or {}
    assert title["title"] == "Something in the request is wrong"


def test_an_exchanged_position_is_called_so(client: FlaskClient) -> None:
    found = faults(client.get("/api/v1/sites/nearest?lon=24.3&lat=116.12&lang=en"))
    assert found == {"lat": "looks exchanged with lon: no latitude is beyond 90 degrees"}


def test_what_was_sent_is_not_repeated(client: FlaskClient) -> None:
    secret = "13800000000"  # noqa: S105 - something that must not come back
    answer = client.get(
        f"/api/v1/sites/nearest?lon={secret}x&lat={secret}x&kind={secret}&open={secret}&limit={secret}x"
    )
    assert secret not in answer.text


# ── addresses, methods, sizes ──


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nowhere", 404),
        ("/api/v1/", 404),
        ("/api/v2/sites", 404),
        ("/api/v1/sites/nobody", 404),
        ("/api/v1/sites/%00", 404),
        ("/api/v1/sites/%ff%fe", 404),
        ("/api/v1/sites/%ED%A0%80", 404),
        ("/api/v1/cells/14/-1/0", 404),
        ("/api/v1/cells/14/1e3/0", 404),
        ("/api/v1/cells/15/0/0", 404),
        (f"/api/v1/cells/14/{'9' * 400}/0", 404),
        (f"/api/v1/cells/14/0/{'9' * 5_000}", 404),
        (f"/api/v1/calendar/{'2' * 5_000}", 404),
        ("/api/v1/calendar/-1", 404),
        ("//api//v1//vocabulary", 404),
        ("/" + "a" * 20_000, 404),
        (f"{HERE}&x={'y' * LONGEST_QUERY}", 414),
        (f"/nowhere?{'y' * (LONGEST_QUERY + 1)}", 414),
    ],
)
def test_what_is_not_there_or_too_long_is_a_problem_document(client: FlaskClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert_problem(answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_a_method_that_an_address_does_not_take_is_refused(client: FlaskClient, method: str) -> None:
    answer = client.open(HERE, method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert_problem(answer)


def test_a_body_that_nobody_asked_for_does_no_harm(client: FlaskClient) -> None:
    body = b"x" * (LONGEST_BODY + 1)
    assert client.get(HERE, data=body).status_code == 200
    assert client.post(HERE, data=body).status_code == 405


@pytest.mark.parametrize("query", ["q=%ff", "q=%ED%A0%80", "q=%F0%9F%98%80", "q=%C0%80", "%ff=1", "lang=%00"])
def test_broken_utf8_is_no_reason_to_fail(client: FlaskClient, query: str) -> None:
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        assert_problem(answer)


# ── anything at all ──

ROUTES = (
    "/healthz",
    "/readyz",
    "/api/v1/openapi.json",
    "/api/docs",
    "/api/v1/vocabulary",
    "/api/v1/calendar/2026",
    "/api/v1/sites",
    "/api/v1/sites/nearest",
    "/api/v1/sites/ABCDEF",
    "/api/v1/cells/14/13476/7051",
    "/api/v1/packs/9/421/220",
)
NAMES = ("lon", "lat", "datum", "kind", "amenity", "open", "within_m", "limit", "lang", "q", "bbox", "cursor")
VALUES = st.one_of(
    st.text(max_size=20).map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
    st.binary(max_size=12).map(quote),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(lambda instant: f"{instant.isoformat()}Z"),
    st.sampled_from(["now", "116.12", "24.3", "rest_station", "toilet", "116,24,117,25", "en", "gcj02", ""]),
)
QUERIES = st.one_of(
    st.lists(st.tuples(st.sampled_from([*NAMES, "other"]), VALUES), max_size=8).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
    ),
    st.text(string.printable, max_size=40).map(lambda text: quote(text, safe="&=;%+/?")),
)


@given(route=st.sampled_from(ROUTES), query=QUERIES)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_string_breaks_a_route(client: FlaskClient, route: str, query: str) -> None:
    answer = client.get(f"{route}?{query}")
    assert answer.status_code in {200, 400, 404, 414}
    if answer.status_code == 200:
        assert "json" in answer.content_type or route == "/api/docs"
    else:
        assert_problem(answer)


@given(number=st.one_of(st.integers().map(str), st.text(max_size=8).map(quote), st.floats().map(str)))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_in_a_path_breaks_a_route(client: FlaskClient, number: str) -> None:
    for path in ("calendar/{}", "cells/14/{}/7051", "packs/9/421/{}", "sites/{}"):
        answer = client.get(f"/api/v1/{path.format(number)}")
        assert answer.status_code in {200, 400, 404}
        if answer.status_code != 200:
            assert_problem(answer)


def test_good_input_is_answered(client: FlaskClient, make_site: Callable[..., Site]) -> None:
    site = make_site()
    for address in (HERE, f"{HERE}&lang=en&open=now", f"{PAGE}q=%E6%A2%85", f"/api/v1/sites/{site.code}", *ROUTES[:8]):
        assert client.get(address if "?" in address else f"{address}?").status_code == (
            400 if address == "/api/v1/sites/nearest" else 200
        )

"""Requests that change something come from the app: whoever else makes a browser send its cookie gets nothing done."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

import people
from addresses import filled
from conftest import Clock
from people import ORIGIN, Draw
from xiejiao.http.access import OWN_HEADER, mark_of
from xiejiao.http.network import network_of

EVIL = "https://evil.example"
SAFE = {"GET", "HEAD", "OPTIONS"}
pytestmark = pytest.mark.db


@pytest.fixture
def person(app: Flask, connection: Connection, clock: Clock, draw: Draw) -> FlaskClient:
    """Somebody who has signed in."""
    account = people.staff(connection, "somebody", now=clock.now(), draw=draw)
    return people.client_of(app, people.signed_in(connection, account, now=clock.now(), draw=draw))


def unsafe(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method and address of the application that changes something."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - SAFE):
            yield method, filled(rule)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": f"{ORIGIN}.evil.example"},
        {"Origin": ORIGIN.replace("http", "https")},
        {"Origin": "", "Sec-Fetch-Site": ""},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {OWN_HEADER: ""},
    ],
    ids=str,
)
def test_every_change_that_another_site_asks_for_is_refused(
    app: Flask, person: FlaskClient, headers: dict[str, str]
) -> None:
    asked = list(unsafe(app))
    assert len(asked) > 10
    for method, address in asked:
        assert person.open(address, method=method, headers=headers).status_code == 403, (method, address)
    assert person.get("/api/v1/me").status_code == 200


def test_the_apps_own_requests_are_let_through_to_the_route(app: Flask, person: FlaskClient) -> None:
    refused = [
        (method, address)
        for method, address in unsafe(app)
        if person.open(address, method=method, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403
        and mark_of(app.view_functions[app.url_map.bind("").match(address, method=method)[0]]) == "public"
    ]
    assert refused == []


def test_no_address_reads_and_changes_with_one_view(app: Flask) -> None:
    methods = [(rule.methods or set()) - {"HEAD", "OPTIONS"} for rule in app.url_map.iter_rules()]
    assert not [each for each in methods if "GET" in each and len(each) > 1]


def test_who_has_not_signed_in_is_told_so_and_nothing_else(app: Flask) -> None:
    nobody = people.client_of(app)
    for rule in app.url_map.iter_rules():
        mark = mark_of(app.view_functions[rule.endpoint])
        if mark in {None, "public"}:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            address = filled(rule)
            answer = nobody.open(address, method=method, json={})
            assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "no-store"), (method, address)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_a_network_is_what_is_counted(address: str, network: str) -> None:
    assert network_of(address) == network

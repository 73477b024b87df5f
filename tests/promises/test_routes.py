"""What holds for every route: one access mark, a place in the API document, one shape of error."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from openapi_spec_validator import validate

from addresses import filled
from xiejiao import database
from xiejiao.app import create_app
from xiejiao.cluster import Role
from xiejiao.config import Config
from xiejiao.hours import CHINA
from xiejiao.http.access import mark_of, public
from xiejiao.roles import Permission
from xiejiao.sites.rules import Amenity, Site

FRIDAY_14 = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
MARKS = {"public", "signed_in", *(f"requires {permission}" for permission in Permission)}
"""The marks that exist."""
STATIC = "reference.static"
"""Served by Flask itself, from a folder that holds the style sheet alone."""
PROMISED = {
    "/healthz",
    "/readyz",
    "/api/docs",
    "/api/v1/openapi.json",
    "/api/v1/sites",
    "/api/v1/sites/nearest",
    "/api/v1/sites/{id}",
    "/api/v1/cells/14/{x}/{y}",
    "/api/v1/packs/9/{x}/{y}",
    "/api/v1/hours",
    "/api/v1/vocabulary",
    "/api/v1/calendar/{year}",
    "/api/v1/installation",
    "/api/v1/sign-in-codes",
    "/api/v1/sign-ins",
    "/api/v1/me",
    "/api/v1/grants",
    "/api/v1/organisations",
    "/api/v1/organisations/routed",
    "/api/v1/applications",
    "/api/v1/applications/{id}",
    "/api/v1/applications/{id}/decisions",
    "/api/v1/me/applications",
    "/api/v1/me/data",
}
HELD = {"/api/v1/photos/{id}", "/api/v1/reports/{link}"}
"""Addresses of what has an id of its own, of which the seed has none."""
NOT_DESCRIBED = {"/api/v1/openapi.json"}
"""The document does not describe itself."""


@pytest.fixture(scope="module")
def plain_app() -> Flask:
    """The application, whose routes are read and not called."""
    return create_app(Config(rate_public="0"))


# ── access marks ──


def without_one_mark(app: Flask) -> set[str]:
    """Endpoints that do not say, in exactly one known word, who may call them."""
    return {
        endpoint for endpoint, view in app.view_functions.items() if endpoint != STATIC and mark_of(view) not in MARKS
    }


def test_every_route_says_who_may_call_it(plain_app: Flask) -> None:
    assert without_one_mark(plain_app) == set()


def test_a_route_that_does_not_say_would_be_caught() -> None:
    app = Flask("planted")
    app.add_url_rule("/marked", "marked", public(lambda: ""))
    app.add_url_rule("/bare", "bare", lambda: "")
    assert without_one_mark(app) == {"bare", "static"}


# ── the API document ──


def addresses(app: Flask) -> set[str]:
    """The addresses of an application, parts of a path in braces."""
    rules = (rule.rule for rule in app.url_map.iter_rules() if rule.endpoint != STATIC)
    return {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules}


def references(document: object) -> Iterator[str]:
    """Every `$ref` of a document."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "$ref":
                yield str(value)
            yield from references(value)
    elif isinstance(document, list):
        for value in document:
            yield from references(value)


def undocumented(app: Flask, document: dict[str, Any]) -> set[str]:
    """Addresses of the API that the document does not describe."""
    described = NOT_DESCRIBED.union(document["paths"])
    return {address for address in addresses(app) if address.startswith("/api/v1/")} - described


@pytest.fixture(scope="module")
def document(plain_app: Flask) -> dict[str, Any]:
    """The API document as it is served."""
    return dict(plain_app.test_client().get("/api/v1/openapi.json").json or {})


def test_every_promised_address_exists(plain_app: Flask) -> None:
    assert addresses(plain_app) >= PROMISED


def test_the_document_is_valid_and_needs_nothing_from_elsewhere(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert all(reference.startswith("#/") for reference in references(document))


def test_an_invalid_document_would_be_caught(document: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="paths"):
        validate({**document, "paths": {"nowhere": {}}})


def test_every_route_of_the_api_is_described(plain_app: Flask, document: dict[str, Any]) -> None:
    assert undocumented(plain_app, document) == set()


def test_a_route_that_is_not_described_would_be_caught(document: dict[str, Any]) -> None:
    app = Flask("planted", static_folder=None)
    app.add_url_rule("/api/v1/secret/<int:x>", "secret", str)
    assert undocumented(app, document) == {"/api/v1/secret/{x}"}


def test_every_operation_says_what_it_is_for(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["operationId"]
            assert operation["x-example"]
            for parameter in operation["parameters"]:
                assert parameter["description"], parameter["name"]


# ── answers ──


def open_paths(document: dict[str, Any]) -> set[str]:
    """Addresses that anybody may read."""
    return {
        path for path, operations in document["paths"].items() if operations.get("get", {}).get("x-access") == "public"
    }


def faults_of(document: dict[str, Any], path: str, status: int, media_type: str, answer: object) -> list[str]:
    """What an answer has that the document does not promise, or lacks."""
    responses = document["paths"][path]["get"]["responses"]
    if str(status) not in responses:
        return [f"status {status} is not promised"]
    if media_type not in responses[str(status)]["content"]:
        return [f"media type {media_type} is not promised"]
    schema = {**responses[str(status)]["content"][media_type]["schema"], "components": document["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    return [error.message for error in Draft202012Validator(schema, format_checker=checker).iter_errors(answer)]


@pytest.mark.db
def test_answers_are_what_the_document_promises(
    client: FlaskClient,
    document: dict[str, Any],
    make_site: Callable[..., Site],
    clock: Any,  # noqa: ANN401 - the clock of conftest
) -> None:
    site = make_site(amenities=(Amenity("toilet", since=clock.time),), confirmed_at=clock.time, notice="轻声")
    make_site(hours=None)
    requests = {
        "/api/v1/sites": ["", "?limit=1", "?limit=x", "?q=梅江"],
        "/api/v1/sites/nearest": ["?lon=116.12&lat=24.3", "?lon=35&lat=85", "?lon=x", "?lon=0&lat=0"],
        "/api/v1/sites/{id}": [f"/../{site.code}", f"/../{site.id}", "/../nobody", f"/../{site.code}?x=1"],
        "/api/v1/cells/14/{x}/{y}": ["/../../13476/7051", "/../../0/0", "/../../99999/0"],
        "/api/v1/packs/9/{x}/{y}": ["/../../421/220", "/../../0/512"],
        "/api/v1/hours": [
            "?text=8:30-12:00,14:00-18:00 节假日除外",
            '?text=Mo-Fr 22:00-06:00; Fr off "装修"; Jul PH 08:00-09:00 unknown&lang=en',
            "?text=PH off; Mo-Fr 09:00-17:00",
            "?text=每天8:00-5:00",
            "",
        ],
        "/api/v1/divisions": [""],
        "/api/v1/vocabulary": [""],
        "/api/v1/calendar/{year}": ["/../2026", "/../2027", "/../1999"],
        "/api/v1/installation": [""],
        "/api/v1/cards/keys": [""],
        "/api/v1/organisations": ["?q=梅州", "?q=梅州&accepts=true", "?q=x", ""],
        "/api/v1/organisations/routed": [
            f"?site={site.code}",
            "?division=441402&trade=courier",
            "?division=999999",
            "?division=4",
            "",
        ],
        "/api/v1/sites/{id}/alone": [f"/../../{site.code}/alone", "/../../nobody/alone"],
        "/api/v1/sites/{id}/photos": [f"/../../{site.id}/photos"],
        "/api/v1/photos/{id}": [f"/../{site.id}", f"/../{site.id}?size=huge"],
        "/api/v1/reports/{link}": ["/../nobody"],
    }
    assert requests.keys() == open_paths(document)
    for path, tails in requests.items():
        for tail in tails:
            steps = tail.count("/..")
            address = path.rsplit("/", steps)[0] + tail.replace("/..", "")
            answer = client.get(address)
            assert faults_of(document, path, answer.status_code, str(answer.mimetype), answer.json) == [], address


def test_an_answer_that_breaks_its_promise_would_be_caught(document: dict[str, Any]) -> None:
    good: dict[str, object] = {"year": 2027, "announced": False, "source": None, "days": []}
    path, json = "/api/v1/calendar/{year}", "application/json"
    assert faults_of(document, path, 200, json, good) == []
    assert faults_of(document, path, 200, json, {**good, "days": [{"on": "soon"}]})
    assert faults_of(document, path, 200, json, {**good, "extra": 1})
    assert faults_of(document, path, 418, json, good)
    assert faults_of(document, path, 200, "text/html", good)


@pytest.mark.db
def test_every_example_runs_as_written(populated: Callable[[Role], str], document: dict[str, Any]) -> None:
    pools = database.pools(populated(Role.APP))
    database.bind(pools)
    try:
        client = create_app(Config(rate_public="0"), now=lambda: FRIDAY_14).test_client()
        for path in open_paths(document) - HELD:
            answer = client.get(document["paths"][path]["get"]["x-example"])
            assert answer.status_code == 200, path
            found = (answer.json or {}).get("features")
            assert found is None or found, f"{path}: the example finds nothing"
    finally:
        database.bind(None)
        pools.close()


# ── one shape of error ──


def misshapen(app: Flask) -> set[str]:
    """Addresses that refuse a method in another shape than a problem document (RFC 9457)."""
    shape = {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {"status": {"const": 405}, "type": {"pattern": "^/api/docs#"}},
    }
    client = app.test_client()
    found = set()
    for rule in app.url_map.iter_rules():
        answer = client.open(filled(rule), method="BREW")
        if not Draft202012Validator(shape).is_valid(answer.get_json(silent=True)):
            found.add(rule.rule)
    return found


def test_every_route_refuses_in_one_shape(plain_app: Flask) -> None:
    assert misshapen(plain_app) == set()


def test_a_route_that_refuses_in_another_shape_would_be_caught() -> None:
    app = Flask("planted", static_folder=None)
    app.add_url_rule("/own", "own", lambda: "", methods=["GET"])
    assert misshapen(app) == {"/own"}

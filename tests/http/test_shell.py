"""The rider's app as it is sent: its page, its files, and what they may do."""

from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from built import PAGE, SCRIPT
from xiejiao.app import create_app
from xiejiao.config import Config
from xiejiao.encodings import Encoded
from xiejiao.http import shell


@pytest.fixture
def client(built: dict[str, Encoded]) -> FlaskClient:
    """A client of an application that has a small built app."""
    return create_app(Config(rate_public="0"), built=built).test_client()


@pytest.mark.parametrize("address", [*(address.replace("<code>", "000000") for address in shell.PAGES), "/index.html"])
def test_every_page_is_the_app_and_may_run_its_own_scripts_only(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.data, answer.content_type) == (200, PAGE, "text/html; charset=utf-8")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert answer.headers["Cache-Control"] == "no-cache"
    # Members' cards are read by the camera; what no page needs stays out of reach.
    assert answer.headers["Permissions-Policy"] == "camera=(self), microphone=(), geolocation=(self)"


def directives(answer: TestResponse) -> dict[str, set[str]]:
    """What an answer may do, by directive."""
    parts = (each.split() for each in answer.headers["Content-Security-Policy"].split(";"))
    return {name: set(values) for name, *values in parts}


def test_images_come_from_the_host_of_the_base_map_where_there_is_one(built: dict[str, Encoded]) -> None:
    config = Config(rate_public="0", map_tiles="https://Tiles.example:8443/{z}/{x}/{y}.png?key=0")
    plain, mapped = (directives(create_app(each, built=built).test_client().get("/")) for each in (Config(), config))
    assert mapped.pop("img-src") - plain.pop("img-src") == {"https://tiles.example:8443"}
    assert mapped == plain


def test_another_policy_makes_another_worker_and_the_same_one_the_same(built: dict[str, Encoded]) -> None:
    def worker(**settings: str) -> tuple[bytes, str]:
        answer = create_app(Config(rate_public="0", **settings), built=built).test_client().get("/sw.js")
        return answer.data, answer.headers["ETag"]

    (plain, tag), (mapped, mapped_tag) = worker(), worker(map_tiles="https://tiles.example/{z}/{x}/{y}.png")
    assert plain.endswith(SCRIPT)
    assert plain != mapped
    assert tag != mapped_tag
    assert worker(operator="x") == (plain, tag)
    assert worker(map_tiles="https://tiles.example/{z}/{x}/{y}.webp") == (mapped, mapped_tag)


def test_markup_is_written_by_the_named_policies_alone(client: FlaskClient) -> None:
    assert directives(client.get("/map"))["trusted-types"] == {"vue", "worker", "default"}


def test_what_a_page_needs_besides_the_app_comes_along_with_it(client: FlaskClient) -> None:
    page, style, shared = "</assets/Page-5e6f.js>", "</assets/Page-5e6f.css>", "</assets/Card-3c4d.js>"
    ahead = f"{page}; rel=modulepreload, {style}; rel=preload; as=style, {shared}; rel=modulepreload"
    assert {address: client.get(address).headers.get("Link") for address in ("/", "/p/000000", "/more")} == {
        "/": None,
        "/p/000000": ahead,
        "/more": ahead,
    }


def test_a_file_with_a_fingerprint_is_kept_for_ever_and_the_worker_is_asked_for_each_time(client: FlaskClient) -> None:
    asset, worker = client.get("/assets/index-1a2b.js"), client.get("/sw.js")
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert worker.headers["Cache-Control"] == "no-cache"
    assert asset.content_type.startswith("text/javascript")


def test_a_file_goes_out_as_the_build_compressed_it(client: FlaskClient) -> None:
    answer = client.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data) == SCRIPT
    again = client.get("/assets/index-1a2b.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("address", ["/assets/none.js", "/index.html.br", "/../pyproject.toml", "/assets/..%2fsw.js"])
def test_what_was_not_built_is_not_there(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_without_a_build_there_is_the_api_alone(tmp_path: Path) -> None:
    assert create_app(Config(), built=shell.files(tmp_path)).test_client().get("/").status_code == 404


def test_a_person_at_an_address_of_nothing_gets_the_app_and_a_program_a_problem(client: FlaskClient) -> None:
    person = client.get("/nothing/here", headers={"Sec-Fetch-Dest": "document"})
    assert (person.status_code, person.data) == (404, PAGE)
    assert "script-src 'self'" in person.headers["Content-Security-Policy"]
    program = client.get("/nothing/here")
    assert (program.status_code, program.content_type) == (404, "application/problem+json")

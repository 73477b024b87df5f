"""What managers do through the door that their phones take: rounds, changes, history, photos, posters."""

import datetime as dt
import io
from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Connection, text

import people
from conftest import Clock
from people import Draw
from xiejiao.roles import Role
from xiejiao.sites.rules import Amenity, AmenityState, Site

pytestmark = pytest.mark.db
ALL_WELL = {"hours_as_posted": True, "everything_works": True, "stock_all_right": True}


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """The place that is kept."""
    return make_site(amenities=(Amenity("microwave", AmenityState.WORKS), Amenity("medicine_box")))


@pytest.fixture
def managers(
    app: Flask, connection: Connection, site: Site, clock: Clock, draw: Draw
) -> tuple[FlaskClient, FlaskClient]:
    """Two who keep it."""

    def manager(name: str) -> FlaskClient:
        account = people.staff(connection, name, Role.SITE_MANAGER, now=clock.now(), draw=draw, site=UUID(site.id))
        return people.client_of(app, people.signed_in(connection, account, now=clock.now(), draw=draw))

    return manager("one"), manager("two")


@pytest.fixture
def manager(managers: tuple[FlaskClient, FlaskClient]) -> FlaskClient:
    """One who keeps it."""
    return managers[0]


_KEYS = count()


def ask(client: FlaskClient, method: str, address: str, body: object, key: str | None = None) -> Any:  # noqa: ANN401 - a response
    """Sends what the app sends, with a key of its own."""
    return client.open(address, method=method, json=body, headers={"Idempotency-Key": key or f"key-{next(_KEYS):08}"})


def at(clock: Clock, **ago: float) -> str:
    """An instant as the phone writes it."""
    return (clock.now() - dt.timedelta(**ago)).isoformat()


# ── what stands there ──


@pytest.mark.parametrize(
    ("language", "opening_hours", "written"),
    [
        ("zh-CN", "Mo-Su 08:00-20:00; PH off", "每天 8:00–20:00，法定节假日休息"),
        ("zh-CN", "Mo-Fr 08:30-12:00,14:00-18:00; PH off", "周一至周五 8:30–12:00、14:00–18:00，法定节假日休息"),
        # Words that would be read as something else, or not at all, are not offered.
        ("zh-CN", "Mo-Su 08:00-20:00 unknown", "Mo-Su 08:00-20:00 unknown"),
        ("en", "Mo-Su 08:00-20:00; PH off", "Mo-Su 08:00-20:00; PH off"),
        ("zh-CN", None, None),
    ],
)
def test_hours_are_written_in_words_only_where_these_read_back_to_them(
    manager: FlaskClient, site: Site, language: str, opening_hours: str | None, written: str | None
) -> None:
    way = {"mode": "staffed", "opening_hours": opening_hours}
    body = {"access": [way], "version": 1}
    headers = {"Idempotency-Key": f"key-{next(_KEYS):08}", "Accept-Language": language}
    answer = manager.put(f"/api/v1/keeping/{site.id}/hours", json=body, headers=headers).json
    assert answer["ways"] == [{**way, "written": written}]  # type: ignore[index]


# ── rounds ──


def test_a_round_renews_the_confirmation_as_of_when_it_was_answered(
    client: FlaskClient, manager: FlaskClient, site: Site, clock: Clock
) -> None:
    clock.pass_(7_200)
    answer = ask(manager, "POST", f"/api/v1/keeping/{site.id}/rounds", {**ALL_WELL, "at": at(clock, hours=1)})
    assert answer.status_code == 201
    shown = client.get(f"/api/v1/sites/{site.id}").json
    assert shown["properties"]["confirmed_at"] == "2026-11-20T15:00:00+08:00"  # type: ignore[index]


def test_a_round_that_arrives_twice_is_one_round(
    connection: Connection, manager: FlaskClient, site: Site, clock: Clock
) -> None:
    body = {**ALL_WELL, "at": at(clock)}
    answers = [ask(manager, "POST", f"/api/v1/keeping/{site.id}/rounds", body, "the-same-key") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.data for answer in answers}) == 1
    assert connection.scalar(text("SELECT count(*) FROM round")) == 1
    other = {**body, "stock_all_right": False}
    assert ask(manager, "POST", f"/api/v1/keeping/{site.id}/rounds", other, "the-same-key").status_code == 422


def test_a_round_without_a_key_is_refused(manager: FlaskClient, site: Site, clock: Clock) -> None:
    answer = manager.post(f"/api/v1/keeping/{site.id}/rounds", json={**ALL_WELL, "at": at(clock)})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "Idempotency-Key")  # type: ignore[index]


def test_an_old_round_that_arrives_late_does_not_overrule_a_newer_one(
    client: FlaskClient, managers: tuple[FlaskClient, FlaskClient], site: Site, clock: Clock
) -> None:
    clock.pass_(86_400)
    for manager, ago in zip(managers, (0, 20), strict=True):
        body = {**ALL_WELL, "at": at(clock, hours=ago)}
        assert ask(manager, "POST", f"/api/v1/keeping/{site.id}/rounds", body).status_code == 201
    shown = client.get(f"/api/v1/sites/{site.id}").json
    assert shown["properties"]["confirmed_at"] == "2026-11-21T14:00:00+08:00"  # type: ignore[index]


@pytest.mark.parametrize(("ago", "status"), [({"days": 2, "hours": 23}, 201), ({"days": 3, "seconds": 1}, 400)])
def test_a_round_of_more_than_three_days_ago_says_nothing_of_today(
    manager: FlaskClient, site: Site, clock: Clock, ago: dict[str, float], status: int
) -> None:
    body = {**ALL_WELL, "at": at(clock, **ago)}
    assert ask(manager, "POST", f"/api/v1/keeping/{site.id}/rounds", body).status_code == status


def test_a_phone_whose_clock_runs_ahead_confirms_as_of_now(
    client: FlaskClient, manager: FlaskClient, site: Site, clock: Clock
) -> None:
    ask(manager, "POST", f"/api/v1/keeping/{site.id}/rounds", {**ALL_WELL, "at": at(clock, days=-400)})
    shown = client.get(f"/api/v1/sites/{site.id}").json
    assert shown["properties"]["confirmed_at"] == "2026-11-20T14:00:00+08:00"  # type: ignore[index]


def test_who_finds_the_hours_wrong_has_not_confirmed_them(
    connection: Connection, client: FlaskClient, manager: FlaskClient, site: Site, clock: Clock
) -> None:
    for answers, confirmed in (
        ({"hours_as_posted": False}, None),
        ({"everything_works": False}, "2026-11-20T14:00:00+08:00"),
    ):
        body = {**ALL_WELL, **answers, "at": at(clock)}
        assert ask(manager, "POST", f"/api/v1/keeping/{site.id}/rounds", body).status_code == 201
        assert client.get(f"/api/v1/sites/{site.id}").json["properties"]["confirmed_at"] == confirmed  # type: ignore[index]
    assert connection.scalar(text("SELECT count(*) FROM round")) == 2


# ── changes ──


def test_hours_closures_amenities_and_notice_are_changed_and_found(
    client: FlaskClient, manager: FlaskClient, site: Site, clock: Clock
) -> None:
    base = f"/api/v1/keeping/{site.id}"
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", "hours", {"access": [{"mode": "staffed", "opening_hours": "Mo-Fr 08:30-12:00,14:00-18:00; PH off"}]}),
        ("PUT", "amenities", {"amenities": [{"code": "medicine_box", "state": "works", "expires_on": "2026-12-01"}]}),
        ("PUT", "notice", {"notice": "请轻声"}),
        ("POST", "closures", {"since": at(clock), "until": at(clock, hours=-5), "reason": "停电"}),
    ]
    version = 1
    for method, part, body in changes:
        answer = ask(manager, method, f"{base}/{part}", {**body, "version": version})
        assert answer.status_code == 200, answer.json
        assert answer.json["version"] > version
        version = answer.json["version"]
    shown = client.get(f"/api/v1/sites/{site.id}").json["properties"]  # type: ignore[index]
    assert shown["opening_hours"] == "Mo-Fr 08:30-12:00,14:00-18:00; PH off"
    assert (shown["state"], shown["notice"]) == ("closed", "请轻声")
    medicine = next(each for each in shown["amenities"] if each["code"] == "medicine_box")
    assert medicine["expires_on"] == "2026-12-01"


def test_two_managers_at_once_lose_nothing_and_both_are_shown(
    managers: tuple[FlaskClient, FlaskClient], site: Site
) -> None:
    one, two = managers
    address = f"/api/v1/keeping/{site.id}/notice"
    assert ask(one, "PUT", address, {"version": 1, "notice": "左边的门"}).status_code == 200
    refused = ask(two, "PUT", address, {"version": 1, "notice": "右边的门"})
    assert refused.status_code == 409
    assert refused.json["now"]["version"] == 2
    assert one.get(f"/api/v1/keeping/{site.id}").json["site"]["properties"]["notice"] == "左边的门"  # type: ignore[index]
    assert ask(two, "PUT", address, {"version": 2, "notice": "右边的门"}).status_code == 200


def test_a_change_is_told_in_lines_and_taken_back(client: FlaskClient, manager: FlaskClient, site: Site) -> None:
    broken = {"version": 1, "amenities": [{"code": "microwave", "state": "broken"}]}
    ask(manager, "PUT", f"/api/v1/keeping/{site.id}/amenities", broken)
    told = manager.get(f"/api/v1/keeping/{site.id}/history").json["changes"][0]  # type: ignore[index]
    assert told["lines"] == ["微波炉：正常 → 坏了"]
    assert told["actor"].startswith("account:")
    assert told["by"] == "one"
    address = f"/api/v1/keeping/{site.id}/history/{told['id']}/reverting"
    assert ask(manager, "POST", address, {"version": 2}).status_code == 200
    shown = client.get(f"/api/v1/sites/{site.id}").json["properties"]["amenities"]  # type: ignore[index]
    assert {each["code"]: each["state"] for each in shown}["microwave"] == "works"


@pytest.mark.parametrize(
    ("method", "part", "body"),
    [
        ("PUT", "notice", {"notice": "好" * 10_000}),
        ("PUT", "notice", {"notice": "a\u0000b"}),
        ("PUT", "notice", {"notice": "a\u202eb"}),
        ("PUT", "notice", {"notice": ""}),
        ("PUT", "hours", {"access": [{"mode": "open_door", "opening_hours": "whenever"}]}),
        ("PUT", "hours", {"access": [{"mode": "window", "opening_hours": None}]}),
        ("PUT", "hours", {"access": []}),
        ("PUT", "amenities", {"amenities": [{"code": "cinema", "state": "works"}]}),
        ("PUT", "amenities", {"amenities": [{"code": "toilet", "state": "golden"}]}),
        ("PUT", "amenities", {"amenities": [{"code": "toilet", "state": "works", "expires_on": "soon"}]}),
        ("POST", "closures", {"since": "2026-11-20T14:00:00+08:00", "until": "2026-11-20T13:00:00+08:00"}),
        ("POST", "closures", {"since": "2026-11-20T14:00:00", "until": None}),
        ("POST", "closures", {"since": "9999-12-31T23:59:59+00:00", "until": None}),
        ("POST", "closures", {"since": "0001-01-01T00:00:00+14:00", "until": "0001-01-02T00:00:00+00:00"}),
        ("POST", "rounds", {**ALL_WELL, "at": "0001-01-01T00:00:00+14:00"}),
        ("PUT", "notice", {"notice": "x", "status": "closed", "organisation_id": "1"}),
        ("PUT", "notice", {"notice": "x", "version": 10**30}),
    ],
)
def test_no_change_earns_a_500_and_the_faulty_field_is_named(
    connection: Connection, manager: FlaskClient, site: Site, method: str, part: str, body: dict[str, Any]
) -> None:
    whole = body if part == "rounds" else {"version": 1, **body}
    answer = ask(manager, method, f"/api/v1/keeping/{site.id}/{part}", whole)
    assert answer.status_code == 400
    assert answer.json["errors"]
    assert connection.scalar(text("SELECT version FROM site WHERE id = :id"), {"id": site.id}) == 1


def test_markup_is_stored_as_the_text_it_is(client: FlaskClient, manager: FlaskClient, site: Site) -> None:
    notice = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    assert ask(manager, "PUT", f"/api/v1/keeping/{site.id}/notice", {"version": 1, "notice": notice}).status_code == 200
    answer = client.get(f"/api/v1/sites/{site.id}")
    assert answer.json["properties"]["notice"] == notice  # type: ignore[index]
    assert "json" in answer.content_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ── photos ──


def photographed() -> bytes:
    """A photo as a phone takes it, with where and with what it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "PHONE-MAKER"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (24.0, 18.0, 33.0)
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "#356").save(file, "JPEG", exif=exif, comment=b"SECRET-COMMENT")
    return file.getvalue()


def test_a_photo_hangs_without_where_it_was_taken_and_is_taken_down(
    client: FlaskClient, manager: FlaskClient, site: Site
) -> None:
    sent = photographed()
    assert b"PHONE-MAKER" in sent
    address = f"/api/v1/keeping/{site.id}/photos"
    answer = manager.post(address, data=sent, content_type="image/jpeg", headers={"Idempotency-Key": "photo-0001"})
    identity = answer.json["id"]  # type: ignore[index]
    (listed,) = client.get(f"/api/v1/sites/{site.id}/photos").json["photos"]  # type: ignore[index]
    assert (listed["id"], listed["width"], listed["height"]) == (identity, 60, 40)
    for size in ("whole", "small"):
        picture = client.get(f"/api/v1/photos/{identity}?size={size}")
        assert (picture.content_type, picture.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
        assert not any(secret in picture.data for secret in (b"PHONE-MAKER", b"SECRET-COMMENT", b"Exif", b"GPS"))
        again = client.get(
            picture.request.path, query_string={"size": size}, headers={"If-None-Match": picture.headers["ETag"]}
        )
        assert (again.status_code, picture.headers["Cache-Control"]) == (304, "public, max-age=300")
    assert manager.delete(f"{address}/{identity}").status_code == 204
    assert client.get(f"/api/v1/photos/{identity}").status_code == 404


@pytest.mark.parametrize("sent", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"\xff\xd8\xff" * 99])
def test_what_is_no_photo_is_refused_at_the_field(manager: FlaskClient, site: Site, sent: bytes) -> None:
    address = f"/api/v1/keeping/{site.id}/photos"
    answer = manager.post(address, data=sent, content_type="image/jpeg", headers={"Idempotency-Key": "photo-0002"})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "photo")  # type: ignore[index]


def test_a_place_has_no_more_photos_than_fit_on_its_page(manager: FlaskClient, site: Site) -> None:
    address, statuses = f"/api/v1/keeping/{site.id}/photos", []
    for number in range(13):
        headers = {"Idempotency-Key": f"photo-number-{number}"}
        statuses.append(
            manager.post(address, data=photographed(), content_type="image/jpeg", headers=headers).status_code
        )
    assert statuses == [201] * 12 + [400]


# ── posters ──


def test_a_poster_wants_an_address_that_its_code_can_lead_to(manager: FlaskClient, site: Site) -> None:
    answer = manager.post("/api/v1/posters", json={"sites": [site.id]})
    assert answer.status_code == 400
    assert "PUBLIC_URL" in answer.json["errors"][0]["message"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("paper", "form", "begins"), [("a4", "pdf", b"%PDF"), ("a6", "pdf", b"%PDF"), ("a6", "svg", b"<svg")]
)
def test_a_poster_is_printed_with_a_new_key_each_time(
    app: Flask, connection: Connection, manager: FlaskClient, site: Site, paper: str, form: str, begins: bytes
) -> None:
    app.config["PUBLIC_URL"] = people.ORIGIN
    for _ in range(2):
        answer = manager.post("/api/v1/posters", json={"sites": [site.id], "paper": paper, "format": form})
        assert answer.status_code == 200
        assert begins in answer.data[:200]
        assert answer.headers["Cache-Control"] == "no-store"
    kept = connection.execute(
        text("SELECT replaced_at IS NULL FROM poster_key ORDER BY made_at, replaced_at")
    ).scalars()
    assert sorted(kept) == [False, True]

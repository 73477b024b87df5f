"""Who learns what: nobody by asking, other accounts nothing, and no log, row or backup holds a number."""

import datetime as dt
import json
import logging
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

import people
from conftest import FRIDAY_14, KEYS
from membership.conftest import MEIJIANG, SIGNATURE, Address, Chance, House, Somebody
from xiejiao import backup, postgresql
from xiejiao.accounts import queries as accounts
from xiejiao.cluster import Role as Database
from xiejiao.membership import members
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Role, Scope

pytestmark = pytest.mark.db
WEIHAI = "cn.shandong.weihai"
GUARDED = ("application", "membership", "file_key", "membership_event")


def shape(answer: Any, *own: str) -> bytes:  # noqa: ANN401 - an answer of the client
    """An answer with what is the sender's own taken out, byte by byte."""
    text_ = answer.get_data(as_text=True)
    for each in (answer.json["id"], answer.json["number"], *own):
        text_ = text_.replace(each, "…")
    return f"{answer.status_code} {sorted(answer.headers.keys())} {text_}".encode()


# ── no oracle ──


@pytest.mark.parametrize("known_as", ["open application", "member", "assisted, with another phone"])
def test_who_sends_a_strangers_number_is_answered_as_anybody(house: House, known_as: str) -> None:
    rider, officer = house.rider(), house.officer()
    if known_as == "assisted, with another phone":
        officer.post("/api/v1/applications/assisted", {**rider.form, "phone": rider.phone})
    else:
        taken = rider.send().json
        if known_as == "member":
            house.decide(officer, taken, "approve")
            house.work()
    one, other = house.rider(), house.rider()
    number = rider.form["id_number"]
    probing = one.send(id_number=number)
    harmless = other.send()
    seen = [
        shape(answer, f"{number_[:3]}***********{number_[-4:]}", f"{who.phone[:3]}****{who.phone[-4:]}")
        for answer, who, number_ in ((probing, one, number), (harmless, other, other.form["id_number"]))
    ]
    assert seen[0] == seen[1]
    own = [
        shape(who.get(f"/api/v1/applications/{answer.json['id']}"), f"{number_[:3]}***********{number_[-4:]}",
              f"{who.phone[:3]}****{who.phone[-4:]}")
        for answer, who, number_ in ((probing, one, number), (harmless, other, other.form["id_number"]))
    ]  # fmt: skip
    assert own[0] == own[1]
    matches = officer.get(f"/api/v1/applications/{probing.json['id']}").json["matches"]
    assert any(match["same_id_number"] for match in matches), "the reviewer sees it"


@pytest.mark.parametrize("differs", ["name", "phone"])
def test_a_member_is_told_only_where_all_three_agree(house: House, differs: str) -> None:
    rider, officer = house.rider(), house.officer()
    house.decide(officer, rider.send().json, "approve")
    house.work()
    assert rider.send().status_code == 409
    if differs == "name":
        assert rider.send(name="王明").status_code == 201
    else:
        assert house.rider().send(id_number=rider.form["id_number"]).status_code == 201


def test_likely_duplicates_are_shown_beside_each_other(house: House) -> None:
    rider, twin, far = (house.rider(name=name) for name in ("王小明", "王晓明", "李大山"))
    first, second, third = (each.send().json for each in (rider, twin, far))
    born_on = dt.date(1980, 1, 1)
    same_phone = rider.send(id_number=people.id_number(500, born_on=born_on), name="赵六").json
    matches = house.officer().get(f"/api/v1/applications/{first['id']}").json["matches"]
    found = {match["id"]: (match["same_phone"], match["similar_name_and_birth"]) for match in matches}
    assert found == {second["id"]: (False, True), same_phone["id"]: (True, False)}
    assert third["id"] not in found


# ── rows are guarded ──


def test_another_accounts_transaction_sees_nothing(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    house.decide(officer, rider.send().json, "approve")
    house.work()
    connection = house.connection
    stranger, elsewhere = house.caller(house.rider()), house.caller(house.officer(WEIHAI))
    acting: dict[str, tuple[UUID | None, Scope]] = {
        "nobody": (None, Scope()),
        "another rider": (stranger.account, Scope()),
        "an officer elsewhere": (elsewhere.account, Scope(paths=(WEIHAI,))),
        "an officer of a namesake": (elsewhere.account, Scope(paths=(f"{MEIJIANG}2",))),
    }
    for who, (account, scope) in acting.items():
        accounts.act(connection, account, scope)
        for table in GUARDED:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, (who, table)  # noqa: S608 - of the list above
    for account, scope in ((house.caller(rider).account, Scope()), (None, Scope(paths=(MEIJIANG,)))):
        accounts.act(connection, account, scope)
        counts = [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in GUARDED]  # noqa: S608 - as above
        assert counts == [1, 1, 2, 3]


def test_who_reaches_nothing_finds_no_match(house: House) -> None:
    taken = house.rider().send().json
    house.rider().send()
    for path, number in ((WEIHAI, 0), (MEIJIANG, 1)):
        accounts.act(house.connection, None, Scope(paths=(path,)))
        found = house.connection.execute(text("SELECT * FROM matches_of(:id)"), {"id": taken["id"]}).all()
        assert len(found) == number


@pytest.mark.parametrize("forbidden", [
    "UPDATE membership_event SET reason = NULL", "DELETE FROM membership_event", "TRUNCATE membership_event",
    "DELETE FROM application", "DELETE FROM membership", "UPDATE file_key SET wrapped = ''",
])  # fmt: skip
def test_the_server_cannot_change_what_must_stay(house: House, forbidden: str) -> None:
    accounts.act(house.connection, None, Scope(everywhere=True))
    with pytest.raises(ProgrammingError) as refused, house.connection.begin_nested():
        house.connection.execute(text(forbidden))
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"


def test_a_row_for_somebody_else_cannot_be_written(house: House) -> None:
    rider, stranger = house.rider(), house.rider()
    taken = rider.send().json
    accounts.act(house.connection, house.caller(stranger).account)
    updated = house.connection.execute(text("UPDATE application SET held = true WHERE id = :id"), {"id": taken["id"]})
    assert updated.rowcount == 0
    statement = text("INSERT INTO file_key (file, wrapped) VALUES (:id, '')")
    with pytest.raises(ProgrammingError) as refused, house.connection.begin_nested():
        house.connection.execute(statement, {"id": taken["id"]})
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"


def test_an_application_is_nobody_elses(house: House) -> None:
    rider, stranger = house.rider(), house.rider()
    taken = rider.send().json
    address = f"/api/v1/applications/{taken['id']}"
    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{address}/withdrawal", {"version": 1}).status_code == 404
    assert stranger.post(f"{address}/second-look", {"version": 1, "words": "?"}).status_code == 404
    body = {**stranger.form, "version": 1}
    assert stranger.post(address, body, method="PUT").status_code == 404
    assert house.officer(WEIHAI).get(address).status_code == 404
    assert house.officer(role=Role.ORGANISATION_ADMIN).get(address).status_code == 200


# ── repeated requests ──


def test_a_repeated_form_is_answered_again_and_another_with_its_key_refused(house: House) -> None:
    rider = house.rider()
    first = rider.post("/api/v1/applications", rider.form, key="the-same-key")
    assert rider.post("/api/v1/applications", rider.form, key="the-same-key").json == first.json
    other = rider.post("/api/v1/applications", {**rider.form, "employer": "另一家"}, key="the-same-key")
    assert other.status_code == 422
    told = rider.post("/api/v1/applications", rider.form, key="another-key")
    assert (told.status_code, told.json["now"]) == (409, {"kind": "open", "id": first.json["id"]})
    assert len(house.everything("SELECT 1 FROM application")) == 1
    assert len(house.everything("SELECT 1 FROM membership_event")) == 1
    assert rider.client.post("/api/v1/applications", json=rider.form).status_code == 400


def test_a_form_is_sent_ten_times_a_day_at_the_most(house: House) -> None:
    rider = house.rider()
    statuses = [rider.send(id_number=people.id_number(600 + number)).status_code for number in range(11)]
    assert statuses == [201] * 10 + [429]


# ── canary ──

NAME, EMPLOYER, WORDS = "阿依古丽·金丝雀", "金丝雀速递", "金丝雀说了几句话"


def traces(secrets: list[str], where: dict[str, str]) -> list[str]:
    """Where any of the secrets stands: in plain, as JSON escapes it, or as the bytes that it is stored in."""
    escaped = [json.dumps(each)[1:-1] for each in secrets]
    written = {*secrets, *escaped, *(each.replace("\\", "\\\\") for each in escaped)}
    written |= {each.encode().hex() for each in secrets}
    return [place for place, content in where.items() if any(each in content for each in written)]


def test_no_log_no_row_and_no_backup_holds_what_is_personal(
    served: Flask, engine: Engine, where: Address, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone, number, draw = people.phone(4711), people.id_number(471), Chance()
    with engine.begin() as connection:
        token = people.rider(connection, KEYS, phone, now=FRIDAY_14, draw=draw)
        union = organisations.ids(connection, [MEIJIANG])[MEIJIANG]
        account = people.staff(connection, "officer", Role.REVIEWER, now=FRIDAY_14, draw=draw, organisation=union)
        office = people.signed_in(connection, account, now=FRIDAY_14, draw=draw)
    form = {
        "name": NAME, "id_number": number, "trade": "courier", "employer": EMPLOYER, "workplace": "江南路",
        "organisation": str(union), "consent": {"version": "1", "id_number": True}, "signature": SIGNATURE,
    }  # fmt: skip
    rider, officer = (Somebody(people.client_of(served, each), form, phone) for each in (token, office))
    taken = rider.send().json
    for faulty in ({"trade": number}, {"site": number[:20]}, {"name": number}, {"organisation": phone}, {number: 1}):
        assert rider.send(**faulty).status_code == 400
    assert rider.send().status_code == 409
    address = f"/api/v1/applications/{taken['id']}"
    back = {"decision": "return", "reason": "other", "words": WORDS, "version": 1}
    assert officer.post(f"{address}/decisions", back).status_code == 200
    assert officer.post(f"{address}/revelations", {"purpose": "duplicate"}).json == {"id_number": number}
    assert officer.post(f"{address}/notes", {"words": f"{WORDS}{phone}"}).status_code == 201
    assert rider.post(address, {**form, "version": 2}, method="PUT").status_code == 200
    assert officer.client.get("/api/v1/applications", query_string={"q": number}).status_code == 400
    assert officer.post(f"{address}/decisions", {"decision": "approve", "version": 3}).status_code == 200
    with engine.begin() as connection:
        event = connection.scalar(text("SELECT max(subject::int) FROM job WHERE kind = 'membership_effect'"))
        later = FRIDAY_14 + dt.timedelta(minutes=10)
        members.take_effect(connection, KEYS, int(event or 0), now=later, draw=draw)
    places = {"logs": caplog.text, **everything(engine), "backup": dumped(where, tmp_path)}
    assert "membership_event" in places["backup"]
    assert traces([phone, number, NAME, EMPLOYER, WORDS], places) == []
    with engine.begin() as connection:
        statement = "INSERT INTO job (kind, subject, due_at, added_at) VALUES ('planted', :secret, now(), now())"
        connection.execute(text(statement), {"secret": number})
    assert traces([number], {**everything(engine), "backup": dumped(where, tmp_path)}) == ["job", "backup"]


def everything(engine: Engine) -> dict[str, str]:
    """The rows that stay, table by table, as text."""
    tables = ("membership_event", "idempotency_key", "job", "application", "membership", "quota", "account_history")
    with engine.begin() as connection:
        accounts.act(connection, None, Scope(everywhere=True))
        found = {
            table: "\n".join(connection.scalars(text(f"SELECT {table}::text FROM {table}")))  # noqa: S608 - of the list above
            for table in tables
        }
    assert all(found[table] for table in ("membership_event", "idempotency_key", "job", "application", "membership"))
    return found


def dumped(where: Address, folder: Path) -> str:
    """An ordinary backup, as SQL; no key of a file is in it."""
    file = folder / "whole.dump"
    backup.write(where(Database.OWNER), file)
    words = [postgresql.client("pg_restore"), "--file=-", str(file)]
    sql = subprocess.run(words, capture_output=True, check=True).stdout.decode()
    assert "COPY public.application " in sql
    assert "COPY public.file_key " not in sql
    return sql

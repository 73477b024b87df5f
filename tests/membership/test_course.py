"""The course of an application over the API: sent, returned, put right, approved, a member who moves and leaves."""

import datetime as dt
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

import people
from conftest import KEYS
from membership.conftest import MEIJIANG, MEIZHOU, SIGNATURE, House, Somebody
from xiejiao.accounts import queries as accounts
from xiejiao.membership import commands, forgetting, schemas
from xiejiao.membership.rules import Purpose
from xiejiao.roles import Role
from xiejiao.sites.rules import Site

pytestmark = pytest.mark.db
WEIHAI = "cn.shandong.weihai"


def sent(somebody: Somebody, **parts: object) -> dict[str, Any]:
    """An application that was taken."""
    answer = somebody.send(**parts)
    assert answer.status_code == 201, answer.json
    return dict(answer.json or {})


def done(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - an answer of the client
    """What a step answered that was taken."""
    assert answer.status_code in {200, 201}, answer.json
    return dict(answer.json)


def refused_fields(answer: Any) -> set[str]:  # noqa: ANN401 - an answer of the client
    """The fields at which something is wrong."""
    assert answer.status_code == 400, answer.json
    return {error["field"] for error in answer.json["errors"]}


def own(somebody: Somebody, identity: str) -> dict[str, Any]:
    """One's own application as it stands."""
    return done(somebody.get(f"/api/v1/applications/{identity}"))


def correct(rider: Somebody, shown: dict[str, Any], **parts: object) -> Any:  # noqa: ANN401 - an answer of the client
    """Send a returned form again."""
    body = {**rider.form, "version": shown["version"], **parts}
    return rider.post(f"/api/v1/applications/{shown['id']}", body, method="PUT")


# ── the way through ──


def test_an_application_goes_through_two_levels_and_makes_a_member(house: House) -> None:
    house.levels(MEIJIANG, 2)
    rider, officer, upper = house.rider(), house.officer(), house.officer(MEIZHOU)
    taken = sent(rider)
    assert (taken["status"], taken["held_by"], taken["due_on"]) == ("submitted", "union", "2026-12-11")
    assert taken["can"] == ["withdraw"]
    returned = done(house.decide(officer, taken, "return", reason="name_differs", words="请按身份证填写"))
    asked = own(rider, taken["id"])
    assert (asked["held_by"], asked["due_on"]) == ("you", None)
    assert asked["missing"] == {"reason": "name_differs", "words": "请按身份证填写"}
    again = done(correct(rider, asked, name="买买提"))
    assert (again["name"], again["version"]) == ("买买提", returned["version"] + 1)
    basic = done(house.decide(officer, again, "approve"))
    assert (basic["status"], basic["above"]) == ("approved_basic", True)
    assert own(rider, taken["id"])["held_by"] == "upper union"
    assert own(rider, taken["id"])["due_on"] == "2026-11-27"
    assert house.decide(officer, basic, "approve").status_code == 403
    done(house.decide(upper, basic, "approve"))
    assert done(rider.get("/api/v1/me/applications"))["memberships"] == []
    house.work()
    mine = done(rider.get("/api/v1/me/applications"))
    (member,) = mine["memberships"]
    assert (member["status"], member["name"], member["organisation"]["name"]) == ("current", "买买提", "梅江区总工会")
    steps = [(event["what"], event["by"]) for event in mine["applications"][0]["events"]]
    assert steps == [
        ("submit", "applicant"), ("return", "union"), ("resubmit", "applicant"), ("approve", "union"),
        ("approve", "upper union"), ("join", "clock"),
    ]  # fmt: skip


def test_the_message_and_the_membership_wait_ten_minutes(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    taken = sent(rider)
    assert house.messages() == 1
    done(house.decide(officer, taken, "approve"))
    assert house.messages() == 1
    assert house.work() == 1
    assert house.messages() == 2
    assert house.work() == 0


def test_a_decision_is_taken_back_within_ten_minutes_and_never_takes_effect(house: House) -> None:
    rider, officer, other = house.rider(), house.officer(), house.officer()
    taken = sent(rider)
    approved = done(house.decide(officer, taken, "approve"))
    assert "undo" in approved["can"]
    assert house.decide(other, approved, "undo").status_code == 409
    undone = done(house.decide(officer, approved, "undo"))
    assert (undone["status"], undone["due_on"]) == ("submitted", taken["due_on"])
    assert [event["what"] for event in undone["events"]] == ["submit", "approve", "undo"]
    assert house.work() == 1
    assert house.messages() == 1
    assert done(rider.get("/api/v1/me/applications"))["memberships"] == []
    refused = done(house.decide(officer, undone, "refuse", reason="not_reached"))
    house.clock.pass_(599)
    assert done(house.decide(officer, refused, "undo"))["status"] == "submitted"


def test_after_ten_minutes_a_decision_stands(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    refused = done(house.decide(officer, sent(rider), "refuse", reason="not_reached"))
    house.clock.pass_(600)
    assert house.decide(officer, refused, "undo").status_code == 409
    assert done(officer.get(f"/api/v1/applications/{refused['id']}"))["can"] == []


def test_what_was_answered_meanwhile_is_not_taken_back(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    done(house.decide(officer, sent(rider), "return", reason="name_differs"))
    mine = done(rider.get("/api/v1/me/applications"))["applications"][0]
    again = done(correct(rider, mine))
    assert house.decide(officer, again, "undo").status_code == 409
    house.work()
    assert house.messages() == 2, "the return was answered before it was told"


def test_a_refusal_is_looked_at_again_once_by_the_union_above(house: House) -> None:
    rider, officer, upper = house.rider(), house.officer(), house.officer(MEIZHOU)
    taken = sent(rider)
    refused = done(house.decide(officer, taken, "refuse", reason="not_eligible"))
    body = {"words": "请再看看我的工作证明", "version": refused["version"]}
    address = f"/api/v1/applications/{taken['id']}/second-look"
    assert own(rider, taken["id"])["can"] == ["second_look"]
    looked = done(rider.post(address, body))
    assert (looked["status"], looked["held_by"]) == ("submitted", "upper union")
    assert house.decide(officer, looked, "approve").status_code == 403
    again = done(house.decide(upper, looked, "refuse", reason="not_eligible"))
    assert own(rider, taken["id"])["can"] == []
    assert rider.post(address, {**body, "version": again["version"]}).status_code == 409


def test_a_second_look_may_be_asked_for_thirty_days(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    refused = done(house.decide(officer, sent(rider), "refuse", reason="not_eligible"))
    house.clock.pass_(30 * 86_400 + 1)
    assert own(rider, refused["id"])["can"] == []
    body = {"words": "请再看看", "version": refused["version"]}
    assert rider.post(f"/api/v1/applications/{refused['id']}/second-look", body).status_code == 409


def test_an_application_is_moved_to_another_union_and_moved_back_by_mistake(house: House) -> None:
    rider, officer, there = house.rider(), house.officer(), house.officer(WEIHAI)
    taken = sent(rider)
    assert there.get(f"/api/v1/applications/{taken['id']}").status_code == 404
    where = {"reason": "other_union", "organisation": house.union(WEIHAI)}
    house.clock.pass_(5 * 86_400)
    moved = done(house.decide(officer, taken, "move", **where))
    assert (moved["organisation"]["name"], moved["due_on"]) == ("威海市总工会", taken["due_on"])
    assert moved["can"] == ["undo"], "who moved it sees it for as long as it can be taken back"
    done(there.get(f"/api/v1/applications/{taken['id']}"))
    back = done(house.decide(officer, moved, "undo"))
    assert back["organisation"]["name"] == "梅江区总工会"
    done(house.decide(officer, back, "move", **where))
    house.clock.pass_(600)
    assert officer.get(f"/api/v1/applications/{taken['id']}").status_code == 404


def test_an_application_is_withdrawn(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    taken = sent(rider)
    gone = done(rider.post(f"/api/v1/applications/{taken['id']}/withdrawal", {"version": 1}))
    assert (gone["status"], gone["held_by"], gone["can"]) == ("withdrawn", None, [])
    assert house.decide(officer, gone, "approve").status_code == 409
    assert sent(rider)["id"] != taken["id"]


# ── who may not ──


def test_a_stale_version_is_said_with_what_stands_now(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    taken = sent(rider)
    done(house.decide(officer, taken, "return", reason="name_differs"))
    late = house.decide(officer, taken, "approve")
    assert late.status_code == 409
    assert late.json["now"] == {"status": "returned", "version": 2}
    withdrawal = rider.post(f"/api/v1/applications/{taken['id']}/withdrawal", {"version": 1})
    assert withdrawal.status_code == 409


def test_who_filled_it_in_for_somebody_does_not_decide_where_two_levels_are_asked_for(house: House) -> None:
    officer, other = house.officer(), house.officer()
    form = {**house.rider().form, "phone": None}
    one = done(officer.post("/api/v1/applications/assisted", form))
    assert one["assisted"]
    assert "approve" in one["can"]
    house.levels(MEIJIANG, 2)
    refusal = house.decide(officer, one, "approve")
    assert (refusal.status_code, refusal.json["needs"]) == (403, "somebody-else")
    done(house.decide(other, one, "approve"))


def test_nobody_decides_about_themselves(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    taken = sent(rider)
    for account, status in ((house.caller(officer).account, 403), (house.caller(rider).account, 200)):
        # An officer who is also the applicant, by whatever way: the account that sent it.
        house.everything("UPDATE application SET account_id = :account RETURNING id", account=account)
        assert house.decide(officer, taken, "approve").status_code == status


def test_nobody_decides_about_who_has_their_phone(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    taken = sent(rider)
    account, owner = house.caller(officer).account, house.caller(rider).account
    house.everything("UPDATE application SET account_id = NULL RETURNING id")
    accounts.act(house.connection, owner)
    house.connection.execute(text("DELETE FROM person WHERE account_id = :owner"), {"owner": owner})
    accounts.act(house.connection, account)
    house.connection.execute(
        text("INSERT INTO person (account_id, phone_digest, phone) VALUES (:account, :digest, '')"),
        {"account": account, "digest": KEYS.digest("phone", rider.phone)},
    )
    assert house.decide(officer, taken, "approve").status_code == 403


def test_staff_do_not_apply(house: House) -> None:
    assert house.officer().send(**house.rider().form).status_code == 403


def test_a_batch_answers_each_alone(house: House) -> None:
    officer = house.officer()
    good, stale, elsewhere = sent(house.rider()), sent(house.rider()), sent(house.rider(at=WEIHAI))
    wanted = [{"id": each["id"], "version": each["version"]} for each in (good, stale, elsewhere)]
    wanted[1]["version"] = 7
    body = {"decision": "approve", "decisions": wanted}
    key = "the-batch-of-friday"
    answer = done(officer.post("/api/v1/applications/decisions", body, key=key))
    assert [(each["status"], each["problem"]) for each in answer["results"]] == [
        ("approved", None), (None, "conflict"), (None, "not-found"),
    ]  # fmt: skip
    assert done(officer.post("/api/v1/applications/decisions", body, key=key)) == answer
    assert house.work() == 1


# ── bad input ──


def test_everything_that_is_wrong_is_said_at_once(house: House) -> None:
    rider = house.rider()
    house.close(WEIHAI)
    answer = rider.send(
        name="王2", id_number=people.id_number(5)[:-1] + "?", trade="king", employer=" ", workplace="",
        organisation=house.union(WEIHAI), site="000000", signature=[[[0.5, 0.5]]],
        consent={"version": "1", "id_number": False},
    )  # fmt: skip
    assert refused_fields(answer) == {
        "name", "id_number", "trade", "employer", "workplace", "organisation", "site", "signature", "consent",
    }  # fmt: skip
    assert "不受理" in next(each["message"] for each in answer.json["errors"] if each["field"] == "organisation")


@pytest.mark.parametrize(("field", "value"), [
    ("name", "王\u202e明"), ("employer", "\u202e"), ("workplace", "x" * 201), ("employer", "x" * 101),
    ("id_number", ""), ("id_number", "1" * 15), ("key", "\x00"), ("signature", []), ("signature", [[[2, 0]] * 20]),
    ("signature", [[["a", 0]]]), ("more", {"income": "1"}), ("consent", None), ("organisation", "x"), ("site", 5),
    ("trade", None), ("more", {"ethnicity": "x" * 61}), ("signature", [[[0.5]]]),
])  # fmt: skip
def test_bad_input_is_said_at_its_field_and_never_repeated(house: House, field: str, value: object) -> None:
    answer = house.rider().send(**{field: value})
    assert all(each.split("[")[0].split(".")[0] == field for each in refused_fields(answer))


def test_a_child_is_not_taken(house: House) -> None:
    rider = house.rider()
    young = people.id_number(3, born_on=dt.date(2010, 11, 21))
    assert refused_fields(rider.send(id_number=young)) == {"id_number"}
    assert sent(rider, id_number=people.id_number(3, born_on=dt.date(2010, 11, 20)))


def test_a_missing_consent_is_said(house: House) -> None:
    rider = house.rider()
    form = {name: value for name, value in rider.form.items() if name != "consent"}
    assert refused_fields(rider.post("/api/v1/applications", form)) == {"consent"}


def test_a_union_that_closes_between_is_refused_at_its_field(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    taken = sent(rider)
    done(house.decide(officer, taken, "return", reason="workplace_unclear"))
    house.close(MEIJIANG)
    mine = own(rider, taken["id"])
    assert refused_fields(correct(rider, mine)) == {"organisation"}
    assert own(rider, taken["id"])["version"] == mine["version"]
    assert done(correct(rider, mine, organisation=house.union(MEIZHOU)))["organisation"]["name"] == "梅州市总工会"


@pytest.mark.parametrize("body", [
    {"decision": "return"}, {"decision": "return", "reason": "not_eligible"}, {"decision": "refuse", "reason": "other"},
    {"decision": "approve", "reason": "other"}, {"decision": "move", "reason": "other_union"},
    {"decision": "approve", "organisation": "00000000-0000-0000-0000-000000000000"}, {"decision": "crown"},
])  # fmt: skip
def test_a_decision_says_why_and_where(house: House, body: dict[str, str]) -> None:
    taken, officer = sent(house.rider()), house.officer()
    answer = officer.post(f"/api/v1/applications/{taken['id']}/decisions", {**body, "version": 1})
    assert answer.status_code == 400


# ── the station's poster ──


def test_who_applies_at_the_poster_is_known_to_have_stood_there(house: House, make_site: Any) -> None:  # noqa: ANN401 - as in conftest
    site: Site = make_site()
    statement = "INSERT INTO poster_key (digest, site_id, made_at, made_by) VALUES (:digest, :site, :now, 'test')"
    values = {"digest": sha256(b"the key on the poster").digest(), "site": site.id, "now": house.clock.now()}
    house.connection.execute(text(statement), values)
    officer = house.officer()
    for key, at_station in (("the key on the poster", True), ("a guess", False), (None, False)):
        taken = sent(house.rider(), site=site.code, key=key)
        shown = done(officer.get(f"/api/v1/applications/{taken['id']}"))
        assert (shown["site"], shown["at_station"]) == (site.code, at_station)


# ── members ──


def member(house: House, rider: Somebody, officer: Somebody) -> dict[str, Any]:
    """A membership that has begun."""
    done(house.decide(officer, sent(rider), "approve"))
    house.work()
    found: dict[str, Any] = done(rider.get("/api/v1/me/applications"))["memberships"][0]
    return found


def test_a_member_moves_with_their_number_and_may_come_back(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    first = member(house, rider, officer)
    moved = done(rider.post("/api/v1/me/memberships/transfer", {"organisation": house.union(WEIHAI)}))
    assert (moved["number"], moved["organisation"]["name"]) == (first["number"], "威海市总工会")
    left = done(rider.post("/api/v1/me/memberships/leave"))
    assert (left["id"], left["status"]) == (moved["id"], "left")
    assert rider.post("/api/v1/me/memberships/leave").status_code == 404
    assert member(house, rider, officer)["number"] == first["number"]
    statuses = [each["status"] for each in done(rider.get("/api/v1/me/applications"))["memberships"]]
    assert sorted(statuses) == ["current", "left", "transferred"]


def test_a_transfer_goes_to_a_union_that_takes_people(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    member(house, rider, officer)
    for path in (MEIJIANG, "cn.guangdong"):
        answer = rider.post("/api/v1/me/memberships/transfer", {"organisation": house.union(path)})
        assert refused_fields(answer) == {"organisation"}


def test_who_is_a_member_elsewhere_and_approved_moves(house: House) -> None:
    rider, stranger = house.rider(), house.rider()
    first = member(house, rider, house.officer())
    there = house.officer(WEIHAI)
    taken = sent(stranger, id_number=rider.form["id_number"], organisation=house.union(WEIHAI))
    shown = done(there.get(f"/api/v1/applications/{taken['id']}"))
    assert [(match["kind"], match["same_id_number"], match["id"]) for match in shown["matches"]][:1] == [
        ("membership", True, None)
    ]
    done(house.decide(there, taken, "approve"))
    house.work()
    (second,) = done(stranger.get("/api/v1/me/applications"))["memberships"]
    assert second["number"] == first["number"]
    assert done(rider.get("/api/v1/me/applications"))["memberships"][0]["status"] == "transferred"


def test_who_applied_with_an_officer_finds_it_by_name_number_and_phone(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    assisted = done(officer.post("/api/v1/applications/assisted", {**rider.form, "phone": rider.phone}))
    assert done(rider.get("/api/v1/me/applications"))["applications"] == []
    answer = rider.send()
    assert answer.status_code == 409
    assert answer.json["now"] == {"kind": "open", "id": assisted["id"]}
    assert own(rider, assisted["id"])["number"] == assisted["number"]
    done(house.decide(officer, assisted, "approve"))
    house.work()
    assert rider.send().json["now"]["kind"] == "member"


# ── officers ──


def test_the_queue_is_that_of_ones_own_part_of_the_tree(house: House) -> None:
    here, there = sent(house.rider()), sent(house.rider(at=WEIHAI))
    for path, seen in ((MEIJIANG, {here["id"]}), (MEIZHOU, {here["id"]}), (WEIHAI, {there["id"]})):
        queue = done(house.officer(path).get("/api/v1/applications"))
        assert {row["id"] for row in queue["applications"]} == seen
        assert queue["counts"] == {"submitted": 1, "returned": 0, "approved_basic": 0, "overdue": 0}


def test_what_is_overdue_comes_first_and_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = house.officer()
    second = house.rider()
    early = sent(house.rider())
    house.clock.pass_(3600)
    between = sent(house.rider())
    house.clock.pass_(3600)
    late = sent(second)
    house.everything("UPDATE application SET due_on = '2026-11-19' WHERE id = :id RETURNING id", id=late["id"])
    assert commands.mark_overdue(house.connection, KEYS, now=house.clock.now(), draw=house.draw) == 1
    assert commands.mark_overdue(house.connection, KEYS, now=house.clock.now(), draw=house.draw) == 0
    queue = done(officer.get("/api/v1/applications"))
    listed = [(row["id"], row["overdue"]) for row in queue["applications"]]
    assert listed == [(late["id"], True), (early["id"], False), (between["id"], False)]
    assert queue["counts"]["overdue"] == 1
    monkeypatch.setattr(schemas, "PAGE", 1)
    assert [row["id"] for row in done(officer.get("/api/v1/applications"))["applications"]] == [late["id"]]
    only = done(officer.get("/api/v1/applications?overdue=true"))["applications"]
    assert [row["id"] for row in only] == [late["id"]]
    assert [event["what"] for event in own(second, late["id"])["events"]] == ["submit", "overdue"]


def test_the_queue_is_read_page_by_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "PAGE", 2)
    officer = house.officer()
    taken = []
    for _ in range(5):
        taken.append(sent(house.rider())["id"])
        house.clock.pass_(60.000_001)
    seen: list[str] = []
    address = "/api/v1/applications"
    while address:
        page = done(officer.get(address))
        seen += [row["id"] for row in page["applications"]]
        address = f"/api/v1/applications?cursor={page['next']}" if page["next"] else ""
    assert seen == taken


def test_an_application_is_found_by_its_numbers_and_never_by_a_whole_one(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    found = member(house, rider, officer)
    taken = done(rider.get("/api/v1/me/applications"))["applications"][0]
    number = rider.form["id_number"]
    for q in (taken["number"], found["number"].lower(), number[-4:], f"****{rider.phone[-4:]}", f" {number[-4:]} "):
        rows = done(officer.client.get("/api/v1/applications", query_string={"q": q}))["applications"]
        assert [row["id"] for row in rows] == [taken["id"]], q
    for q in (number, rider.phone, "王", "12345"):
        answer = officer.client.get("/api/v1/applications", query_string={"q": q})
        assert refused_fields(answer) == {"q"}
    other = house.officer(WEIHAI).client.get("/api/v1/applications", query_string={"q": number[-4:]})
    assert done(other)["applications"] == []


@pytest.mark.parametrize("cursor", ["x", "W10=", "WzEsMiwzXQ==", "bnVsbA==", "WyIiLDFlOTk5LCIiXQ=="])
def test_a_forged_cursor_is_refused(house: House, cursor: str) -> None:
    assert refused_fields(house.officer().get(f"/api/v1/applications?cursor={cursor}")) == {"cursor"}


def test_filters_narrow_the_queue(house: House) -> None:
    officer, other = house.officer(), house.officer()
    one, two = sent(house.rider()), sent(house.rider(), trade="truck_driver")
    account = str(house.caller(officer).account)
    address = f"/api/v1/applications/{one['id']}/assignment"
    shown = done(officer.post(address, {"account": account}, method="PUT"))
    assert shown["assigned"]["account"] == account
    for query, seen in {
        "trade=courier": {one["id"]}, "assigned=me": {one["id"]}, "assigned=nobody": {two["id"]},
        "status=returned": set(), f"organisation={house.union(MEIJIANG)}": {one["id"], two["id"]},
        f"organisation={house.union(WEIHAI)}": set(), f"assigned={account}": {one["id"]},
    }.items():  # fmt: skip
        rows = done(officer.get(f"/api/v1/applications?{query}"))["applications"]
        assert {row["id"] for row in rows} == seen, query
    assert done(other.get("/api/v1/applications?assigned=me"))["applications"] == []
    done(officer.post(address, {"account": None}, method="PUT"))
    stranger = str(house.caller(house.officer(WEIHAI)).account)
    assert refused_fields(officer.post(address, {"account": stranger}, method="PUT")) == {"account"}


def test_notes_are_among_officers(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    taken = sent(rider)
    noted = done(officer.post(f"/api/v1/applications/{taken['id']}/notes", {"words": "已电话核实"}))
    assert [note["words"] for note in noted["notes"]] == ["已电话核实"]
    assert noted["version"] == taken["version"]
    assert [event["what"] for event in own(rider, taken["id"])["events"]] == ["submit"]


def test_a_number_is_shown_for_a_purpose_and_fifty_times_an_hour(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    rider, officer, other = house.rider(), house.officer(), house.officer()
    taken = sent(rider)
    address, body = f"/api/v1/applications/{taken['id']}/revelations", {"purpose": Purpose.COMPARE_DOCUMENT}
    for number in range(50):
        answer = officer.post(address, body)
        assert done(answer) == {"id_number": rider.form["id_number"]}
        assert answer.headers["Cache-Control"] == "no-store", number
    refusal = officer.post(address, body)
    assert refusal.status_code == 429
    assert int(refusal.headers["Retry-After"]) > 0
    assert [record.name for record in caplog.records if "more ID numbers" in record.message] == ["xiejiao.membership"]
    revealed = "SELECT account_id, reason FROM membership_event WHERE what = 'reveal'"
    assert len(house.everything(revealed)) == 50
    done(other.post(address, body))
    assert len(house.everything(revealed)) == 51
    assert refused_fields(other.post(address, {"purpose": "curious"})) == {"purpose"}
    assert [event["what"] for event in own(rider, taken["id"])["events"]].count("reveal") == 51


def test_figures_say_how_long_it_takes_and_why_forms_come_back(house: House) -> None:
    officer = house.officer()
    for hours in (1, 2, 9):
        taken = sent(house.rider())
        house.clock.pass_(hours * 3600)
        done(house.decide(officer, taken, "return", reason="name_differs"))
    sent(house.rider(at=WEIHAI))
    found = done(officer.get("/api/v1/applications/figures?days=7"))
    assert (found["decided"], found["waiting"], found["median_h"], found["p90_h"]) == (3, 0, 2.0, 7.6)
    assert found["returned"] == [{"reason": "name_differs", "times": 3}]
    assert [row["trade"] for row in found["rows"]] == ["courier"]


# ── unions ──


def test_unions_are_found_by_name(house: House) -> None:
    client = house.rider().client
    found = done(client.get("/api/v1/organisations", query_string={"q": "梅州"}))["organisations"]
    assert [(each["name"], each["above"]) for each in found] == [("梅州市总工会", "广东省总工会")]
    taking = done(client.get("/api/v1/organisations", query_string={"q": "总工会", "accepts": "true"}))
    assert all(each["accepts_applications"] for each in taking["organisations"])
    assert refused_fields(client.get("/api/v1/organisations", query_string={"q": "梅"})) == {"q"}


def test_an_application_is_routed_by_the_poster_or_the_county(house: House, make_site: Any) -> None:  # noqa: ANN401 - as in conftest
    client, site = house.rider().client, make_site()
    address = "/api/v1/organisations/routed"
    by_poster = done(client.get(f"{address}?site={site.code}"))
    assert (by_poster["union"]["name"], by_poster["why"]) == ("梅江区总工会", "poster")
    by_county = done(client.get(f"{address}?division=441402&trade=courier"))
    assert (by_county["union"]["name"], by_county["why"]) == ("梅江区总工会", "county")
    by_city = done(client.get(f"{address}?division=441499"))
    assert (by_city["union"]["name"], by_city["why"]) == ("梅州市总工会", "above")
    assert done(client.get(f"{address}?division=999999")) == {"union": None, "why": None, "others": []}
    house.connection.execute(
        text(
            "INSERT INTO organisation (path, name, level, accepts_applications, trades) VALUES"
            " ('cn.guangdong.meizhou.meijiang.kuaidi', '快递行业工会', 'town', true, '{courier}'),"
            " ('cn.guangdong.meizhou.ku', '周转库', 'pool', true, '{}')"
        )
    )
    assert done(client.get(f"{address}?division=441402&trade=courier"))["why"] == "federation"
    assert done(client.get(f"{address}?division=441499"))["union"]["name"] == "周转库"


# ── one's own data ──


def test_all_that_is_kept_is_handed_out_to_whom_it_is_about(house: House) -> None:
    rider = house.rider()
    member(house, rider, house.officer())
    answer = rider.get("/api/v1/me/data")
    kept = done(answer)
    assert kept["phone"] == rider.phone
    assert [each["id_number"] for each in kept["applications"]] == [rider.form["id_number"]]
    assert [each["id_number"] for each in kept["memberships"]] == [rider.form["id_number"]]
    assert kept["applications"][0]["signature"] == SIGNATURE
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_who_erases_their_data_is_gone(house: House) -> None:
    rider, officer = house.rider(), house.officer()
    member(house, rider, officer)
    house.clock.pass_(60)
    taken = sent(rider, id_number=people.id_number(77))
    assert rider.client.delete("/api/v1/me/data").status_code == 204
    assert rider.get("/api/v1/me").status_code == 401
    assert house.everything("SELECT 1 FROM file_key") == []
    left = house.everything(
        "SELECT status, erased_at IS NOT NULL, form, id_digest FROM application ORDER BY submitted_at"
    )
    assert [tuple(row) for row in left] == [("approved", True, None, None), ("withdrawn", True, None, None)]
    assert [row.status for row in house.everything("SELECT status FROM membership")] == ["left"]
    shown = done(officer.get(f"/api/v1/applications/{taken['id']}"))
    assert (shown["name"], shown["signature"], shown["matches"]) == (None, None, [])
    assert house.decide(officer, shown, "approve").status_code == 409
    reveal = officer.post(f"/api/v1/applications/{taken['id']}/revelations", {"purpose": "duplicate"})
    assert reveal.status_code == 404
    again = house.rider(phone=rider.phone, id_number=rider.form["id_number"])
    assert done(again.get("/api/v1/me/applications")) == {"applications": [], "memberships": []}
    sent(again)


def test_staff_erase_nothing_here(house: House) -> None:
    assert house.officer(role=Role.ORGANISATION_ADMIN).client.delete("/api/v1/me/data").status_code == 403


def test_what_ended_long_ago_is_erased_by_itself(house: House) -> None:
    officer = house.officer()
    done(house.decide(officer, sent(house.rider()), "refuse", reason="not_reached"))
    rider = house.rider()
    taken = sent(rider)
    done(rider.post(f"/api/v1/applications/{taken['id']}/withdrawal", {"version": 1}))
    open_one = sent(house.rider())

    def erased() -> int:
        periods = {"refused_for": dt.timedelta(days=90), "withdrawn_for": dt.timedelta(days=30)}
        return forgetting.retain(house.connection, KEYS, now=house.clock.now(), draw=house.draw, **periods)

    assert erased() == 0
    house.clock.pass_(30 * 86_400)
    assert erased() == 1
    house.clock.pass_(60 * 86_400)
    assert erased() == 1
    assert [str(row.file) for row in house.everything("SELECT file FROM file_key")] == [open_one["id"]]

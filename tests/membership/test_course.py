"""The course of an application over the API: sent, returned, put right, approved, a member."""

import pytest

from conftest import KEYS
from membership.conftest import MEIJIANG, MEIZHOU, House  # type: ignore[import-not-found]
from xiejiao.membership import commands

pytestmark = pytest.mark.db


def test_smoke(house: House) -> None:
    rider, officer, upper = house.rider(), house.officer(), house.officer(MEIZHOU)
    house.levels(MEIJIANG, 2)
    sent = rider.send()
    assert sent.status_code == 201, sent.json
    print(sent.json)
    queue = officer.get("/api/v1/applications")
    print(queue.status_code, queue.json)
    shown = officer.get(f"/api/v1/applications/{sent.json['id']}").json
    print(shown)
    back = house.decide(officer, shown, "return", reason="name_differs", words="与身份证不一致")
    assert back.status_code == 200, back.json
    own = rider.get(f"/api/v1/applications/{sent.json['id']}").json
    print(own)
    again = rider.post(
        f"/api/v1/applications/{own['id']}", {**rider.form, "name": "买买提", "version": own["version"]}, method="PUT"
    )
    assert again.status_code == 200, again.json
    first = house.decide(officer, again.json, "approve")
    assert first.status_code == 200, first.json
    assert first.json["status"] == "approved_basic"
    no = house.decide(officer, first.json, "approve")
    print(no.status_code, no.json)
    second = house.decide(upper, first.json, "approve")
    assert second.status_code == 200, second.json
    print(house.work())
    mine = rider.get("/api/v1/me/applications").json
    print(mine)
    print(rider.get("/api/v1/me/data").json)
    print(officer.get("/api/v1/applications/figures").json)
    revealed = officer.post(f"/api/v1/applications/{own['id']}/revelations", {"purpose": "compare_document"})
    print(revealed.status_code, revealed.json)
    moved = rider.post("/api/v1/me/memberships/transfer", {"organisation": house.union("cn.shandong.weihai")})
    print(moved.status_code, moved.json)
    left = rider.post("/api/v1/me/memberships/leave")
    print(left.status_code, left.json)
    print(
        rider.client.get("/api/v1/organisations/routed?division=441402&trade=courier").json,
        rider.client.get("/api/v1/organisations?q=梅").json,
    )
    gone = rider.client.delete("/api/v1/me/data")
    print(gone.status_code, house.messages())
    assert 0

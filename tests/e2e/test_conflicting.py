"""What a rider sees of a place that reports speak against, and of one that was just confirmed."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import Connection

from e2e.conftest import FRIDAY_14, MakePhone
from installation import Installation
from phone import names, places
from xiejiao import database
from xiejiao.cluster import Role
from xiejiao.sites import commands
from xiejiao.sites.commands import Deed

pytestmark = pytest.mark.db

BRIDGE = "梅江桥户外劳动者服务站点"
DEED = Deed("test", FRIDAY_14)
SEEN_WITHIN_S = 2.5

Write = Callable[[Callable[[Connection, UUID], object]], None]


@pytest.fixture
def write(installation: Installation) -> Iterator[Write]:
    """Writes of the place at the bridge, seen by every process; in the end it is as the seed has it."""
    (bridge, *_) = installation.get("/api/v1/sites/nearest?lon=116.12&lat=24.30&limit=1")[1]["features"]

    def written(change: Callable[[Connection, UUID], object]) -> None:
        with database.connected(installation.private.url(Role.APP)) as connection, connection.begin():
            change(connection, UUID(bridge["id"]))
        time.sleep(SEEN_WITHIN_S)

    yield written
    written(lambda connection, site_id: commands.set_conflicting(connection, site_id, None, deed=DEED))


def test_a_place_that_is_reported_shut_stands_last_and_says_so(make_phone: MakePhone, write: Write) -> None:
    assert names(make_phone().visit())[0] == BRIDGE
    since = FRIDAY_14 - dt.timedelta(hours=2)
    write(lambda connection, site_id: commands.set_conflicting(connection, site_id, since, deed=DEED))
    page = make_phone().visit()
    assert BRIDGE not in names(page)
    page.get_by_role("button", name="显示更多").tap()
    card = places(page).filter(has_text=BRIDGE)
    expect(card.locator(".state--doubt")).to_have_text("有人反映关着")
    told = places(page).locator(".state").evaluate_all("all => all.map(each => each.className)")
    near = told[: told.index("state state--doubt")]
    assert near
    assert all("good" in each or "warn" in each for each in near)
    card.get_by_role("link").tap()
    expect(page.locator(".look__state")).to_contain_text("有人反映关着")
    expect(page.get_by_text("今天 12:00 起有人反映这里关着，与公布的时间不符。")).to_be_visible()


def test_a_confirmation_settles_it_and_the_card_says_when(make_phone: MakePhone, write: Write) -> None:
    write(lambda connection, site_id: commands.set_conflicting(connection, site_id, FRIDAY_14, deed=DEED))
    write(lambda connection, site_id: commands.confirm(connection, site_id, deed=DEED))
    page = make_phone().visit()
    assert names(page)[0] == BRIDGE
    expect(places(page).first).to_contain_text("今天确认")
    expect(places(page).first.locator(".state--good")).to_be_visible()

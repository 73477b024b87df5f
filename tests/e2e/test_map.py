"""The map: the same places as the list, clustered, and a way to say where without a position."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import MakePhone
from e2e.test_finder import finer_than_a_tile
from phone import installed, names, places
from road import Road, gone

pytestmark = pytest.mark.db


def _drag(page: Page, y: int) -> None:
    page.mouse.move(60, y)
    page.mouse.down()
    page.mouse.move(200, y, steps=5)
    page.mouse.move(300, y, steps=5)
    page.mouse.up()


ROUNDS = 6
NODES_OF_A_MAP = 256


def _pins(page: Page) -> list[str]:
    """What stands on the map, once something does."""
    expect(page.locator(".mark").first).to_be_visible()
    labels: list[str] = page.locator(".mark").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    return labels


def test_the_map_shows_what_the_list_shows_and_leads_to_a_place(make_phone: MakePhone) -> None:
    phone = make_phone()
    page = phone.visit()
    first = names(page)[0]
    page.get_by_role("link", name="地图").tap()
    assert any("处站点" in pin or first in pin for pin in _pins(page))
    pin = page.locator(".mark--place").first
    name = (pin.get_attribute("aria-label") or "").partition("，")[0]
    pin.click()
    card = page.locator(".atlas__card .place")
    expect(card).to_be_visible()
    assert name.split(" ")[0] in card.inner_text()
    card.get_by_role("link").tap()
    expect(page.locator("main table")).to_be_visible()
    page.get_by_role("link", name="在地图上看").tap()
    expect(card).to_be_visible()
    assert phone.complaints == []


def test_a_card_goes_with_its_place_and_leaves_room_to_look_elsewhere(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    names(page)
    page.locator(".place a").first.tap()
    page.get_by_role("link", name="在地图上看").tap()
    card = page.locator(".atlas__card .place")
    expect(card).to_be_visible()
    page.wait_for_load_state("networkidle")
    for _ in range(2):
        _drag(page, 320)
    expect(card).to_have_count(0)
    expect(page.get_by_role("button", name="在这里找")).to_be_visible()


def test_list_and_map_share_their_filters(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    names(page)
    page.get_by_role("button", name="母婴").tap()
    few = names(page)
    page.get_by_role("link", name="地图").tap()
    expect(page.get_by_role("button", name="母婴")).to_have_attribute("aria-pressed", "true")
    _pins(page)
    page.get_by_role("button", name="母婴").tap()
    page.get_by_role("link", name="附近").tap()
    assert names(page) != few


def test_who_refuses_a_position_points_at_the_map(make_phone: MakePhone, road: Road) -> None:
    phone = make_phone(at=None)
    page = phone.visit()
    page.get_by_role("button", name="手动选地点").tap()
    page.get_by_role("dialog").get_by_role("link", name="在地图上选").tap()
    page.locator(".mark--division").first.click()
    expect(page.locator(".mark--place, .mark--cluster").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    _drag(page, 650)
    page.get_by_role("button", name="在这里找").tap()
    page.get_by_role("link", name="附近").tap()
    expect(page.get_by_role("button", name=re.compile("从“地图上选的点”算起"))).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert [fault for request in road.passed for fault in finer_than_a_tile(request)] == []


def test_going_back_and_forth_leaves_nothing_behind(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    names(page)
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable")

    def nodes() -> int:
        browser.send("HeapProfiler.collectGarbage")
        metrics = browser.send("Performance.getMetrics")["metrics"]
        return next(int(each["value"]) for each in metrics if each["name"] == "Nodes")

    def nodes_after_rounds() -> int:
        for _ in range(ROUNDS):
            page.get_by_role("link", name="地图").tap()
            _pins(page)
            page.get_by_role("link", name="附近").tap()
            names(page)
            nodes()
        return nodes()

    # The browser itself holds on to a few of the last pages, so the first rounds do add up.
    before = nodes_after_rounds()
    assert nodes_after_rounds() < before + ROUNDS / 2 * NODES_OF_A_MAP


def test_the_map_opens_without_network_once_it_was_used(make_phone: MakePhone, road: Road) -> None:
    page = make_phone().visit()
    names(page)
    installed(page)
    page.reload()
    names(page)
    page.get_by_role("link", name="地图").tap()
    pins = _pins(page)
    page.context.set_offline(True)
    with road.broken(gone):
        page.reload()
        # The view moves to where one counts from, and what stands on it is drawn anew meanwhile.
        expect(page.locator(".mark")).to_have_count(len(pins))
        assert _pins(page) == pins
        page.get_by_role("link", name="附近").tap()
        expect(places(page)).not_to_have_count(0)

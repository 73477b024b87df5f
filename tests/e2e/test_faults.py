"""What breaks on the way to the phone, or on it: the page stays, filters stay, and a sentence says what to do."""

import json
import re

import pytest
from playwright.sync_api import expect

from e2e.conftest import MEIJIANG, MakePhone
from phone import count_from_here, installed, names, places
from road import Answer, Breaks, Cut, Request, Road, failing, gone, saying, slow, to
from xiejiao.coordinates import Position

pytestmark = pytest.mark.db

WEIHAI = Position(122.1201, 37.5131)
"""More than 1,500 km from Meijiang, with places of its own."""
SKELETON = ".skeleton"


def _of_format(number: int) -> Breaks:
    def changed(_request: Request, answer: Answer) -> Answer:
        document = json.loads(answer.body) | {"format": number}
        return Answer(answer.status, answer.headers, json.dumps(document).encode())

    return changed


FAULTS: dict[str, tuple[Breaks, str]] = {
    "gone": (gone, "没有网络"),
    "500": (failing(500), "服务器暂时出了问题"),
    "503": (failing(503), "服务器暂时出了问题"),
    "broken JSON": (saying('{"format": 1, "columns": {'), "收到的数据不完整"),
    "another document": (saying('{"format": 1}'), "收到的数据不完整"),
    "a list": (saying("[]"), "收到的数据不完整"),
    "newer format": (to("/api/v1/cells", to("/api/v1/", _of_format(2))), "数据格式更新了"),
    "older format": (to("/api/v1/cells", to("/api/v1/", _of_format(0))), "收到的数据不完整"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_first_visit_says_what_is_wrong_and_mends_itself(make_phone: MakePhone, road: Road, fault: str) -> None:
    breaks, words = FAULTS[fault]
    phone = make_phone(at=None)
    page = phone.visit()
    expect(page.get_by_role("button", name="看看我附近的站点")).to_be_visible()
    phone.context.grant_permissions(["geolocation"], origin=phone.origin)
    phone.move(MEIJIANG)
    with road.broken(to("/api/", breaks)):
        page.get_by_role("button", name="看看我附近的站点").tap()
        expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
        expect(page.locator(SKELETON)).to_have_count(0)
        page.get_by_role("button", name="喝水").tap()
    page.get_by_role("button", name="再试一次").tap()
    names(page)
    expect(places(page)).not_to_have_count(0)
    expect(page.get_by_text(words)).to_have_count(0)
    expect(page.get_by_role("button", name="喝水")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_later_visit_shows_what_is_kept_beside_what_is_wrong(make_phone: MakePhone, road: Road, fault: str) -> None:
    breaks, words = FAULTS[fault]
    phone = make_phone()
    page = phone.visit()
    before = names(page)
    installed(page)
    phone.later(minutes=70)
    with road.broken(to("/api/", breaks)):
        page.reload()
        expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
        assert set(names(page)) & set(before)
    page.get_by_role("button", name="再试一次").tap()
    expect(page.get_by_text(words)).to_have_count(0)


@pytest.mark.long
def test_a_server_that_takes_half_a_minute_is_not_waited_for(make_phone: MakePhone, road: Road) -> None:
    page = make_phone(at=MEIJIANG).tab()
    page.goto(road.origin)
    names(page)
    with road.broken(to("/api/", slow(30))):
        stranger = make_phone().tab()
        stranger.goto(road.origin)
        expect(stranger.locator(SKELETON).first).to_be_visible()
        expect(stranger.get_by_text("网络太慢")).to_be_visible(timeout=20_000)


def test_a_server_that_is_slow_shows_that_something_comes(make_phone: MakePhone, road: Road) -> None:
    with road.broken(to("/api/v1/cells", slow(1.5))):
        page = make_phone().visit()
        expect(page.locator(SKELETON).first).to_be_visible()
        names(page)


# ── the phone itself ──


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_a_day_off_is_said_and_not_counted_by(make_phone: MakePhone, days: int) -> None:
    phone = make_phone()
    phone.later(minutes=days * 24 * 60 + 8 * 60)  # ten in the evening of another day: by its clock, all is shut
    page = phone.visit()
    assert names(page)
    expect(page.get_by_text("手机时间似乎不准")).to_be_visible()
    expect(places(page).first).to_contain_text("开到 20:00")


def test_a_jump_over_the_country_changes_the_list(make_phone: MakePhone) -> None:
    phone = make_phone()
    page = phone.visit()
    before = names(page)
    page.get_by_role("button", name="喝水").tap()
    phone.move(WEIHAI)
    count_from_here(page)
    expect(places(page).filter(has_text=before[0])).to_have_count(0)
    assert not set(names(page)) & set(before)
    expect(page.get_by_role("button", name="喝水")).to_have_attribute("aria-pressed", "true")


def test_a_rough_position_is_said(make_phone: MakePhone) -> None:
    phone = make_phone()
    phone.move(MEIJIANG, accuracy_m=5000)
    page = phone.visit()
    expect(page.get_by_text("定位误差约 5.0 公里")).to_be_visible()
    assert names(page)


REFUSES_STORAGE = """
  Object.defineProperty(window, "indexedDB", { get() { throw new DOMException("refused", "SecurityError"); } });
  Object.defineProperty(window, "localStorage", { get() { throw new DOMException("refused", "SecurityError"); } });
"""
STORAGE_IS_FULL = """
  const full = () => { throw new DOMException("full", "QuotaExceededError"); };
  IDBObjectStore.prototype.put = full;
  Storage.prototype.setItem = full;
"""
REFUSES_WORKERS = 'Object.defineProperty(navigator, "serviceWorker", { get() { return undefined; } });'


@pytest.mark.parametrize("script", [REFUSES_STORAGE, STORAGE_IS_FULL], ids=["refused", "full"])
def test_a_phone_that_keeps_nothing_still_lists(make_phone: MakePhone, script: str) -> None:
    phone = make_phone()
    phone.context.add_init_script(script)
    page = phone.visit()
    assert names(page)
    expect(page.get_by_text("手机存不下离线数据")).to_be_visible()
    page.get_by_role("button", name="母婴").tap()
    expect(page.get_by_role("button", name="母婴")).to_have_attribute("aria-pressed", "true")
    assert phone.complaints == []


def test_a_web_view_without_workers_still_lists(make_phone: MakePhone) -> None:
    phone = make_phone()
    phone.context.add_init_script(REFUSES_WORKERS)
    assert names(phone.visit())
    assert phone.complaints == []


def test_two_tabs_share_choices_and_do_not_disturb_each_other(make_phone: MakePhone) -> None:
    phone = make_phone()
    first, second = phone.visit(), phone.visit()
    assert names(first) == names(second)
    first.get_by_role("button", name="母婴").tap()
    few = names(first)
    expect(second.get_by_role("button", name="母婴")).to_have_attribute("aria-pressed", "true")
    assert names(second) == few


def test_an_evicted_store_is_filled_again(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    before = names(page)
    installed(page)
    page.evaluate("""async () => {
      localStorage.clear();
      for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
      for (const name of await caches.keys()) await caches.delete(name);
    }""")
    page.reload()
    assert names(page) == before


# ── an update in the middle ──


def test_an_update_that_breaks_off_leaves_the_version_that_works(make_phone: MakePhone, road: Road) -> None:
    page = make_phone().visit()
    before = names(page)
    installed(page)

    def half(request: Request, answer: Answer) -> Answer | Cut:
        if request.address == "/sw.js":
            body = re.sub(rb'("revision":")', rb"\1second-", answer.body)
            return Answer(answer.status, answer.headers, body)
        return Cut() if request.address.startswith("/assets/") else answer

    with road.broken(half):
        page.reload()
        assert names(page) == before
        page.wait_for_timeout(500)
        expect(page.get_by_role("button", name="更新")).to_have_count(0)
    with road.broken(gone):
        page.reload()
        assert names(page) == before

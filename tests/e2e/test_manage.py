"""A manager with a phone: goes round with and without network, changes what has changed; nothing is lost or doubled."""

import datetime as dt
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import text

from e2e.conftest import MakePhone
from e2e.test_access import DESKTOP, SMALL, looks, violations
from installation import Installation
from phone import Phone, installed, names, places
from road import Answer, Request, Road, gone, to
from xiejiao import database
from xiejiao.accounts import commands as accounts
from xiejiao.cluster import Role
from xiejiao.coordinates import Position

pytestmark = pytest.mark.db

ROUND = "巡查"
UNDO_MS = 10_000
"""How long a round may be thought better of."""
PARTS = ("hours", "closures", "amenities", "notice", "photos", "tasks", "history", "poster")


@pytest.fixture
def road(installation: Installation) -> Iterator[Road]:
    """The road to the installation, in the true time: the server takes rounds of the last days only."""
    with Road(installation.origin).open() as found:
        yield found


Tell = Callable[..., object]


@pytest.fixture
def tell(installation: Installation) -> Tell:
    """What the database says to a question for one value."""

    def told(question: str, **values: object) -> object:
        with database.connected(installation.private.url(Role.OWNER)) as connection, connection.begin():
            return connection.scalar(text(question), values)

    return told


Manager = Callable[..., Phone]


@pytest.fixture
def manager(installation: Installation, make_phone: MakePhone) -> Manager:
    """Phones on which the demonstration manager has signed in by a link; they show the list of places."""

    def signed_in(**how: object) -> Phone:
        phone = make_phone(**{"at": None, "clock": None, **how})
        enter(installation, phone)
        return phone

    return signed_in


def enter(installation: Installation, phone: Phone) -> Page:
    """Sign in by a fresh link, in a new tab."""
    token = ""
    with database.connected(installation.private.url(Role.OWNER)) as connection:

        def is_added() -> bool:
            nonlocal token
            with connection.begin():
                account = connection.scalar(text("SELECT id FROM account WHERE name = 'demo.manager'"))
                token = accounts.add_link(connection, account, draw=os.urandom) if account else ""
            return token != ""

        # People for demonstration are added after the server is ready.
        eventually(is_added)
    page = phone.visit(f"/sign-in#once={token}")
    expect(page.locator(".kept")).to_have_count(3)
    # The places of the list come after it, to be at hand without network.
    page.wait_for_load_state("networkidle")
    return page


@contextmanager
def no_network(page: Page, road: Road) -> Iterator[None]:
    """Neither the page nor its worker reaches anything; what still gets onto the road finds nobody."""
    page.context.set_offline(True)
    with road.broken(gone):
        yield
    page.context.set_offline(False)


def code_of(page: Page, at: int) -> str:
    """The code of a place in the list."""
    address = page.locator(".kept").nth(at).locator("a[href$='/round']").get_attribute("href")
    assert address is not None
    return address.split("/")[2]


def go_round(page: Page, at: int = 0) -> int:
    """All is well at a place of the list; how many taps that took."""
    taps = [page.locator(".kept").nth(at).get_by_role("link", name=ROUND)]
    taps[0].tap()
    expect(page.locator(".round__card")).to_have_count(3)
    for question in page.locator(".round__card").all():
        expect(question).to_be_visible()
        taps.append(question.get_by_role("button", name="是", exact=True))
        taps[-1].tap()
    expect(page.get_by_role("heading", name="巡查已记下")).to_be_visible()
    return len(taps)


def rounds(tell: Tell, code: str) -> object:
    """How many rounds the server has of a place."""
    return tell("SELECT count(*) FROM round JOIN site ON site.id = site_id WHERE code = :code", code=code)


def eventually(holds: Callable[[], bool], within_s: float = 20) -> None:
    """Wait until it holds."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)


def posted(road: Road, part: str) -> list[Request]:
    """What was sent to addresses that end so."""
    return [each for each in road.passed if each.method != "GET" and each.address.endswith(part)]


# ── rounds ──


def test_a_round_without_network_takes_four_taps_and_arrives_once(manager: Manager, road: Road, tell: Tell) -> None:
    phone = manager()
    page = phone.page
    code = code_of(page, 0)
    installed(page)
    page.reload()
    expect(page.locator(".kept")).to_have_count(3)
    before = rounds(tell, code)
    with no_network(page, road):
        page.reload()
        expect(page.locator(".kept")).to_have_count(3)
        began = time.monotonic()
        assert go_round(page) == 4
        assert time.monotonic() - began < 30
        expect(page.get_by_text("没有网络：已存在手机里")).to_be_visible()
        page.get_by_role("link", name="回到我的站点").tap()
        expect(page.get_by_text("1 次巡查还没送出")).to_be_visible()
        other = phone.tab()
        assert rounds(tell, code) == before
    other.goto(f"{phone.origin}/manage")
    eventually(lambda: rounds(tell, code) != before)
    for tab in (page, other):
        tab.bring_to_front()
        expect(tab.get_by_text("次巡查还没送出")).to_have_count(0)
    assert rounds(tell, code) == before + 1  # type: ignore[operator]
    assert len({each.headers.split("Idempotency-Key: ")[1].split("\n")[0] for each in posted(road, "/rounds")}) == 1


def test_undone_within_ten_seconds_nothing_is_sent(manager: Manager, road: Road, tell: Tell) -> None:
    page = manager().page
    code = code_of(page, 1)
    before = rounds(tell, code)
    go_round(page, 1)
    page.get_by_role("button", name="撤销").tap()
    expect(page.get_by_text("已撤销，没有送出。")).to_be_visible()
    page.wait_for_timeout(UNDO_MS + 2_000)
    assert posted(road, "/rounds") == []
    page.locator(".round__card").last.get_by_role("button", name="是", exact=True).tap()
    page.wait_for_timeout(UNDO_MS / 2)
    assert posted(road, "/rounds") == []
    expect(page.get_by_text("已送到")).to_be_visible(timeout=UNDO_MS)
    assert rounds(tell, code) == before + 1  # type: ignore[operator]


def test_a_round_that_is_not_taken_is_shown_with_its_answers(manager: Manager, road: Road) -> None:
    def refused(_request: Request, _answer: Answer) -> Answer:
        told = {"status": 400, "errors": [{"field": "at", "message": "这次巡查已超过三天"}]}
        return Answer(400, {"Content-Type": "application/problem+json"}, json.dumps(told).encode())

    page = manager().page
    with road.broken(to("/rounds", refused)):
        go_round(page)
        page.get_by_role("link", name="回到我的站点").tap()
        expect(page.get_by_role("alert")).to_contain_text("这次巡查已超过三天")
    expect(page.get_by_role("alert")).to_contain_text("时间和贴出的一样吗？ 是")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("没有被接受")
    page.get_by_role("button", name="知道了").tap()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_round_outlives_a_sign_in_that_ran_out(manager: Manager, installation: Installation, tell: Tell) -> None:
    phone = manager()
    page = phone.page
    code = code_of(page, 2)
    before = rounds(tell, code)
    tell("DELETE FROM sign_in RETURNING 1")
    go_round(page, 2)
    page.get_by_role("link", name="回到我的站点").tap()
    expect(page).to_have_url(f"{phone.origin}/sign-in?to=/manage")
    assert rounds(tell, code) == before
    enter(installation, phone)
    eventually(lambda: rounds(tell, code) == before + 1)  # type: ignore[operator]


def test_a_no_leads_to_what_is_to_be_changed(manager: Manager) -> None:
    page = manager().page
    page.locator(".kept").first.get_by_role("link", name=ROUND).tap()
    page.locator(".round__card").nth(0).get_by_role("button", name="是", exact=True).tap()
    page.locator(".round__card").nth(1).get_by_role("button", name="不是").tap()
    page.locator(".round__card").nth(2).get_by_role("button", name="是", exact=True).tap()
    expect(page.get_by_role("link", name="改开放时间")).to_have_count(0)
    page.get_by_role("link", name="改设施和物资").tap()
    expect(page.locator(".segments").first).to_be_visible()


def test_a_no_without_network_leads_to_what_was_brought_before(manager: Manager, road: Road) -> None:
    page = manager().page
    installed(page)
    page.reload()
    page.wait_for_load_state("networkidle")
    with no_network(page, road):
        page.locator(".kept").nth(2).get_by_role("link", name=ROUND).tap()
        expect(page.locator(".round__card").nth(0)).to_contain_text("歇脚上写的：")
        page.locator(".round__card").nth(0).get_by_role("button", name="不是").tap()
        for at in (1, 2):
            page.locator(".round__card").nth(at).get_by_role("button", name="是", exact=True).tap()
        page.get_by_role("link", name="改开放时间").tap()
        expect(page.get_by_role("textbox").first).not_to_have_value("")


def test_the_way_back_from_a_page_opened_by_a_link_leads_upwards(manager: Manager) -> None:
    phone = manager()
    code = code_of(phone.page, 0)
    page = phone.tab()
    page.goto(f"{phone.origin}/manage/{code}/notice")
    page.get_by_role("button", name="返回").tap()
    expect(page).to_have_url(f"{phone.origin}/manage/{code}")
    page.goto(f"{phone.origin}/manage/{code}?fresh")
    page.get_by_role("button", name="返回").tap()
    expect(page).to_have_url(f"{phone.origin}/manage")
    page.goto(f"{phone.origin}/more")
    expect(page.locator(".choices__links a").first).to_have_text("我的站点")
    page.get_by_role("link", name="我的站点").tap()
    expect(page).to_have_url(f"{phone.origin}/manage")


# ── changes ──


def open_part(phone: Phone, part: str, at: int = 0) -> Page:
    """A part of a place of the list."""
    page = phone.page
    page.goto(f"{phone.origin}/manage/{code_of(page, at)}/{part}")
    return page


def test_changed_hours_are_in_the_list_of_another_phone_within_a_minute(
    manager: Manager, make_phone: MakePhone, installation: Installation
) -> None:
    phone = manager()
    code = code_of(phone.page, 0)
    site = installation.get(f"/api/v1/sites/{code}")[1]
    name = site["properties"]["name"]
    rider = make_phone(at=Position(*site["geometry"]["coordinates"]), clock=None).visit()
    names(rider)
    expect(places(rider).filter(has_text=name)).not_to_contain_text("24 小时开放")

    page = open_part(phone, "hours")
    page.get_by_role("textbox").first.fill("8:30-12:00,14:00-18:00 节假日除外")
    expect(page.get_by_text("有两种读法")).to_be_visible()
    expect(page.locator(".bars__open")).to_have_count(16)
    expect(page.get_by_role("button", name="保存")).to_have_attribute("aria-disabled", "true")
    # What is not ready to be saved may be tapped all the same, and leads to what is open.
    page.get_by_role("button", name="保存").tap(force=True)
    expect(page.get_by_text("请先核对这个问题")).to_be_in_viewport()
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.get_by_role("textbox").first.fill("8:30-12:00 节假日休息")
    expect(page.get_by_text("没有写星期几，按每天理解")).to_be_visible()
    expect(page.get_by_role("button", name="保存")).to_have_attribute("aria-disabled", "false")
    page.get_by_role("textbox").first.fill("8:30-25:99")
    expect(page.locator(".field__fault")).to_contain_text("第")
    page.get_by_role("textbox").first.fill("24/7")
    expect(page.get_by_role("button", name="保存")).to_have_attribute("aria-disabled", "false")
    page.get_by_role("button", name="保存").tap()
    saved = time.monotonic()
    expect(page.get_by_text("已保存")).to_be_visible()
    while "24 小时开放" not in places(rider).filter(has_text=name).inner_text():
        assert time.monotonic() - saved < 60
        rider.wait_for_timeout(1_000)
        rider.reload()
        names(rider)


def test_a_closure_has_the_day_of_reopening(manager: Manager, tell: Tell) -> None:
    page = open_part(manager(), "closures", 1)
    page.get_by_role("button", name="临时关闭").tap(force=True)
    expect(page.get_by_text("请填上恢复时间")).to_be_in_viewport()
    expect(page.get_by_label("到", exact=True).and_(page.locator("input"))).to_be_focused()
    page.get_by_role("button", name="明天内").tap()
    expect(page.get_by_label("到", exact=True).and_(page.locator("input"))).not_to_have_value("")
    page.get_by_label("从", exact=True).fill("2030-02-01T08:00")
    page.get_by_label("到", exact=True).and_(page.locator("input")).fill("2030-01-03T18:00")
    page.get_by_role("button", name="临时关闭").tap()
    expect(page.get_by_text("结束时间应晚于开始时间")).to_have_count(1)
    page.get_by_label("到", exact=True).and_(page.locator("input")).fill("2030-02-03T18:00")
    page.get_by_text("停电").tap()
    page.get_by_role("button", name="临时关闭").tap()
    expect(page.get_by_role("listitem")).to_contain_text("停电")
    ends = tell("SELECT upper(during) FROM site_dated WHERE reason = '停电'")
    assert ends == dt.datetime(2030, 2, 3, 10, tzinfo=dt.UTC)
    page.get_by_role("button", name="取消这条").tap()
    expect(page.get_by_role("listitem")).to_have_count(0)


def photographed() -> bytes:
    """A photo as a phone's camera leaves it: large, and telling where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (24.0, 18.0, 0.0), 3: "E", 4: (116.0, 7.0, 12.0)})
    exif[0x010F] = "Camera of a test"
    file = io.BytesIO()
    Image.linear_gradient("L").resize((2400, 1800)).convert("RGB").save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_a_photo_leaves_the_phone_small_and_without_its_place(
    manager: Manager, installation: Installation, road: Road
) -> None:
    taken = photographed()
    assert b"Exif" in taken
    phone = manager()
    code = code_of(phone.page, 0)
    page = open_part(phone, "photos")
    page.locator("input[type=file]").first.set_input_files(
        {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": taken}
    )
    expect(page.locator(".snap__picture")).to_have_count(1)
    (sent,) = posted(road, "/photos")
    assert b"Exif" not in sent.body
    assert Image.open(io.BytesIO(sent.body)).size == (1600, 1200)
    identity = installation.get(f"/api/v1/sites/{code}")[1]["id"]
    (listed,) = installation.get(f"/api/v1/sites/{identity}/photos")[1]["photos"]
    served = page.request.get(f"{installation.origin}/api/v1/photos/{listed['id']}").body()
    assert b"Exif" not in served
    page.get_by_role("button", name="删除").tap()
    page.get_by_role("dialog").get_by_role("button", name="删除").tap()
    expect(page.locator(".snap__picture")).to_have_count(0)


def test_two_managers_at_once_see_both_and_nothing_is_lost(manager: Manager, tell: Tell) -> None:
    one, other = manager(), manager()
    code = code_of(one.page, 2)
    pages = [open_part(phone, "notice", 2) for phone in (one, other)]
    for page, typed in zip(pages, ("甲写的公告", "乙写的公告"), strict=True):
        page.get_by_role("textbox").fill(typed)
    pages[1].get_by_role("button", name="保存").tap()
    expect(pages[1].get_by_text("已保存")).to_be_in_viewport()
    pages[0].get_by_role("button", name="保存").tap()
    both = pages[0].get_by_role("alert")
    expect(both).to_contain_text("甲写的公告")
    expect(both).to_contain_text("乙写的公告")
    expect(both).to_contain_text("还没有保存")
    expect(both).to_be_focused()
    expect(both.get_by_role("button", name="用我填的")).to_be_in_viewport(ratio=1)
    pages[0].reload()
    expect(pages[0].get_by_role("textbox")).to_have_value("甲写的公告")
    pages[0].get_by_role("button", name="保存").tap()
    pages[0].get_by_role("button", name="用我填的").tap()
    expect(pages[0].get_by_text("已保存")).to_be_visible()
    assert tell("SELECT notice FROM site WHERE code = :code", code=code) == "甲写的公告"


def test_a_change_of_something_else_is_no_conflict(manager: Manager) -> None:
    one, other = manager(), manager()
    notice = open_part(one, "notice", 1)
    notice.get_by_role("textbox").fill("今天有绿豆汤")
    amenities = open_part(other, "amenities", 1)
    amenities.locator(".segments").first.get_by_text("用完了").tap()
    amenities.get_by_role("button", name="保存 1 项改动").tap()
    expect(amenities.get_by_text("已保存")).to_be_visible()
    notice.get_by_role("button", name="保存").tap()
    expect(notice.get_by_text("已保存")).to_be_visible()


def test_a_notice_typed_on_several_lines_is_saved_as_one(manager: Manager, tell: Tell) -> None:
    phone = manager()
    code = code_of(phone.page, 1)
    page = open_part(phone, "notice", 1)
    page.get_by_role("textbox").fill("第一行\n\n第二行")
    page.get_by_role("button", name="保存").tap()
    expect(page.get_by_text("已保存")).to_be_in_viewport()
    assert tell("SELECT notice FROM site WHERE code = :code", code=code) == "第一行 第二行"


def test_one_change_is_taken_back(manager: Manager) -> None:
    phone = manager()
    page = open_part(phone, "notice", 0)
    was = page.get_by_role("textbox").input_value()
    page.get_by_role("textbox").fill("写错了的公告")
    page.get_by_role("button", name="保存").tap()
    expect(page.get_by_text("已保存")).to_be_visible()
    page.goto(page.url.replace("notice", "history"))
    page.get_by_role("button", name="撤回这次改动").first.tap()
    expect(page.get_by_role("dialog")).to_contain_text("公告：现在 “写错了的公告” → 撤回后 ")
    page.get_by_role("dialog").get_by_role("button", name="撤回这次改动").tap()
    expect(page.get_by_role("listitem").first).to_contain_text("撤回改动")
    page.goto(page.url.replace("history", "notice"))
    expect(page.get_by_role("textbox")).to_have_value(was)


def test_a_poster_is_not_printed_without_an_address_to_lead_to(manager: Manager) -> None:
    page = open_part(manager(), "poster")
    page.get_by_role("button", name="A4").tap()
    expect(page.get_by_role("alert")).to_contain_text("二维码要指向的网址没有设好")


# ── before the door, and after ──


def test_the_page_of_ones_own_place_leads_to_the_round(manager: Manager, make_phone: MakePhone) -> None:
    phone = manager()
    code = code_of(phone.page, 0)
    page = phone.visit(f"/p/{code}")
    page.get_by_role("link", name="我管的站点").tap()
    expect(page.locator(".round__card")).to_have_count(3)
    stranger = make_phone(at=None, clock=None).visit(f"/p/{code}")
    expect(stranger.locator("main table")).to_be_visible()
    expect(stranger.get_by_role("link", name="我管的站点")).to_have_count(0)


KEPT = """() => new Promise((done) => {
  indexedDB.open("xiejiao").onsuccess = (event) => {
    const asked = event.target.result.transaction("documents").objectStore("documents").getAllKeys();
    asked.onsuccess = () => done(asked.result.filter((key) => /^(own|outbox)\\//.test(key)));
  };
})"""
"""The keys of what the phone keeps of somebody."""


def test_signing_out_wipes_what_the_phone_kept(manager: Manager, road: Road) -> None:
    phone = manager()
    page = phone.page
    with road.broken(to("/rounds", gone)):
        go_round(page)
        page.get_by_role("link", name="回到我的站点").tap()
        expect(page.get_by_text("1 次巡查还没送出")).to_be_visible()
        kept = page.evaluate(KEPT)
        assert {key.split("/")[0] for key in kept} == {"own", "outbox"}
        page.goto(f"{phone.origin}/me")
        page.get_by_role("button", name="退出登录", exact=True).tap()
        expect(page.get_by_role("alert")).to_contain_text("还有 1 项没有发出去")
        page.get_by_role("button", name="丢掉它们，仍要退出").tap()
        expect(page).to_have_url(f"{phone.origin}/sign-in?to=/me")
        page.wait_for_timeout(500)
        assert page.evaluate(KEPT) == []


# ── for everybody ──


def test_every_page_reads_for_everybody(manager: Manager) -> None:
    phone = manager()
    page = phone.page
    code = code_of(page, 0)
    for path in ("", f"/{code}", f"/{code}/round", *(f"/{code}/{part}" for part in PARTS)):
        page.goto(f"{phone.origin}/manage{path}")
        expect(page.locator("main")).to_be_visible()
        expect(page.locator("main .waits")).to_have_count(0)
        if path.endswith("/hours"):
            page.get_by_role("textbox").first.fill("8:30-12:00,14:00-18:00 节假日除外")
            expect(page.locator(".bars").first).to_be_visible()
        for look in looks(page):
            assert violations(page) == [], (path, look)
            assert page.evaluate(SMALL) == [], (path, look)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, look)


def test_axe_finds_nothing_on_a_desk(manager: Manager) -> None:
    phone = manager(size=DESKTOP, touch=False)
    for path in ("", f"/{code_of(phone.page, 0)}"):
        phone.page.goto(f"{phone.origin}/manage{path}")
        expect(phone.page.locator("main")).to_be_visible()
        expect(phone.page.locator("main .waits")).to_have_count(0)
        assert violations(phone.page) == [], path

"""A rider with a phone: finds the open place near by, with and without network, and tells nobody where."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import psycopg
import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import MEIJIANG, MakePhone
from installation import Installation
from phone import ANDROID, count_from_here, installed, names, places
from road import Answer, Request, Road, gone, to
from xiejiao.cluster import Role
from xiejiao.coordinates import Datum, Position, distance_m, from_wgs84

pytestmark = pytest.mark.db

BRIDGE = "梅江桥户外劳动者服务站点"
GO = "去这里"
ASK = "看看我附近的站点"


def _first_visit(page: Page) -> None:
    """The one tap of a first visit."""
    page.get_by_role("button", name=ASK).tap()


# ── a first visit ──


def test_a_cold_visit_gives_a_reason_and_one_tap_gives_the_list(make_phone: MakePhone) -> None:
    phone = make_phone(at=None)
    page = phone.visit()
    expect(page.get_by_text("允许使用位置，就能看到离您最近、到时还开着的站点。")).to_be_visible()
    expect(page.get_by_text("您的位置只留在手机里")).to_be_visible()
    phone.context.grant_permissions(["geolocation"], origin=phone.origin)
    phone.move(MEIJIANG)
    _first_visit(page)
    assert names(page)[0] == BRIDGE
    expect(places(page)).to_have_count(20)
    expect(places(page).first).to_contain_text("开到 20:00")
    expect(places(page).first).to_contain_text("骑行")
    assert phone.complaints == []


def test_a_second_visit_lists_without_a_question(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    assert names(page)[0] == BRIDGE


def test_places_that_will_be_open_stand_before_nearer_shut_ones(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    page.get_by_role("button", name="到时开着").tap()
    expect(places(page).first).to_contain_text("开")
    told = places(page).locator(".state").evaluate_all("all => all.map(each => each.className)")
    shut = [at for at, name in enumerate(told) if "shut" in name or "unsure" in name]
    open_ = [at for at, name in enumerate(told) if "good" in name or "warn" in name]
    assert open_
    assert not shut or max(open_) < min(shut)


# ── without network ──


@contextmanager
def _no_network(page: Page, road: Road) -> Iterator[None]:
    """Neither the page nor its worker reaches anything; what still gets onto the road finds nobody."""
    page.context.set_offline(True)
    with road.broken(gone):
        yield
    page.context.set_offline(False)


def test_a_reload_without_network_shows_the_same_list(make_phone: MakePhone, road: Road) -> None:
    page = make_phone().visit()
    before = names(page)
    installed(page)
    page.reload()
    assert names(page) == before
    with _no_network(page, road):
        page.reload()
        assert names(page) == before
        expect(page.get_by_text(re.compile("没有网络"))).to_be_visible()


def test_filters_work_without_network_and_stay(make_phone: MakePhone, road: Road) -> None:
    page = make_phone().visit()
    every = names(page)
    installed(page)
    page.reload()
    names(page)
    with _no_network(page, road):
        page.reload()
        names(page)
        page.get_by_role("button", name="母婴").tap()
        few = names(page)
        assert few != every
        assert few
        page.reload()
        expect(page.get_by_role("button", name="母婴")).to_have_attribute("aria-pressed", "true")
        assert names(page) == few


def test_a_link_to_a_place_opens_cold_and_without_network(make_phone: MakePhone, road: Road) -> None:
    phone = make_phone()
    page = phone.visit()
    names(page)
    link = places(page).first.get_by_role("link").get_attribute("href")
    assert link
    installed(page)
    page.get_by_role("link", name=BRIDGE).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(BRIDGE)
    with _no_network(page, road):
        cold = phone.visit(link)
        expect(cold.get_by_role("heading", level=1)).to_have_text(BRIDGE)
        expect(cold.get_by_role("row", name=re.compile("今天"))).to_contain_text("8:00–20:00")
    stranger = make_phone(at=None).visit(link)
    expect(stranger.get_by_role("heading", level=1)).to_have_text(BRIDGE)


FAR = "威海市镇街劳动关系响应中心"
"""A place of which the press names no address: it is near nothing, and has its page all the same."""


def test_a_place_that_is_near_nothing_has_its_page_without_network_too(
    make_phone: MakePhone, installation: Installation, road: Road
) -> None:
    with psycopg.connect(installation.private.url(Role.READ)) as connection:
        ((code,),) = connection.execute("SELECT code FROM site WHERE name = %s", [FAR]).fetchall()
    phone = make_phone()
    installed(phone.visit())
    page = phone.visit(f"/p/{code}")
    expect(page.get_by_role("heading", level=1)).to_have_text(FAR)
    with _no_network(page, road):
        expect(phone.visit(f"/p/{code}").get_by_role("heading", level=1)).to_have_text(FAR)


# ── no position ──


def test_who_refuses_a_position_picks_a_place_by_pinyin(make_phone: MakePhone) -> None:
    page = make_phone(at=None).visit()
    _first_visit(page)
    expect(page.get_by_role("alert")).to_contain_text("没有位置权限")
    page.get_by_role("button", name="手动选地点").tap()
    page.get_by_role("searchbox").fill("meijiang")
    page.get_by_role("button", name=re.compile("梅江")).first.tap()
    assert BRIDGE in names(page)
    # Picked once, it stands at the next visit, which asks nothing.
    page.reload()
    assert BRIDGE in names(page)
    expect(page.get_by_role("button", name=re.compile("从“.*梅江.*”算起"))).to_be_visible()


def test_a_place_is_picked_by_its_own_name_where_the_phone_knows_it(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    names(page)
    page.get_by_role("button", name=re.compile("算起")).tap()
    page.get_by_role("searchbox").fill("明安智慧")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("明安智慧驿站")).tap()
    assert names(page)[0] == "明安智慧驿站"


def test_a_late_position_does_not_undo_a_choice_made_meanwhile(make_phone: MakePhone) -> None:
    phone = make_phone(at=None)
    phone.context.add_init_script("""
      const coords = { longitude: 113.29, latitude: 23.17, accuracy: 20 };
      navigator.geolocation.getCurrentPosition = (found) => setTimeout(() => found({ coords }), 1500);
    """)
    page = phone.visit()
    _first_visit(page)
    expect(page.get_by_text("正在定位")).to_be_visible()
    page.goto(phone.origin + "/map")
    page.locator(".mark--division").first.click()
    picked = page.locator(".where__name").inner_text()
    page.wait_for_timeout(2000)
    assert page.locator(".where__name").inner_text() == picked


def test_who_asks_for_the_own_position_in_vain_is_told_above_the_list(make_phone: MakePhone) -> None:
    page = make_phone(at=None).visit()
    page.get_by_role("button", name="手动选地点").tap()
    page.get_by_role("searchbox").fill("mj")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("梅江")).first.tap()
    names(page)
    count_from_here(page)
    expect(page.get_by_role("alert")).to_contain_text("没有位置权限")
    assert names(page)


# ── what the list tells ──


def test_what_the_rider_asks_for_stands_first_on_every_card(make_phone: MakePhone) -> None:
    page = make_phone(chosen={"groups": ["medicine"]}).visit()
    assert names(page)
    firsts = page.locator(".place__amenities > span:first-child").all_text_contents()
    assert firsts
    assert all("药箱" in each for each in firsts)
    expect(page.locator(".filters button").nth(1)).to_have_text("用药")


def test_needs_that_nothing_near_by_answers_are_named_and_cleared_by_one_tap(make_phone: MakePhone) -> None:
    every = ["water", "meal", "charging", "toilet", "cool", "medicine", "rest", "mother"]
    page = make_phone(chosen={"groups": every}).visit()
    expect(page.get_by_text(re.compile("附近没有.*热饭.*母婴.*的站点"))).to_be_visible()
    page.get_by_role("button", name="清除筛选").tap()
    assert names(page)


def test_who_comes_back_from_a_place_finds_the_list_as_it_was(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    names(page)
    page.get_by_role("button", name="显示更多").tap()
    longer = page.locator(".place").count()
    assert longer > 20
    places(page).nth(22).scroll_into_view_if_needed()
    code = places(page).nth(22).get_by_role("link").get_attribute("href")
    places(page).nth(22).get_by_role("link").tap()
    expect(page.locator("main table")).to_be_visible()
    page.get_by_role("button", name="返回").tap()
    expect(places(page)).to_have_count(longer)
    expect(page.locator(f'.place a[href="{code}"]')).to_be_in_viewport()


# ── the page of a place ──


def test_a_place_that_shuts_before_one_arrives_says_so_on_its_page_too(make_phone: MakePhone, road: Road) -> None:
    phone = make_phone(chosen={"openOnArrival": False, "travel": "foot"})
    phone.later(minutes=5 * 60)
    road.clock = phone.clock
    page = phone.visit()
    names(page)
    for _ in range(3):
        page.get_by_role("button", name="显示更多").tap()
    late = page.locator(".place", has_text="您到时已关").first
    told = late.locator(".state").text_content() or ""
    late.get_by_role("link").tap()
    expect(page.locator(".look__state .state")).to_have_text(told)
    expect(page.locator(".look__state")).to_contain_text("步行")


def test_a_kept_place_is_asked_for_anew_and_says_how_old_it_is(make_phone: MakePhone, road: Road) -> None:
    phone = make_phone()
    page = phone.visit()
    names(page)
    installed(page)
    link = places(page).first.get_by_role("link").get_attribute("href")
    assert link
    phone.later(minutes=60 * 24 * 3)

    def renamed(_request: Request, answer: Answer) -> Answer:
        return replace(answer, body=answer.body.replace("梅江桥户外".encode(), "梅江桥改名".encode()))

    with road.broken(to("/cells/", renamed)):
        cold = phone.visit(link)
        expect(cold.get_by_role("heading", level=1)).to_contain_text("梅江桥改名")
    with road.broken(gone):
        offline = phone.visit(link)
        expect(offline.get_by_text(re.compile("数据截至"))).to_be_visible()


@pytest.mark.parametrize("code", ["8", "8R1", "", "8R1DNJ8R1DNJ", "OOOOOO", "<b>"])
def test_a_code_that_is_none_opens_no_other_place(make_phone: MakePhone, code: str) -> None:
    page = make_phone(at=None).visit(f"/p/{quote(code) or '%20'}")
    expect(page.get_by_role("alert")).to_contain_text("没有找到这个站点")
    page.get_by_role("link", name="看看附近的站点").tap()
    expect(page.get_by_role("button", name=ASK)).to_be_visible()


def test_a_code_in_small_letters_opens_the_place(make_phone: MakePhone) -> None:
    phone = make_phone()
    page = phone.visit()
    names(page)
    link = places(page).first.get_by_role("link").get_attribute("href")
    assert link
    expect(phone.visit(link.lower()).get_by_role("heading", level=1)).to_have_text(BRIDGE)


def test_a_browser_that_neither_shares_nor_copies_shows_the_link(make_phone: MakePhone) -> None:
    phone = make_phone()
    phone.context.add_init_script("delete Navigator.prototype.share; delete Navigator.prototype.clipboard;")
    page = phone.visit()
    names(page)
    places(page).first.get_by_role("link").tap()
    page.get_by_role("button", name="分享").tap()
    expect(page.get_by_role("status").filter(has_text=f"{phone.origin}/p/")).to_be_visible()


# ── going there ──


def _there(address: str) -> Position:
    """The position that a link of a map app names, in the datum of that app."""
    given = dict(parse_qsl(urlsplit(address).query))
    host = urlsplit(address).hostname
    if host == "uri.amap.com":
        lon, lat = given["to"].split(",")[:2]
    elif host == "api.map.baidu.com":
        lat, lon = given["location"].split(",")
    elif host == "apis.map.qq.com":
        lat, lon = given["tocoord"].split(",")
    else:
        lat, lon = urlsplit(address).path.split(",")
    return Position(float(lon), float(lat))


def test_the_links_to_map_apps_name_the_place_in_the_datum_of_each(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    names(page)
    places(page).first.get_by_role("button", name=GO).tap()
    links = page.get_by_role("dialog").get_by_role("link")
    expect(links).to_have_count(4)
    found = {urlsplit(each).hostname or "geo": each for each in links.evaluate_all("all => all.map(each => each.href)")}
    code = (places(page).first.get_by_role("link").get_attribute("href") or "").removeprefix("/p/")
    lon, lat = page.evaluate(f"fetch('/api/v1/sites/{code}').then(found => found.json())")["geometry"]["coordinates"]
    expected = {
        "uri.amap.com": Datum.GCJ02,
        "api.map.baidu.com": Datum.BD09,
        "apis.map.qq.com": Datum.GCJ02,
        "geo": Datum.WGS84,
    }
    assert set(found) == set(expected)
    for host, datum in expected.items():
        assert distance_m(_there(found[host]), from_wgs84(Position(lon, lat), datum)) < 1, host
        assert BRIDGE in unquote(found[host])


def test_two_taps_on_a_first_visit_and_one_later_lead_to_the_map_app(make_phone: MakePhone) -> None:
    phone = make_phone()
    phone.context.route(re.compile("^https://"), lambda route: route.fulfill(body="a map app"))
    page = phone.visit()
    names(page)
    places(page).first.get_by_role("button", name=GO).tap()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="高德地图").tap()
    assert opened.value.url.startswith("https://uri.amap.com/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_popup() as opened:
        places(page).nth(1).get_by_role("button", name=GO).tap()
    assert opened.value.url.startswith("https://uri.amap.com/")


# ── a new version ──


def _released(_request: Request, answer: Answer) -> Answer:
    """The next version: another page, and a worker that keeps it."""
    body = answer.body.replace(b"</head>", b'<meta name="release" content="second"></head>')
    body = re.sub(rb'("revision":")', rb"\1second-", body)
    assert body != answer.body
    return replace(answer, headers=answer.headers | {"ETag": '"second"'}, body=body)


def test_a_new_version_takes_over_by_one_tap_and_never_by_itself(make_phone: MakePhone, road: Road) -> None:
    page = make_phone().visit()
    names(page)
    installed(page)
    second = page.locator('meta[name="release"]')
    with road.broken(lambda request, answer: _released(request, answer) if _is_app(request) else answer):
        page.reload()
        offer = page.get_by_role("button", name="更新")
        expect(offer).to_be_visible()
        expect(second).to_have_count(0)
        offer.tap()
        expect(second).to_have_count(1)
        names(page)
        expect(offer).to_have_count(0)


def test_a_part_that_is_gone_with_its_version_offers_the_new_one(make_phone: MakePhone, road: Road) -> None:
    page = make_phone().visit()
    names(page)
    installed(page)

    def second(request: Request, answer: Answer) -> Answer:
        if request.address.startswith("/assets/MapPage"):
            return replace(answer, status=404)
        return _released(request, answer) if _is_app(request) else answer

    with road.broken(second):
        page.get_by_role("link", name="地图").tap()
        expect(page.get_by_role("button", name="更新")).to_be_visible()


def test_another_tab_goes_on_until_its_rider_opens_it_again(make_phone: MakePhone, road: Road) -> None:
    phone = make_phone()
    other = phone.visit()
    names(other)
    installed(other)
    page = phone.visit()
    names(page)
    second = 'meta[name="release"]'
    with road.broken(lambda request, answer: _released(request, answer) if _is_app(request) else answer):
        page.reload()
        page.get_by_role("button", name="更新").tap()
        expect(page.locator(second)).to_have_count(1)
        again = other.get_by_role("button", name="重新打开")
        expect(again).to_be_visible()
        expect(other.locator(second)).to_have_count(0)
        again.tap()
        expect(other.locator(second)).to_have_count(1)
        expect(again).to_have_count(0)
        kept = "caches.keys().then((names) => names.length)"
        assert other.evaluate(kept) == 1


def _is_app(request: Request) -> bool:
    return urlsplit(request.address).path in {"/", "/index.html", "/sw.js"}


# ── comfort ──

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Mobile Safari/604.1"
WECHAT = ANDROID + " MicroMessenger/8.0.50.2701(0x28003258) WeChat/arm64"
OFFER = """() => {
  const offer = new Event("beforeinstallprompt", { cancelable: true });
  offer.prompt = () => { window.asked = true; };
  dispatchEvent(offer);
  return offer.defaultPrevented;
}"""


@pytest.mark.parametrize(("agent", "words"), [(IPHONE, "添加到主屏幕"), (WECHAT, "在浏览器打开")])
def test_a_hint_suits_the_phone_and_is_read_once(make_phone: MakePhone, agent: str, words: str) -> None:
    page = make_phone(agent=agent).visit()
    names(page)
    hint = page.get_by_text(re.compile(words))
    expect(hint).to_be_visible()
    page.get_by_role("button", name="知道了").tap()
    expect(hint).to_have_count(0)
    page.reload()
    names(page)
    page.wait_for_load_state("networkidle")
    expect(hint).to_have_count(0)


def test_wechat_says_its_way_out_to_who_gets_no_position(make_phone: MakePhone) -> None:
    page = make_phone(at=None, agent=WECHAT).visit()
    _first_visit(page)
    expect(page.get_by_text("在浏览器打开")).to_be_visible()


def test_android_installs_by_one_tap_when_the_rider_wants(make_phone: MakePhone) -> None:
    page = make_phone().visit()
    names(page)
    expect(page.get_by_role("button", name="安装")).to_have_count(0)
    assert page.evaluate(OFFER)
    page.get_by_role("button", name="安装").tap()
    assert page.evaluate("window.asked")
    expect(page.get_by_role("button", name="安装")).to_have_count(0)


def test_pulling_the_list_down_asks_anew(make_phone: MakePhone) -> None:
    phone = make_phone()
    page = phone.visit()
    names(page)
    page.wait_for_load_state("networkidle")
    finger = phone.context.new_cdp_session(page)

    def touch(kind: str, *points: int) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": 180, "y": y} for y in points]})

    touch("touchStart", 200)
    touch("touchMove", 260)
    expect(page.get_by_text("下拉刷新")).to_be_visible()
    touch("touchMove", 420)
    expect(page.get_by_text("松开刷新")).to_be_visible()
    with page.expect_request(re.compile("/cells/")):
        touch("touchEnd")
    expect(page.get_by_text("松开刷新")).to_have_count(0)


def test_a_part_that_cannot_be_fetched_is_told(make_phone: MakePhone, road: Road) -> None:
    phone = make_phone()
    with road.broken(to("Page-", gone)):
        page = phone.visit()
        page.get_by_role("link", name="更多").tap()
        expect(page.get_by_role("alert")).to_contain_text("连上网络后再点一次")
    page.get_by_role("link", name="更多").tap()
    expect(page.get_by_role("switch", name="大字版")).to_be_visible()


# ── privacy ──

TILES = re.compile(r"/api/v1/(?:cells/14|packs/9)/\d+/\d+")
"""The finest that the phone may ask for."""
HARMLESS = re.compile(
    r"/(?:|map|more|privacy|report|[ps]/[0-9A-Z]{6}(?:/[\w-]+)?|index\.html|sw\.js|app\.webmanifest|favicon\.ico|icon[\w.-]*|assets/[\w.-]+)"
    r"|/api/v1/(?:vocabulary|divisions|installation|sites/[0-9A-Z]{6}(?:/alone|/photos|/votes)?|photos/[0-9a-f-]{36}|devices)"
)
NUMBER = re.compile(r"\d{1,3}\.\d{2,}")


def finer_than_a_tile(request: Request) -> list[str]:
    """What of a request could tell where a rider is, closer than a tile does."""
    address = urlsplit(request.address)
    known = (TILES.fullmatch(address.path) or HARMLESS.fullmatch(address.path)) and not address.query
    told = [
        line for line in request.headers.splitlines() if not line.lower().startswith(("user-agent", "accept", "sec-"))
    ]
    texts = (request.address, *told, request.body.decode("utf-8", "replace"))
    numbers = [text for text in texts if NUMBER.search(text.replace("127.0.0.1", ""))]
    return numbers if known else [request.address, *numbers]


def test_no_request_of_a_whole_session_is_finer_than_a_tile(make_phone: MakePhone, road: Road) -> None:
    phone = make_phone()
    page = phone.visit()
    strangers: list[str] = []
    phone.context.on(
        "request",
        lambda request: None if request.url.startswith((road.origin, "data:")) else strangers.append(request.url),
    )
    names(page)
    installed(page)
    page.reload()
    names(page)
    for chip in ("母婴", "喝水", "到时开着"):
        page.get_by_role("button", name=chip).tap()
    page.get_by_role("button", name="母婴").tap()
    page.get_by_role("link", name=BRIDGE).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(BRIDGE)
    page.get_by_role("button", name="返回").tap()
    phone.move(Position(116.1234567, 24.3123456))
    count_from_here(page)
    names(page)
    page.get_by_role("link", name="地图").tap()
    page.locator(".mark").first.click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="更多").tap()
    page.get_by_role("link", name="隐私").tap()
    expect(page.get_by_role("heading", name="位置")).to_be_visible()
    assert len(road.passed) > 10
    assert any(TILES.fullmatch(request.address) for request in road.passed)
    assert [fault for request in road.passed for fault in finer_than_a_tile(request)] == []
    assert strangers == []


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/api/v1/sites/nearest?lon=116.12&lat=24.3", "", b""),
        Request("GET", "/api/v1/cells/15/26949/14079", "", b""),
        Request("GET", "/api/v1/vocabulary?at=116", "", b""),
        Request("GET", "/", "Referer: /?lon=116.1234", b""),
        Request("POST", "/api/v1/vocabulary", "", b'{"lon": 116.1234}'),
    ],
    ids=lambda request: request.address,
)
def test_a_request_that_tells_more_is_seen(request_: Request) -> None:
    assert finer_than_a_tile(request_)

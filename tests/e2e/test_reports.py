"""Door truth from end to end: phones at a place say that it is shut, staff answer, and reporters have the last word."""

import datetime as dt
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import Connection, text

import people
from e2e.conftest import MEIJIANG, serving
from e2e.test_access import SMALL, looks, violations, violations_in_every_look
from e2e.test_finder import finer_than_a_tile
from installation import Installation
from phone import SIZE, Phone, names, phone_on
from road import Answer, Request, Road, gone, to
from xiejiao import database
from xiejiao.cluster import Role as DatabaseRole
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Role
from xiejiao.sites import commands as sites
from xiejiao.sites import queries as places
from xiejiao.sites.commands import Deed
from xiejiao.sites.rules import Access, Mode, Site
from xiejiao.upkeep import commands, rules

pytestmark = pytest.mark.db

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
UNION = "cn.guangdong.meizhou"
REPORT = "反映问题"
SHUT = "有人反映关着"
WITHIN_MS = 60_000
"""So long it may take until other phones see it."""


def now() -> dt.datetime:
    """The true time: the server of this file goes by no other."""
    return dt.datetime.now(dt.UTC)


@contextmanager
def owner(there: Installation) -> Iterator[Connection]:
    """A transaction of the owner."""
    with database.connected(there.private.url(DatabaseRole.OWNER)) as connection, connection.begin():
        yield connection


def at_the_bridge(there: Installation) -> UUID:
    """The place that is nearest to where the phones are."""
    _, answer = there.get(f"/api/v1/sites/nearest?lon={MEIJIANG.lon}&lat={MEIJIANG.lat}&limit=1")
    return UUID(answer["features"][0]["id"])


@pytest.fixture(scope="module")
def there() -> Iterator[Installation]:
    """An installation behind one proxy, which tells it the networks of the phones; the bridge there is always open."""
    with serving(TRUSTED_PROXIES="1") as found:
        with owner(found) as connection:
            site = places.one(connection, at_the_bridge(found))
            ways = [Access(Mode.OPEN_DOOR, "24/7")]
            sites.set_access(connection, UUID(site.id), ways, version=site.version, deed=Deed("test", now()))
        yield found


@pytest.fixture
def road_there(there: Installation) -> Iterator[Road]:
    """The road to it; answers tell the true time."""
    with Road(there.origin).open() as found:
        yield found


@pytest.fixture
def bridge(there: Installation) -> Site:
    """The place at the bridge, of which nothing was said."""
    identity, deed = at_the_bridge(there), Deed("test", now())
    with owner(there) as connection:
        for table in ("vote", "task", "quota"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of our own tables
        sites.set_conflicting(connection, identity, None, deed=deed)
        return places.one(connection, identity)


@pytest.fixture
def poster(there: Installation, bridge: Site) -> str:
    """The path that the code on the poster of the place leads to."""
    with owner(there) as connection:
        key = commands.new_poster_key(connection, UUID(bridge.id), deed=Deed("test", now()), draw=os.urandom)
    return f"/s/{bridge.code}/{key}"


MakePhone = Callable[..., Phone]


@pytest.fixture
def make_there(browser: Browser, road_there: Road) -> Iterator[MakePhone]:
    """Phones there, each on a network of its own."""
    made: list[Phone] = []

    def make(*, size: ViewportSize = SIZE, touch: bool = True) -> Phone:
        phone = phone_on(browser, road_there.origin, at=MEIJIANG, clock=None, size=size, touch=touch)
        phone.context.set_extra_http_headers({"X-Forwarded-For": f"2001:db8:{len(made) + 1}::7"})
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.context.close()


@pytest.fixture
def signed_in(there: Installation, road_there: Road) -> Callable[[Phone], Phone]:
    """Signs staff of the union in on a phone."""

    def sign_in(phone: Phone) -> Phone:
        with database.connected(there.private.url(DatabaseRole.APP)) as connection, connection.begin():
            union = organisations.ids(connection, [UNION])[UNION]
            name = f"staff.{os.urandom(4).hex()}"
            account = people.staff(
                connection, name, Role.ORGANISATION_ADMIN, now=now(), draw=os.urandom, organisation=union
            )
            token = people.signed_in(connection, account, now=now(), draw=os.urandom)
        phone.context.add_cookies([{"name": "xiejiao", "value": token, "url": road_there.origin}])
        return phone

    return sign_in


def ripen(there: Installation) -> None:
    """Let all tokens be old enough to count."""
    with owner(there) as connection:
        connection.execute(text("UPDATE device SET issued_at = issued_at - :age"), {"age": rules.GROWN_AFTER})


def has_token(page: Page) -> None:
    """Wait until the phone was given its token, behind the page of the place."""
    page.wait_for_function(
        """() => new Promise((done) => { const asked = indexedDB.open("xiejiao", 1); asked.onsuccess = () => {
          const found = asked.result.transaction("documents").objectStore("documents").get("device");
          found.onsuccess = () => { asked.result.close(); done(found.result !== undefined); }; }; })"""
    )


def say(page: Page, what: str) -> None:
    """Report something of the place whose page is open."""
    page.get_by_role("link", name=REPORT).click()
    page.get_by_role("dialog").get_by_role("button", name=what, exact=True).click()


def votes(road: Road) -> list[dict[str, object]]:
    """The votes that passed."""
    return [json.loads(request.body) for request in road.passed if request.address.endswith("/votes")]


# ── the poster ──


def test_the_posters_code_opens_the_page_and_its_key_leaves_the_address(
    make_there: MakePhone, bridge: Site, poster: str
) -> None:
    phone = make_there()
    page = phone.visit(poster)
    expect(page.get_by_role("heading", level=1)).to_have_text(bridge.name)
    assert page.url == f"{phone.origin}/p/{bridge.code}"
    key = poster.rpartition("/")[2]
    assert key not in page.evaluate("JSON.stringify(history.state) + document.documentElement.outerHTML")
    assert phone.complaints == []


@pytest.mark.parametrize("tail", ["", "/AAAAAAAAAAA"], ids=["none", "replaced long ago"])
def test_a_poster_without_a_present_key_opens_the_page_too(make_there: MakePhone, bridge: Site, tail: str) -> None:
    page = make_there().visit(f"/s/{bridge.code}{tail}")
    expect(page.get_by_role("heading", level=1)).to_have_text(bridge.name)


def test_the_key_goes_with_votes_of_its_place_alone(make_there: MakePhone, road_there: Road, poster: str) -> None:
    page = make_there().visit(poster)
    has_token(page)
    say(page, "开着")
    expect(page.get_by_role("status").get_by_text("收到")).to_be_visible()
    elsewhere = make_there()
    page = elsewhere.visit(poster)
    names(elsewhere.visit())
    elsewhere.page.locator(".place__look").nth(1).click()
    say(elsewhere.page, "开着")
    expect(elsewhere.page.get_by_role("status").get_by_text("收到")).to_be_visible()
    assert [vote["key"] for vote in votes(road_there)] == [poster.rpartition("/")[2], None]


# ── the whole story ──


def test_two_say_shut_staff_answer_and_the_reporter_says_not_right(
    there: Installation,
    make_there: MakePhone,
    signed_in: Callable[[Phone], Phone],
    bridge: Site,
    poster: str,
) -> None:
    first, second, third = make_there(), make_there(), make_there()
    for phone, path in ((first, poster), (second, f"/p/{bridge.code}")):
        has_token(phone.visit(path))
    names(third.visit())
    ripen(there)
    say(first.page, "关着")
    expect(first.page.get_by_text("再有一个人这样说")).to_be_visible()
    first.page.get_by_role("link", name="看看处理得怎样").click()
    expect(first.page.get_by_text("已收到")).to_be_visible()
    report = first.page.url
    assert re.fullmatch(r".*/report#[\w-]{30,}", report)
    # One vote alone changes nothing.
    assert there.get(f"/api/v1/sites/{bridge.code}")[1]["properties"]["conflicting_since"] is None
    say(second.page, "关着")
    expect(second.page.get_by_text("收到，谢谢")).to_be_visible()
    _until(third.page, lambda: expect(third.page.locator(".place", has_text=bridge.name)).to_contain_text(SHUT))

    desk = signed_in(make_there(size=DESKTOP, touch=False)).visit("/staff")
    expect(desk.locator("tbody tr").first).to_contain_text(bridge.name)
    expect(desk.get_by_role("button", name="有任务 1")).to_be_visible()
    desk.get_by_role("button", name=bridge.name).click()
    desk.get_by_role("button", name="答复并办结").click()
    expect(desk.get_by_text("请写明处理情况")).to_be_visible()
    desk.get_by_role("textbox", name="答复").fill("<b>已</b>开门\n谢谢")
    desk.get_by_role("button", name="答复并办结").click()
    expect(desk.get_by_text("已办结")).to_be_visible()

    first.page.reload()
    expect(first.page.get_by_text("<b>已</b>开门 谢谢")).to_be_visible()
    first.page.get_by_role("button", name="还是不对").click()
    expect(first.page.locator(".state", has_text="又提出来了")).to_be_visible()
    # The link alone will do, on any phone.
    page = make_there().visit(report.removeprefix(first.origin))
    expect(page.locator(".state", has_text="又提出来了")).to_be_visible()
    expect(page.get_by_role("button", name="还是不对")).to_have_count(0)

    desk.reload()
    expect(desk.locator("tbody tr").first).to_contain_text("又提出 1")
    desk.get_by_role("button", name=bridge.name).click()
    expect(desk.get_by_text("反映人说还是不对 1 次")).to_be_visible()
    expect(desk.get_by_text("上次的答复：<b>已</b>开门 谢谢")).to_be_visible()


def _until(page: Page, holds: Callable[[], None]) -> None:
    until = now() + dt.timedelta(milliseconds=WITHIN_MS)
    while True:
        try:
            holds()
        except AssertionError:
            if now() > until:
                raise
            page.reload()
        else:
            return


# ── what does not arrive ──


def test_without_a_network_it_waits_and_goes_out_by_itself_once(
    make_there: MakePhone, road_there: Road, there: Installation, bridge: Site
) -> None:
    page = make_there().visit(f"/p/{bridge.code}")
    has_token(page)
    # The server takes it, and its answer is lost: sent again, it is the same vote.
    with road_there.broken(to(f"{bridge.code}/votes", gone)):
        say(page, "关着")
        expect(page.get_by_text("已存在手机里")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.get_by_role("link", name="我的反映").click()
    expect(page.get_by_text("已发出")).to_be_visible()
    assert len(votes(road_there)) >= 2
    with owner(there) as connection:
        assert connection.scalar(text("SELECT count(*) FROM vote")) == 1


def test_what_comes_too_late_is_not_sent_and_says_so(make_there: MakePhone, road_there: Road, bridge: Site) -> None:
    phone = make_there()
    page = phone.visit(f"/p/{bridge.code}")
    has_token(page)
    with road_there.broken(to(f"{bridge.code}/votes", gone)):
        say(page, "关着")
        expect(page.get_by_text("已存在手机里")).to_be_visible()
    sent = len(votes(road_there))
    phone.context.clock.set_fixed_time(now() + dt.timedelta(minutes=16))
    page.evaluate("dispatchEvent(new Event('online'))")
    page.get_by_role("link", name="我的反映").click()
    expect(page.get_by_text("太晚才连上网")).to_be_visible()
    assert len(votes(road_there)) == sent


def test_who_was_at_another_place_a_moment_ago_is_told_how_long_to_wait(make_there: MakePhone, bridge: Site) -> None:
    phone = make_there()
    page = phone.visit(f"/p/{bridge.code}")
    say(page, "开着")
    expect(page.get_by_text("收到，谢谢")).to_be_visible()
    names(phone.visit())
    phone.page.locator(".place__look").nth(1).click()
    say(phone.page, "关着")
    expect(phone.page.get_by_role("alert")).to_contain_text(re.compile(r"请过 10 分钟再试"))


@pytest.mark.parametrize("token", ["x", "A" * 43, "%3Cimg%3E"])
def test_a_link_that_leads_nowhere_says_so(make_there: MakePhone, token: str) -> None:
    page = make_there().visit(f"/report#{token}")
    expect(page.get_by_role("alert")).to_contain_text("没有找到这条反映")


# ── what a vote tells ──


def test_a_vote_says_near_and_not_where(make_there: MakePhone, road_there: Road, bridge: Site, poster: str) -> None:
    phone = make_there()
    names(phone.visit())
    phone.page.goto(phone.origin + poster)
    has_token(phone.page)
    # As found by the phone when the list was asked for; on the page of a place alone it is never asked.
    names(phone.visit())
    phone.page.get_by_role("link", name=bridge.name).click()
    say(phone.page, "东西坏了")
    phone.page.get_by_role("dialog").get_by_role("button", name="微波炉").click()
    expect(phone.page.get_by_text("收到，谢谢")).to_be_visible()
    (vote,) = votes(road_there)
    assert vote.keys() == {"says", "amenity", "device", "key", "near"}
    assert (vote["says"], vote["amenity"], vote["near"]) == ("broken", "microwave", True)
    assert [fault for request in road_there.passed for fault in finer_than_a_tile(request)] == []


def test_a_vote_that_told_where_would_be_seen() -> None:
    body = b'{"says": "shut", "device": "x", "near": 116.1234}'
    assert finer_than_a_tile(Request("POST", "/api/v1/sites/8R1DNJ/votes", "", body))


def test_photos_stand_on_the_page_and_it_stands_without_them(
    make_there: MakePhone, road_there: Road, bridge: Site
) -> None:
    photo = {"id": str(UUID(int=1)), "width": 900, "height": 600, "added_at": "2026-11-20T12:00:00+08:00"}

    def with_one(_request: Request, _answer: Answer) -> Answer:
        return Answer(200, {"Content-Type": "application/json"}, json.dumps({"photos": [photo]}).encode())

    with road_there.broken(to(f"/sites/{bridge.code}/photos", with_one)):
        page = make_there().visit(f"/p/{bridge.code}")
        expect(page.get_by_role("img", name=f"{bridge.name}，第 1 张照片")).to_have_count(1)
    with road_there.broken(to("/photos", gone)):
        page = make_there().visit(f"/p/{bridge.code}")
        expect(page.locator("main table")).to_be_visible()
        expect(page.get_by_role("heading", name="照片")).to_have_count(0)


# ── staff ──


def test_staff_work_by_keyboard(make_there: MakePhone, signed_in: Callable[[Phone], Phone], bridge: Site) -> None:
    page = signed_in(make_there(size=DESKTOP, touch=False)).visit("/staff")
    expect(page.locator("tbody tr").nth(2)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(bridge.name[:3])
    expect(page.locator("tbody tr").first).to_contain_text(bridge.name)
    page.get_by_role("searchbox").fill("")
    expect(page.locator("tbody tr").nth(2)).to_be_visible()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("ArrowDown")
    expect(page.locator("tbody button").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("document.activeElement.innerText")
    assert chosen == page.locator("tbody button").nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_have_text(chosen)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_is_not_staff_is_led_to_signing_in(make_there: MakePhone) -> None:
    page = make_there().visit("/staff")
    page.wait_for_url("**/sign-in?to=/staff")


# ── every state reads for everybody ──


def _reads_for_everybody(page: Page) -> None:
    for look in looks(page):
        assert (look, violations(page), page.evaluate(SMALL)) == (look, [], [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look


def _reads_on_a_desk(page: Page) -> None:
    assert violations_in_every_look(page) == []


def test_every_state_of_reporting_reads_for_everybody(make_there: MakePhone, bridge: Site) -> None:
    page = make_there().visit(f"/p/{bridge.code}/report")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".saying__choice").nth(3)).to_be_visible()
    _reads_for_everybody(page)
    dialog.locator(".saying__choice").nth(2).click()
    expect(dialog.locator(".saying__amenity").first).to_be_visible()
    _reads_for_everybody(page)
    dialog.get_by_role("button").last.click()
    dialog.locator(".saying__choice").nth(1).click()
    expect(dialog.locator(".saying__thanks")).to_be_visible()
    _reads_for_everybody(page)
    dialog.get_by_role("link").click()
    expect(page.locator(".reported .state")).to_be_visible()
    _reads_for_everybody(page)
    page.locator(".reports__all").click()
    expect(page.locator(".reports__one")).to_be_visible()
    _reads_for_everybody(page)


@pytest.mark.parametrize("on", ["phone", "desk"])
def test_the_staffs_table_reads_for_everybody(
    there: Installation, make_there: MakePhone, signed_in: Callable[[Phone], Phone], bridge: Site, on: str
) -> None:
    with owner(there) as connection:
        connection.execute(
            text("INSERT INTO task (site_id, says, opened_at, due_on) VALUES (:site, 'shut', :then, :then)"),
            {"site": bridge.id, "then": now() - dt.timedelta(days=9)},
        )
    # On a desk rows are as low as a mouse needs them.
    reads, phone = (
        (_reads_for_everybody, make_there())
        if on == "phone"
        else (_reads_on_a_desk, make_there(size=DESKTOP, touch=False))
    )
    page = signed_in(phone).visit("/staff")
    opener = page.locator(".sites__open, .kept__one").first
    expect(opener).to_be_visible()
    reads(page)
    opener.click()
    expect(page.locator(".task textarea")).to_be_visible()
    reads(page)

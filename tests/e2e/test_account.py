"""Signing in and out as people do it: riders by a code, staff by name and proofs, and what the phone keeps of them."""

import datetime as dt
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import MakePhone
from e2e.test_access import SMALL, looks, violations_in_every_look
from installation import Installation
from phone import Phone
from road import Road, failing, gone, slow, to
from xiejiao import database, seeding
from xiejiao.cluster import Role as Database
from xiejiao.roles import Role

pytestmark = pytest.mark.db

WITHIN_S = 20.0
"""Within which a message is on its way."""
COOKIE = "xiejiao"
NEW_PASSWORD = "seven stations by the bridge"  # noqa: S105 - of nobody
_numbers = iter(range(13_900_000_000, 13_900_000_500))
_names = iter(f"e2e.{at}" for at in range(500))


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff who was just added."""

    name: str
    password: str


@pytest.fixture
def number() -> str:
    """A mobile number that nobody has used here."""
    return str(next(_numbers))


@pytest.fixture
def make_staff(installation: Installation) -> Callable[..., Staff]:
    """Members of staff, added by the operator."""

    def make(role: Role = Role.SYSTEM_ADMIN) -> Staff:
        name = next(_names)
        with database.connected(installation.private.url(Database.OWNER)) as connection, connection.begin():
            when = dt.datetime.now(dt.UTC)
            password = seeding.add_staff(
                connection, name, role, organisation=None, site=None, when=when, draw=os.urandom
            )
        return Staff(name, password)

    return make


@pytest.fixture
def phone(make_phone: MakePhone) -> Phone:
    """A phone whose clock is right: codes of an authenticator depend on it, and nothing here on the hours of places."""
    return make_phone(at=None, clock=None)


def said(installation: Installation, pattern: str, *, after: int = 0) -> str:
    """What the installation says at the terminal in the words of `pattern`; `after` so many earlier ones."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        found: list[str] = re.findall(pattern, installation.said(), re.MULTILINE)
        if len(found) > after:
            return found[-1]
        time.sleep(0.1)
    pytest.fail("it was not said in time")


def code_sent(installation: Installation, number: str, *, after: int = 0) -> str:
    """The code in the message to `number`; `after` so many earlier ones."""
    # The terminal shows the last four digits alone.
    return said(installation, rf"^SMS to \S*{number[-4:]}: \D*(\d{{6}})", after=after)


def ask_for_code(page: Page, number: str) -> None:
    """Type the number and ask for a code."""
    page.get_by_label("手机号").fill(number)
    page.get_by_role("button", name="获取验证码").tap()
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()


def enter(page: Page, code: str) -> None:
    """Give the code."""
    page.get_by_label("验证码", exact=True).fill(code)
    page.get_by_role("button", name="登录", exact=True).tap()


def sign_in(phone: Phone, installation: Installation, number: str, path: str = "/sign-in") -> Page:
    """A page of the app on which the owner of `number` has just signed in."""
    page = phone.visit(path)
    ask_for_code(page, number)
    enter(page, code_sent(installation, number))
    return page


def me(page: Page) -> None:
    """Wait until one's own account is shown."""
    expect(page.get_by_role("heading", name="登录着的设备")).to_be_visible()


def to_staff(phone: Phone, staff: Staff, *, code: str = "", path: str = "/sign-in") -> Page:
    """A page on which a member of staff has sent name, password and code."""
    page = phone.visit(path)
    page.get_by_role("button", name="工会 / 站点工作人员登录").tap()
    page.get_by_label("用户名").fill(staff.name)
    page.get_by_label("密码", exact=True).fill(staff.password)
    page.get_by_label("动态码").fill(code)
    page.get_by_role("button", name="登录", exact=True).tap()
    return page


def take_password(page: Page) -> None:
    """The first of the first steps."""
    page.get_by_label("新密码").fill(NEW_PASSWORD)
    page.get_by_role("button", name="保存密码").tap()
    expect(page.locator(".qr")).to_be_visible()


def take_authenticator(page: Page) -> list[str]:
    """The second; the recovery codes."""
    secret = "".join(page.locator(".secret__groups span").all_inner_texts())
    page.get_by_label("应用显示的 6 位数字").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="绑定").tap()
    expect(page.locator(".recovery li")).to_have_count(10)
    return page.locator(".recovery li").all_inner_texts()


def settle(phone: Phone, staff: Staff) -> tuple[Page, list[str]]:
    """A member of staff who has taken all first steps, on their own page; with the recovery codes."""
    page = to_staff(phone, staff)
    take_password(page)
    codes = take_authenticator(page)
    page.get_by_role("button", name="已保存好").tap()
    me(page)
    return page, codes


def kept(page: Page) -> str:
    """All that the phone keeps where scripts can read it: storage, caches, and the address."""
    stored: str = page.evaluate("""async () => {
      const database = await new Promise((done) => {
        const opening = indexedDB.open("xiejiao");
        opening.onsuccess = () => done(opening.result);
      });
      const documents = await new Promise((done) => {
        const reading = database.transaction("documents").objectStore("documents").getAllKeys();
        reading.onsuccess = () => done(reading.result);
      });
      const cached = [];
      for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys()) cached.push(request.url);
      return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, documents, cached, location.href]);
    }""")
    return stored


# ── riders ──


def test_a_rider_signs_in_by_a_code_and_out_again(phone: Phone, installation: Installation, number: str) -> None:
    page = phone.visit("/more")
    page.get_by_role("link", name="登录").tap()
    ask_for_code(page, f"+86 {number[:3]}-{number[3:7]}-{number[7:]}")
    expect(page.get_by_role("button", name="秒后可重发")).to_be_disabled()
    enter(page, code_sent(installation, number))
    expect(page).to_have_url(re.compile("/me$"))
    expect(page.get_by_role("heading", name=f"{number[:3]}****{number[-4:]}")).to_be_visible()
    expect(page.get_by_text("这台", exact=True)).to_have_count(1)
    page.goto(f"{phone.origin}/more")
    page.get_by_role("link", name="我的账户").tap()
    page.get_by_role("button", name="退出登录").tap()
    expect(page.get_by_label("手机号")).to_be_visible()
    page.goto(f"{phone.origin}/more")
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()


def test_a_wrong_code_is_said_at_its_field_and_what_was_typed_stays(
    phone: Phone, installation: Installation, number: str
) -> None:
    page = phone.visit("/sign-in")
    page.get_by_role("button", name="获取验证码").tap()
    expect(page.get_by_label("手机号")).to_have_accessible_description("请填写")
    page.get_by_label("手机号").fill("12345")
    page.get_by_role("button", name="获取验证码").tap()
    expect(page.get_by_label("手机号")).to_have_accessible_description("应为 11 位手机号")
    ask_for_code(page, number)
    right = code_sent(installation, number)
    enter(page, f"{(int(right) + 1) % 1_000_000:06}")
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()
    expect(page.get_by_label("验证码", exact=True)).to_have_accessible_description(re.compile("不对，或已失效"))
    expect(page.get_by_label("手机号")).to_have_value(number)
    enter(page, right)
    me(page)


def test_who_asks_again_at_once_may_use_the_code_that_came(
    phone: Phone, installation: Installation, number: str
) -> None:
    ask_for_code(phone.visit("/sign-in"), number)
    code = code_sent(installation, number)
    page = phone.visit("/sign-in")
    ask_for_code(page, number)
    expect(page.get_by_text("刚才已经发过验证码")).to_be_visible()
    enter(page, code)
    me(page)


def test_without_network_signing_in_says_so_and_goes_on_afterwards(
    phone: Phone, installation: Installation, road: Road, number: str
) -> None:
    page = phone.visit("/sign-in")
    page.get_by_label("手机号").fill(number)
    with road.broken(to("/api/", gone)):
        page.get_by_role("button", name="获取验证码").tap()
        expect(page.get_by_role("alert")).to_contain_text("要联网")
    ask_for_code(page, number)
    code = code_sent(installation, number)
    # The sign-in goes through, and the network fails before the phone knows who that is: the code is used up.
    with road.broken(to("/api/v1/me", gone)):
        enter(page, code)
        expect(page.get_by_role("alert")).to_contain_text("要联网")
    page.get_by_role("button", name="再试一次").tap()
    me(page)


def test_faults_are_told_in_the_language_of_the_app(make_phone: MakePhone) -> None:
    page = make_phone(at=None, clock=None, chosen={"language": "en"}).visit("/sign-in")
    page.get_by_label("Mobile number").fill("12345")
    page.get_by_role("button", name="Send me a code").tap()
    expect(page.get_by_label("Mobile number")).to_have_accessible_description(re.compile("must be a mobile number"))


# ── where signing in leads ──


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example/", "/%5Cevil.example/", "/.//evil.example/", "javascript:alert(1)"],
)
def test_signing_in_leads_nowhere_but_here(phone: Phone, installation: Installation, number: str, wanted: str) -> None:
    page = sign_in(phone, installation, number, f"/sign-in?to={wanted}")
    me(page)
    assert page.url == f"{phone.origin}/me"


def test_signing_in_leads_back_to_where_one_came_from(phone: Phone, installation: Installation, number: str) -> None:
    page = sign_in(phone, installation, number, "/sign-in?to=/privacy")
    expect(page).to_have_url(f"{phone.origin}/privacy")


def test_one_s_own_page_asks_to_sign_in_first(phone: Phone, installation: Installation, number: str) -> None:
    page = sign_in(phone, installation, number, "/me")
    expect(page).to_have_url(f"{phone.origin}/me")


def test_a_link_for_demonstration_signs_in_once_and_leaves_the_address(
    phone: Phone, installation: Installation
) -> None:
    link = said(installation, r"as a rider, once: \S+/sign-in#once=(\S+)")
    page = phone.visit(f"/sign-in#once={link}")
    me(page)
    assert link not in kept(page)
    assert link not in json.dumps(page.evaluate("history.state"))
    again = phone.visit("/sign-in")
    me(again)
    again.get_by_role("button", name="退出登录").tap()
    expect(again.get_by_label("手机号")).to_be_visible()
    again.goto(f"{phone.origin}/sign-in#once={link}")
    expect(again.get_by_role("alert")).to_contain_text("已经用过")
    expect(again.get_by_label("手机号")).to_be_visible()


# ── staff ──


def test_staff_take_their_first_steps(phone: Phone, make_staff: Callable[..., Staff]) -> None:
    staff = make_staff()
    page = to_staff(phone, staff)
    expect(page.get_by_text("10 到 128 个字符")).to_be_visible()
    page.get_by_label("新密码").fill("aaa")
    page.get_by_role("button", name="保存密码").tap()
    expect(page.get_by_label("新密码")).to_have_accessible_description("10 到 128 个字符 重复的字符太多")
    take_password(page)
    # Whoever stops half way goes on there.
    page.goto(f"{phone.origin}/me")
    expect(page.locator(".qr")).to_be_visible()
    assert page.get_by_role("link", name="应用就在本机").get_attribute("href").startswith("otpauth://totp/")  # type: ignore[union-attr]
    page.get_by_label("应用显示的 6 位数字").fill("000000")
    page.get_by_role("button", name="绑定").tap()
    expect(page.get_by_label("应用显示的 6 位数字")).to_be_focused()
    codes = take_authenticator(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="存为文件").tap()
    assert saved.value.path().read_text("utf-8").split() == codes
    page.get_by_role("button", name="已保存好").tap()
    me(page)
    expect(page.get_by_role("heading", name=staff.name)).to_be_visible()
    expect(page.get_by_text("系统管理员")).to_be_visible()
    assert not any(code in kept(page) for code in codes)


def test_a_recovery_code_signs_in_once(phone: Phone, make_staff: Callable[..., Staff]) -> None:
    staff = make_staff()
    page, codes = settle(phone, staff)
    page.get_by_role("button", name="退出登录").tap()
    known = Staff(staff.name, NEW_PASSWORD)
    page = to_staff(phone, known)
    expect(page.get_by_role("alert")).to_contain_text("用户名、密码或动态码不对")
    page = to_staff(phone, known, code=codes[3].lower())
    me(page)
    page.get_by_role("button", name="退出登录").tap()
    page = to_staff(phone, known, code=codes[3])
    expect(page.get_by_role("alert")).to_contain_text("用户名、密码或动态码不对")


def test_an_account_is_added_and_given_a_role_that_is_taken_back(
    phone: Phone, make_staff: Callable[..., Staff]
) -> None:
    page, _ = settle(phone, make_staff())
    page.get_by_role("link", name="角色与授权").tap()
    name = next(_names)
    page.get_by_role("button", name="新建工作人员账户").tap()
    page.get_by_label("新账户的用户名").fill(name)
    page.get_by_role("button", name="新建", exact=True).tap()
    password = page.locator(".first-password")
    expect(password).to_have_text(re.compile(r"^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$"))
    page.get_by_role("button", name="给这个账户授予角色").tap()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_label("用户名")).to_have_value(name)
    sheet.get_by_role("button", name="授予角色").tap()
    expect(sheet.get_by_role("searchbox")).to_have_accessible_description(re.compile("请选一个"))
    sheet.get_by_role("searchbox").fill("梅江桥")
    sheet.get_by_role("radio", name=re.compile("梅江桥")).first.check()
    sheet.get_by_role("button", name="授予角色").tap()
    card = page.locator(".granted", has_text=name)
    expect(card).to_contain_text("站点管理员")
    expect(card).to_contain_text("梅江桥")
    card.get_by_role("button", name="收回").tap()
    expect(sheet).to_contain_text(name)
    sheet.get_by_role("button", name="不收回").tap()
    expect(card).to_have_count(1)
    card.get_by_role("button", name="收回").tap()
    sheet.get_by_role("button", name="收回", exact=True).tap()
    expect(card).to_have_count(0)


def test_an_administrator_waits_for_a_second_person(make_phone: MakePhone, make_staff: Callable[..., Staff]) -> None:
    giver, other = make_phone(at=None, clock=None), make_phone(at=None, clock=None)
    page, _ = settle(giver, make_staff())
    second, _ = settle(other, make_staff())
    page.get_by_role("link", name="角色与授权").tap()
    name = make_staff(Role.AUDITOR).name
    page.get_by_role("button", name="授予角色").tap()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("用户名").fill(name)
    sheet.get_by_text("系统管理员", exact=True).tap()
    sheet.get_by_role("button", name="授予角色").tap()
    card = page.locator(".granted", has_text=name).filter(has_text="系统管理员")
    expect(card).to_contain_text("要由另一位管理员同意")
    expect(card.get_by_role("button", name="同意")).to_have_count(0)
    second.get_by_role("link", name="角色与授权").tap()
    theirs = second.locator(".granted", has_text=name).filter(has_text="系统管理员")
    theirs.get_by_role("button", name="同意").tap()
    expect(theirs.get_by_role("button", name="同意")).to_have_count(0)
    expect(theirs).to_have_count(1)


# ── what is kept, and what goes ──


def test_signing_out_wipes_the_phone_in_every_tab_and_a_replayed_cookie_opens_nothing(
    phone: Phone, installation: Installation, number: str
) -> None:
    page = sign_in(phone, installation, number)
    me(page)
    # Something of their own that waits on this phone, under the mark of this sign-in, as an outbox would keep it.
    page.evaluate("""() => new Promise((done) => {
      const opening = indexedDB.open("xiejiao");
      opening.onsuccess = () => {
        const transaction = opening.result.transaction("documents", "readwrite");
        const key = `own/${localStorage.getItem("xiejiao.signed-in")}/outbox`;
        transaction.objectStore("documents").put({ document: ["mine"], at: 0 }, key);
        transaction.oncomplete = () => { opening.result.close(); done(); };
      };
    })""")
    assert "own/" in kept(page)
    assert number not in kept(page)
    assert number[-4:] not in kept(page)
    cookie = next(each for each in phone.context.cookies() if each["name"] == COOKIE)
    assert cookie["httpOnly"]
    other = phone.visit("/me")
    me(other)
    page.get_by_role("button", name="退出登录").tap()
    expect(page.get_by_label("手机号")).to_be_visible()
    expect(other.get_by_label("手机号")).to_be_visible()
    expect(other.get_by_text("****")).to_have_count(0)
    assert "own/" not in kept(page)
    assert [each for each in phone.context.cookies() if each["name"] == COOKIE] == []
    phone.context.add_cookies([{"name": COOKIE, "value": cookie["value"], "url": phone.origin}])
    assert page.request.get(f"{phone.origin}/api/v1/me").status == 401
    page.goto(f"{phone.origin}/me")
    expect(page.get_by_label("手机号")).to_be_visible()


def test_another_device_is_ended_from_here(make_phone: MakePhone, installation: Installation, number: str) -> None:
    first, second = make_phone(at=None, clock=None), make_phone(at=None, clock=None, agent="Firefox iPhone")
    there = sign_in(first, installation, number)
    me(there)
    # Another code within the same minute is not sent.
    _let_a_minute_pass(installation)
    here = second.visit("/sign-in")
    ask_for_code(here, number)
    enter(here, code_sent(installation, number, after=1))
    me(here)
    expect(here.get_by_text("Chrome, Android").first).to_be_visible()
    here.get_by_role("button", name="退出 Chrome, Android").tap()
    expect(here.get_by_text("Chrome, Android")).to_have_count(0)
    there.reload()
    expect(there.get_by_label("手机号")).to_be_visible()
    there.goto(f"{first.origin}/more")
    expect(there.get_by_role("link", name="登录", exact=True)).to_be_visible()


def _let_a_minute_pass(installation: Installation) -> None:
    """Forget what was counted of the present minute."""
    with database.connected(installation.private.url(Database.OWNER)) as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM quota WHERE purpose = 'codes to a phone in a minute'")


def test_signing_out_is_not_said_before_it_is_done(
    phone: Phone, installation: Installation, road: Road, number: str
) -> None:
    page = sign_in(phone, installation, number)
    me(page)
    with road.broken(to("/api/", gone)):
        page.get_by_role("button", name="退出登录").tap()
        expect(page.get_by_role("alert")).to_contain_text("要联网")
    expect(page.get_by_role("heading", name="登录着的设备")).to_be_visible()
    page.get_by_role("button", name="退出登录").tap()
    expect(page.get_by_label("手机号")).to_be_visible()


def test_nothing_personal_is_said_at_the_console(phone: Phone, installation: Installation, number: str) -> None:
    page = sign_in(phone, installation, number)
    me(page)
    assert number not in "".join(phone.complaints)


# ── for everybody ──


def _riders(phone: Phone, _road: Road, _staff: Staff) -> Page:
    page = phone.visit("/sign-in")
    page.locator(".button--first").click()
    expect(page.locator("[aria-invalid]")).to_be_visible()
    return page


def _officers(phone: Phone, _road: Road, _staff: Staff) -> Page:
    page = phone.visit("/sign-in")
    page.locator(".entry__switch").click()
    expect(page.locator("input")).to_have_count(3)
    return page


def _refused(phone: Phone, road: Road, _staff: Staff) -> Page:
    page = phone.visit("/sign-in")
    page.locator("input").fill("13900000999")
    with road.broken(to("/api/", failing(503))):
        page.locator(".button--first").click()
        expect(page.get_by_role("alert")).to_be_visible()
    return page


def _arrived(phone: Phone, _road: Road, staff: Staff) -> Page:
    page = phone.visit("/sign-in")
    page.locator(".entry__switch").click()
    for field, typed in zip(page.locator("input").all(), (staff.name, staff.password), strict=False):
        field.fill(typed)
    page.locator(".button--first").click()
    expect(page.locator("[autocomplete=new-password]")).to_be_visible()
    return page


def _authenticating(phone: Phone, road: Road, staff: Staff) -> Page:
    page = _arrived(phone, road, staff)
    page.locator("[autocomplete=new-password]").fill(NEW_PASSWORD)
    page.locator(".button--first").click()
    expect(page.locator(".qr")).to_be_visible()
    return page


def _recovering(phone: Phone, road: Road, staff: Staff) -> Page:
    page = _authenticating(phone, road, staff)
    secret = "".join(page.locator(".secret__groups span").all_inner_texts())
    page.locator("[autocomplete=one-time-code]").fill(pyotp.TOTP(secret).now())
    page.locator(".button--first").click()
    expect(page.locator(".recovery li")).to_have_count(10)
    return page


def _own(phone: Phone, road: Road, staff: Staff) -> Page:
    page = _recovering(phone, road, staff)
    page.locator(".button--first").click()
    expect(page.locator(".badge")).to_be_visible()
    return page


def _granting(phone: Phone, road: Road, staff: Staff) -> Page:
    page = _own(phone, road, staff)
    page.locator(".links a").click()
    expect(page.locator(".granted").first).to_be_visible()
    return page


def _giving(phone: Phone, road: Road, staff: Staff) -> Page:
    page = _granting(phone, road, staff)
    page.locator(".entry__ways .button").first.click()
    page.locator("dialog input[type=search]").fill("梅江")
    expect(page.locator(".give__where").first).to_be_visible()
    return page


def _taking_back(phone: Phone, road: Road, staff: Staff) -> Page:
    page = _granting(phone, road, staff)
    page.locator(".granted .button").last.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def _waiting(phone: Phone, road: Road, staff: Staff) -> Page:
    page = _own(phone, road, staff)
    with road.broken(to("/api/v1/sign-ins", slow(3))):
        page.goto(f"{phone.origin}/me")
        expect(page.get_by_role("status")).to_be_visible()
    return page


STATES: dict[str, Callable[[Phone, Road, Staff], Page]] = {
    state.__name__.removeprefix("_"): state
    for state in (
        _riders,
        _officers,
        _refused,
        _arrived,
        _authenticating,
        _recovering,
        _own,
        _granting,
        _giving,
        _taking_back,
        _waiting,
    )
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_reads_for_everybody(
    make_phone: MakePhone, road: Road, make_staff: Callable[..., Staff], state: str
) -> None:
    page = STATES[state](make_phone(at=None, clock=None), road, make_staff())
    assert violations_in_every_look(page) == []
    for _look in looks(page):
        assert page.evaluate(SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_signing_in_needs_no_pointer(make_phone: MakePhone, installation: Installation, number: str) -> None:
    page = make_phone(at=None, clock=None, touch=False, size={"width": 1280, "height": 800}).visit("/sign-in")
    expect(page.get_by_label("手机号")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()
    page.keyboard.type(code_sent(installation, number))
    page.keyboard.press("Enter")
    me(page)

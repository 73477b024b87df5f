"""Members' cards between two phones: shown on one, checked on another, with and without a network."""

import base64
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

import members
from e2e.conftest import MakePhone
from e2e.test_access import LOOKS, violations
from e2e.test_account import kept, me, sign_in
from installation import Installation
from phone import Phone, installed
from road import Answer, Request, Road, failing, to
from xiejiao import database, sealed
from xiejiao.cluster import Role
from xiejiao.organisations import queries as organisations

pytestmark = pytest.mark.db

UNION = "cn.guangdong.meizhou.meijiang"
_numbers = iter(range(13_900_000_500, 13_900_000_900))


@dataclass(frozen=True, slots=True)
class Member:
    """A phone on which a member has signed in, its page with the card, and the membership."""

    phone: Phone
    page: Page
    membership: UUID

    def link(self) -> str:
        """What the card shows now, as a link."""
        self.page.get_by_role("button", name="复制链接").tap()
        expect(self.page.get_by_role("button", name="已复制")).to_be_visible()
        copied: str = self.page.evaluate("navigator.clipboard.readText()")
        return copied

    @property
    def code(self) -> Locator:
        """The code on the screen."""
        return self.page.get_by_role("img", name="会员码")


def join(installation: Installation, number: str) -> UUID:
    """Make the owner of a number a member."""
    keys = sealed.load(installation.private.folder.parent / "keys" / "installation.json")
    with database.connected(installation.private.url(Role.OWNER)) as connection, connection.begin():
        digest = {"digest": keys.digest("phone", number)}
        account = connection.scalar(text("SELECT account_id FROM person WHERE phone_digest = :digest"), digest)
        assert isinstance(account, UUID)
        union = organisations.ids(connection, [UNION])[UNION]
        return members.join(connection, keys, account, union, since=dt.datetime.now(dt.UTC))


def leave(installation: Installation, membership: UUID) -> None:
    """Let a membership end."""
    with database.connected(installation.private.url(Role.OWNER)) as connection, connection.begin():
        members.end(connection, membership, now=dt.datetime.now(dt.UTC))


@pytest.fixture
def make_member(make_phone: MakePhone, installation: Installation) -> Callable[..., Member]:
    """Members with their card open; their phones' clocks are right."""

    def make(**looks: object) -> Member:
        number = str(next(_numbers))
        phone = make_phone(at=None, clock=None, **looks)
        phone.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=phone.origin)
        me(sign_in(phone, installation, number))
        membership = join(installation, number)
        page = phone.visit("/me/card")
        member = Member(phone, page, membership)
        expect(member.code).to_be_visible()
        return member

    return make


KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) found.push(request.url);
  const needed = [/VerifyPage-.*[.]js$/, /VerifyPage-.*[.]css$/, /reader-.*[.]js$/];
  return needed.every((each) => found.some((url) => each.test(url)));
}"""
"""Whether the worker keeps what checks cards; the browser's own cache, which phones drop, may have it besides."""


def checking(phone: Phone) -> Page:
    """The page that checks cards, with all that it takes kept on the phone."""
    page = phone.visit("/verify")
    expect(page.get_by_text("验证名单：")).to_be_visible()
    installed(page)
    page.wait_for_function(KEPT)
    return page


def check(page: Page, code: str) -> Locator:
    """Paste a code; the answer."""
    page.get_by_label("粘贴会员码的链接或数字").fill(code)
    page.get_by_role("button", name="验证", exact=True).click()
    expect(page.locator(".answer")).to_be_visible()
    return page.locator(".answer")


def test_a_card_of_one_phone_is_checked_on_another_without_network(
    make_member: Callable[..., Member], make_phone: MakePhone, road: Road
) -> None:
    member, other = make_member(), make_phone(at=None, clock=None)
    page = checking(other)
    member.phone.context.set_offline(True)
    other.context.set_offline(True)
    member.page.reload()
    expect(member.code).to_be_visible()
    expect(member.page.get_by_text(members.NAME)).to_be_visible()
    page.reload()
    passed = len(road.passed)
    answer = check(page, member.link())
    expect(answer.get_by_role("heading", name="是会员")).to_be_visible()
    expect(answer).to_contain_text("测* 梅江区总工会")
    expect(answer).not_to_contain_text(members.NAME)
    until = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))) + dt.timedelta(days=13)
    expect(answer).to_contain_text(f"有效期至 {until.month}月{until.day}日")
    assert len(road.passed) == passed
    # Nothing of the card stays behind.
    assert "#" not in page.url
    assert "测" not in kept(page)


FAKE_CAMERA = """
const picture = new Image();
picture.src = "data:image/png;base64,PNG";
navigator.mediaDevices.getUserMedia = async () => {
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  const draw = () => {
    pen.fillStyle = "#777";
    pen.fillRect(0, 0, 1280, 720);
    pen.translate(640, 360);
    pen.rotate(0.2);
    pen.drawImage(picture, -250, -250, 500, 500);
    pen.resetTransform();
    requestAnimationFrame(draw);
  };
  draw();
  return canvas.captureStream();
};
"""


def test_a_card_is_read_by_the_camera_without_network(
    make_member: Callable[..., Member], make_phone: MakePhone
) -> None:
    member, other = make_member(), make_phone(at=None, clock=None)
    other.context.add_init_script(FAKE_CAMERA.replace("PNG", base64.b64encode(member.code.screenshot()).decode()))
    page = checking(other)
    other.context.set_offline(True)
    page.reload()
    page.get_by_role("button", name="扫会员码").tap()
    expect(page.get_by_role("heading", name="是会员")).to_be_visible()
    # The camera is off, and ready for the next one.
    expect(page.locator("video")).to_be_hidden()
    expect(page.get_by_role("button", name="再扫一个")).to_be_visible()
    assert [said for said in other.complaints if "ERR_INTERNET_DISCONNECTED" not in said] == []


def test_what_checks_cards_without_network_goes_on_to_the_next_version(make_phone: MakePhone, road: Road) -> None:
    other = make_phone(at=None, clock=None)
    page = checking(other)

    def next_version(_request: Request, answer: Answer) -> Answer:
        # The same files under another policy: the worker keeps them anew.
        return Answer(answer.status, answer.headers, answer.body.replace(b'self.POLICY="', b'self.POLICY="next'))

    with road.broken(to("/sw.js", next_version)):
        # On another page than that which is to go on working.
        page.goto(f"{other.origin}/privacy")
        page.get_by_role("button", name="更新", exact=True).tap()
        expect(page.get_by_role("button", name="更新", exact=True)).to_have_count(0)
        page.wait_for_function("async () => (await caches.keys()).length === 1")
    assert page.evaluate(KEPT)


def test_a_link_is_checked_where_it_opens_and_goes_from_the_address(
    make_member: Callable[..., Member], make_phone: MakePhone
) -> None:
    link = make_member().link()
    page = make_phone(at=None, clock=None).tab()
    page.goto(link)
    expect(page.get_by_role("heading", name="是会员")).to_be_visible()
    expect(page).to_have_url(re.compile("/verify$"))


def test_a_card_is_revoked_once_the_list_was_brought_again(
    make_member: Callable[..., Member], make_phone: MakePhone, installation: Installation
) -> None:
    member, other = make_member(), make_phone(at=None, clock=None)
    page = checking(other)
    leave(installation, member.membership)
    answer = check(page, member.link())
    expect(answer.get_by_role("heading", name="是会员")).to_be_visible()
    # What is told holds by the list that was there; a newer one says otherwise of the same card.
    page.get_by_role("button", name="更新名单").tap()
    expect(answer.get_by_role("heading", name="会员关系已结束")).to_be_visible()
    # And the member's phone has no card any more once its pass would be renewed.
    member.phone.context.clock.set_fixed_time(dt.datetime.now(dt.UTC) + dt.timedelta(days=8))
    member.page.reload()
    expect(member.page.get_by_text("您现在还不是会员")).to_be_visible()
    expect(member.code).to_have_count(0)


def test_what_was_altered_is_refused_and_what_is_no_card_said_so(
    make_member: Callable[..., Member], make_phone: MakePhone
) -> None:
    member, page = make_member(), checking(make_phone(at=None, clock=None))
    link = member.link()
    altered = link[:-1] + ("1" if link[-1] != "1" else "2")
    expect(check(page, altered).get_by_role("heading", name="会员卡无效")).to_be_visible()
    expect(page.locator(".answer")).not_to_contain_text("测*")
    expect(check(page, "https://example.org/").get_by_role("heading", name="这不是会员码")).to_be_visible()
    expect(check(page, link).get_by_role("heading", name="是会员")).to_be_visible()


def test_a_picture_of_a_card_is_worth_nothing_minutes_later(
    make_member: Callable[..., Member], make_phone: MakePhone
) -> None:
    link = make_member().link()
    other = make_phone(at=None, clock=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6))
    answer = check(checking(other), link)
    expect(answer.get_by_role("heading", name="码已过时")).to_be_visible()
    expect(answer).to_contain_text(re.compile("[567] 分钟前"))


def test_a_code_changes_with_the_minute(make_member: Callable[..., Member]) -> None:
    member = make_member()
    member.phone.context.clock.install(time=dt.datetime.now(dt.UTC))
    member.page.reload()
    expect(member.code).to_be_visible()
    before = member.code.locator("path").get_attribute("d")
    member.phone.context.clock.fast_forward("01:00")
    expect(member.code.locator("path")).not_to_have_attribute("d", before or "")


def test_the_card_goes_with_the_sign_in(make_member: Callable[..., Member]) -> None:
    member = make_member()
    assert "/card" in kept(member.page)
    page = member.phone.visit("/me")
    page.get_by_role("button", name="退出登录").tap()
    expect(page.get_by_label("手机号")).to_be_visible()
    expect(member.page.get_by_label("手机号")).to_be_visible()
    assert "/card" not in kept(page)


def test_without_a_list_nothing_is_said_of_a_card(
    make_member: Callable[..., Member], make_phone: MakePhone, road: Road
) -> None:
    link = make_member().link()
    with road.broken(to("/cards/keys", failing(500))):
        page = make_phone(at=None, clock=None).visit("/verify")
        expect(page.get_by_text("还没有验证名单")).to_be_visible()
        expect(check(page, link).get_by_role("heading", name="还不能验")).to_be_visible()
    page.get_by_role("button", name="再试一次").tap()
    expect(page.get_by_text("验证名单：")).to_be_visible()
    expect(check(page, link).get_by_role("heading", name="是会员")).to_be_visible()


def test_where_a_browser_verifies_nothing_it_says_why(make_phone: MakePhone) -> None:
    phone = make_phone(at=None, clock=None)
    # As on plain http from another machine.
    phone.context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    page = phone.visit("/verify")
    expect(page.get_by_role("alert")).to_contain_text("https")
    expect(page.get_by_role("button", name="扫会员码")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS)
def test_every_answer_reads_for_everybody(make_member: Callable[..., Member], make_phone: MakePhone, look: str) -> None:
    member = make_member(chosen=LOOKS[look] if look != "English" else {"theme": "light"})
    assert violations(member.page) == []
    link = member.link()
    page = make_phone(at=None, clock=None, chosen=LOOKS[look]).visit("/verify")
    expect(page.locator(".verify__list button")).to_be_visible()
    assert violations(page) == []
    for code in (link, link[:-1] + ("1" if link[-1] != "1" else "2"), "x"):
        page.locator(".verify__form input").fill(code)
        page.locator(".verify__form button").click()
        expect(page.locator(".answer")).to_be_visible()
        assert violations(page) == []

"""Joining the union on a phone: from the poster to the receipt, with and without a network, returned and put right."""

import datetime as dt
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Connection, text

import people
from e2e.conftest import MEIJIANG, MakePhone
from e2e.test_access import CHOOSE, DESKTOP, LOOKS, SMALL, violations_in_every_look
from e2e.test_account import code_sent
from installation import Installation
from phone import Phone, installed
from road import Road, gone, to
from xiejiao import database
from xiejiao.accounts.queries import act
from xiejiao.cluster import Role as DatabaseRole
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Role, Scope
from xiejiao.sites.commands import Deed
from xiejiao.upkeep import commands as upkeep

pytestmark = pytest.mark.db

UNION = "cn.guangdong.meizhou"
UNION_NAME = "梅州市总工会"
POOL = "周转库"
NAME = "阿依古丽·买买提"
SENT = "工会收到了"
WITHIN_MS = 60_000
"""So long it may take until what waited is sent."""
_sequence = iter(range(int.from_bytes(os.urandom(2)) % 300, 999))
_numbers = iter(range(13_900_100_000, 13_900_100_500))
_births = iter(range(20_000))


def now() -> dt.datetime:
    """The true time, by which the server goes."""
    return dt.datetime.now(dt.UTC)


@contextmanager
def owner(installation: Installation) -> Iterator[Connection]:
    """A transaction of the owner, who sees all rows."""
    with database.connected(installation.private.url(DatabaseRole.OWNER)) as connection, connection.begin():
        yield connection


@pytest.fixture
def number() -> str:
    """A mobile number that nobody has used."""
    return str(next(_numbers))


@pytest.fixture
def id_number() -> str:
    """An ID number that can be one, and is another in each test."""
    return people.id_number(next(_sequence), born_on=people.ADULT + dt.timedelta(days=next(_births)))


@pytest.fixture
def phone(make_phone: MakePhone) -> Phone:
    """A phone whose clock is right."""
    return make_phone(at=None, clock=None)


@pytest.fixture
def poster(installation: Installation) -> str:
    """The path that the code on the poster at the bridge leads to."""
    _, answer = installation.get(f"/api/v1/sites/nearest?lon={MEIJIANG.lon}&lat={MEIJIANG.lat}&limit=1")
    (site,) = answer["features"]
    with owner(installation) as connection:
        key = upkeep.new_poster_key(connection, site["id"], deed=Deed("test", now()), draw=os.urandom)
    return f"/s/{site['properties']['code']}/{key}"


Decide = Callable[..., dict[str, Any]]


@pytest.fixture
def decide(installation: Installation, make_phone: MakePhone) -> Decide:
    """An officer of the union decides about an application, by its number."""
    with database.connected(installation.private.url(DatabaseRole.APP)) as connection, connection.begin():
        union = organisations.ids(connection, [UNION])[UNION]
        name = f"officer.{os.urandom(4).hex()}"
        account = people.staff(
            connection, name, Role.ORGANISATION_ADMIN, now=now(), draw=os.urandom, organisation=union
        )
        token = people.signed_in(connection, account, now=now(), draw=os.urandom)
    desk = make_phone(at=None, clock=None)
    desk.context.add_cookies([{"name": "xiejiao", "value": token, "url": desk.origin}])

    def decide_(receipt: str, decision: str, **parts: object) -> dict[str, Any]:
        found = desk.context.request.get(f"{desk.origin}/api/v1/applications?q={receipt}").json()["applications"]
        (row,) = found
        answer = desk.context.request.post(
            f"{desk.origin}/api/v1/applications/{row['id']}/decisions",
            data={"decision": decision, "version": row["version"], **parts},
            headers={"Xiejiao-App": "1", "Origin": desk.origin, "Idempotency-Key": os.urandom(8).hex()},
        )
        assert answer.ok, answer.text()
        shown: dict[str, Any] = answer.json()
        return shown

    return decide_


def applications(installation: Installation, receipt: str | None = None) -> int:
    """How many applications there are, or with this number."""
    with owner(installation) as connection:
        act(connection, None, Scope(everywhere=True))
        found = connection.scalar(
            text("SELECT count(*) FROM application WHERE CAST(:number AS text) IS NULL OR number = :number"),
            {"number": receipt},
        )
        return int(found or 0)


# ── what a rider does ──


def on_step(page: Page, heading: str) -> None:
    """Wait for a step."""
    expect(page.locator(".join__head h2")).to_have_text(heading)


def consent(page: Page) -> None:
    """Agree, and go on."""
    on_step(page, "知情同意")
    for tick in page.locator(".join__tick input").all():
        tick.check()
    page.get_by_role("button", name="下一步").tap()


def prove(page: Page, installation: Installation, number: str) -> None:
    """Prove the number by the code that is sent to it."""
    on_step(page, "手机号")
    page.get_by_label("手机号").fill(number)
    page.get_by_role("button", name="获取验证码").tap()
    page.get_by_label("验证码", exact=True).fill(code_sent(installation, number))
    page.get_by_role("button", name="验证并继续").tap()


def fill(page: Page, id_number: str, *, workplace: str = "梅州市梅江区江南街道") -> None:
    """Say who one is and where one works, and go on."""
    on_step(page, "您的信息")
    page.get_by_label("姓名").fill(NAME)
    page.get_by_label("身份证号", exact=True).fill(id_number)
    page.get_by_text("网约送餐员").tap()
    page.get_by_label("单位或平台").fill("某外卖平台")
    page.get_by_label("主要在哪里干活").fill(workplace)
    page.get_by_role("button", name="下一步").tap()


def agree_to_union(page: Page, name: str) -> None:
    """See which union it goes to, and go on."""
    on_step(page, "哪个工会")
    expect(page.locator(".join__union h3")).to_contain_text(name)
    page.get_by_role("button", name="下一步").tap()


def pad(page: Page) -> Locator:
    """Where one signs."""
    return page.locator(".sign-here svg")


def sign(page: Page) -> None:
    """Write something like a name."""
    on_step(page, "签名发送")
    pad(page).scroll_into_view_if_needed()
    box = pad(page).bounding_box()
    assert box
    for stroke in range(3):
        left, top = box["x"] + 30 + stroke * 80, box["y"] + 40
        page.mouse.move(left, top)
        page.mouse.down()
        for step in range(1, 10):
            page.mouse.move(left + step * 6, top + (step % 3) * 25)
        page.mouse.up()
    expect(page.locator(".sign-here polyline")).to_have_count(3)


def send(page: Page) -> None:
    """Send it."""
    page.get_by_role("button", name=re.compile("发送申请|重新发送")).tap()


def receipt(page: Page) -> str:
    """The number of the receipt that is shown."""
    expect(page.get_by_role("heading", name=SENT)).to_be_visible(timeout=WITHIN_MS)
    return page.locator(".own-membership__number").inner_text()


def to_signing(page: Page, installation: Installation, number: str, id_number: str, union: str) -> None:
    """All steps up to the last."""
    consent(page)
    prove(page, installation, number)
    fill(page, id_number)
    agree_to_union(page, union)


def apply(page: Page, installation: Installation, number: str, id_number: str, *, union: str = POOL) -> str:
    """All five steps; the number of the receipt."""
    to_signing(page, installation, number, id_number, union)
    sign(page)
    send(page)
    return receipt(page)


def kept(page: Page) -> str:
    """All that the phone keeps where scripts can read it, keys and documents, as far as they can be written down."""
    stored: str = page.evaluate("""async () => {
      const database = await new Promise((done) => {
        const opening = indexedDB.open("xiejiao");
        opening.onsuccess = () => done(opening.result);
      });
      const all = (ask) => new Promise((done) => { ask.onsuccess = () => done(ask.result); });
      const store = () => database.transaction("documents").objectStore("documents");
      const keys = await all(store().getAllKeys());
      const documents = (await all(store().getAll())).filter(({ document }) => !(document instanceof CryptoKey));
      const read = (_, value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
        ? new TextDecoder("utf-8").decode(value) : value;
      database.close();
      return JSON.stringify([keys, documents, { ...localStorage }, { ...sessionStorage }, location.href], read);
    }""")
    return stored


def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until something holds."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to hold")


# ── applying ──


def test_whoever_scans_the_poster_fills_it_in_offline_and_it_arrives_once(
    phone: Phone, installation: Installation, poster: str, number: str, id_number: str
) -> None:
    page = phone.visit(poster)
    installed(page)
    page.get_by_role("link", name="入会").tap()
    consent(page)
    prove(page, installation, number)
    on_step(page, "您的信息")
    before = applications(installation)
    phone.context.set_offline(True)
    fill(page, id_number)
    agree_to_union(page, UNION_NAME)
    expect(page.get_by_text("139****")).to_be_visible()
    sign(page)
    send(page)
    expect(page.get_by_role("heading", name="已签好，等网络")).to_be_visible()
    assert all(each not in kept(page) for each in (id_number, number, NAME))
    assert applications(installation) == before
    # The app is closed and opened again meanwhile.
    page.goto(phone.origin)
    page.goto(f"{phone.origin}/join")
    expect(page.get_by_text(f"发给：{UNION_NAME}")).to_be_visible()
    phone.context.set_offline(False)
    number_of_receipt = receipt(page)
    assert applications(installation) == before + 1
    assert applications(installation, number_of_receipt) == 1
    assert "outbox/" not in kept(page)
    assert "unfinished/" not in kept(page)
    with owner(installation) as connection:
        act(connection, None, Scope(everywhere=True))
        assert connection.scalar(
            text("SELECT at_station FROM application WHERE number = :number"), {"number": number_of_receipt}
        )


def test_an_answer_that_is_lost_makes_no_second_application(
    phone: Phone, installation: Installation, road: Road, number: str, id_number: str
) -> None:
    page = phone.visit("/join")
    to_signing(page, installation, number, id_number, POOL)
    sign(page)
    before = applications(installation)
    with road.broken(to("/api/v1/applications", gone)):
        send(page)
        expect(page.get_by_role("heading", name="已签好，等网络")).to_be_visible()
    assert applications(installation) == before + 1
    receipt(page)
    assert applications(installation) == before + 1


def test_what_is_typed_outlives_the_tab_and_is_deleted_by_one_tap(
    phone: Phone, installation: Installation, number: str, id_number: str
) -> None:
    page = phone.visit("/join")
    consent(page)
    prove(page, installation, number)
    on_step(page, "您的信息")
    page.get_by_label("姓名").fill(NAME)
    page.get_by_label("身份证号", exact=True).fill(id_number)
    page.get_by_label("单位或平台").focus()
    expect(page.get_by_text("***********")).to_be_visible()
    expect(page.get_by_text(re.compile(r"[男女] · 19\d\d 年|[男女] · 20\d\d 年"))).to_be_visible()
    assert all(each not in page.content() for each in (id_number,))
    assert all(each not in kept(page) for each in (id_number, number, NAME))
    page.close()
    page = phone.visit("/join")
    on_step(page, "您的信息")
    expect(page.get_by_label("姓名")).to_have_value(NAME)
    expect(page.get_by_text(f"{id_number[:3]}***********{id_number[-4:]}")).to_be_visible()
    page.get_by_role("button", name="删掉草稿").tap()
    expect(page.get_by_text("草稿已删除")).to_be_visible()
    page.reload()
    on_step(page, "知情同意")
    expect(page.locator(".join__tick input").first).not_to_be_checked()
    assert "unfinished/" not in kept(page)


def test_signing_out_wipes_what_was_begun_and_what_waits(
    phone: Phone, installation: Installation, number: str, id_number: str
) -> None:
    page = phone.visit("/join")
    consent(page)
    prove(page, installation, number)
    on_step(page, "您的信息")
    page.get_by_label("姓名").fill(NAME)
    page.get_by_label("身份证号", exact=True).fill(id_number)
    page.goto(f"{phone.origin}/me")
    expect(page.get_by_role("heading", name="登录着的设备")).to_be_visible()
    assert "unfinished/application" in kept(page)
    page.get_by_role("button", name="退出登录").tap()
    expect(page.get_by_label("手机号")).to_be_visible()
    eventually(lambda: "unfinished/" not in kept(page) and '"seal"' not in kept(page))
    page = phone.visit("/join")
    on_step(page, "知情同意")


def test_faults_stand_at_their_fields(phone: Phone, installation: Installation, number: str, id_number: str) -> None:
    page = phone.visit("/join")
    page.get_by_role("button", name="下一步").tap()
    expect(page.get_by_text("请勾选后继续")).to_be_visible()
    consent(page)
    prove(page, installation, number)
    on_step(page, "您的信息")
    page.get_by_role("button", name="下一步").tap()
    expect(page.get_by_label("姓名")).to_have_accessible_description(re.compile("请填写"))
    expect(page.get_by_text("请选工种")).to_be_visible()
    expect(page.get_by_label("姓名")).to_be_focused()
    field = page.get_by_label("身份证号", exact=True)
    wrong = id_number[:-1] + ("0" if id_number[-1] != "0" else "1")
    for typed, told in ((wrong, "校验不符"), (id_number[:6] + id_number[8:-1], "15 位的旧号")):
        field.fill(typed)
        field.blur()
        expect(field).to_have_accessible_description(re.compile(told))
    child = people.id_number(next(_sequence), born_on=now().date() - dt.timedelta(days=3650))
    field.fill(child)
    expect(page.get_by_text("未满 16 周岁")).to_be_visible()
    field.blur()
    page.get_by_role("button", name="改 身份证号").tap()
    # As people type it: full width, spaces, and a small x.
    spelled = "".join(chr(ord(each) + 0xFEE0) for each in f"{id_number[:6]}") + f" {id_number[6:].lower()} "
    page.get_by_label("身份证号", exact=True).fill(spelled)
    page.get_by_label("姓名").focus()
    expect(page.get_by_text(f"{id_number[:3]}***********{id_number[-4:]}")).to_be_visible()


def test_what_the_server_refuses_stands_at_its_field_and_nothing_is_lost(
    make_phone: MakePhone, installation: Installation, number: str, id_number: str
) -> None:
    # By the clock of this phone somebody is old enough who is not.
    page = make_phone(at=None, clock=now() + dt.timedelta(days=400)).visit("/join")
    born_on = now().date() - dt.timedelta(days=round(15.5 * 365))
    to_signing(page, installation, number, people.id_number(next(_sequence), born_on=born_on), POOL)
    sign(page)
    before = applications(installation)
    send(page)
    on_step(page, "您的信息")
    expect(page.get_by_text("未满 16 周岁，还不能入会")).to_be_visible()
    assert applications(installation) == before
    expect(page.get_by_label("姓名")).to_have_value(NAME)
    page.get_by_role("button", name="改 身份证号").tap()
    page.get_by_label("身份证号", exact=True).fill(id_number)
    page.get_by_role("button", name="下一步").tap()
    agree_to_union(page, POOL)
    expect(page.locator(".sign-here polyline")).to_have_count(3)
    send(page)
    receipt(page)
    assert applications(installation) == before + 1


def test_a_second_application_for_the_same_person_leads_to_the_first(
    phone: Phone, installation: Installation, number: str, id_number: str
) -> None:
    page = phone.visit("/join")
    apply(page, installation, number, id_number)
    page.goto(f"{phone.origin}/join")
    consent(page)
    fill(page, id_number)
    agree_to_union(page, POOL)
    sign(page)
    send(page)
    expect(page.get_by_text("您已有一份申请在办")).to_be_visible()
    page.get_by_role("link", name="去看看").tap()
    expect(page.locator(".filed-in")).to_have_count(1)


# ── what becomes of it ──


def test_what_is_returned_is_put_right_and_sent_again(
    phone: Phone, installation: Installation, poster: str, decide: Decide, number: str, id_number: str
) -> None:
    page = phone.visit(poster)
    page.get_by_role("link", name="入会").tap()
    number_of_receipt = apply(page, installation, number, id_number, union=UNION_NAME)
    decide(number_of_receipt, "return", reason="workplace_unclear", words="请写到街道")
    page.goto(f"{phone.origin}/me/applications")
    card = page.locator(".filed-in")
    expect(card).to_contain_text("退回，请补正")
    expect(card).to_contain_text("请写到街道")
    expect(card.locator(".course li").first).to_contain_text("退回补正 · 受理工会")
    card.get_by_role("link", name="去补正").tap()
    on_step(page, "您的信息")
    expect(page.get_by_label("主要在哪里干活")).to_have_accessible_description(re.compile("请写到街道"))
    expect(page.get_by_text(f"{id_number[:3]}***********{id_number[-4:]}")).to_be_visible()
    page.get_by_label("主要在哪里干活").fill("梅江区江南街道彬芳大道")
    page.get_by_role("button", name="下一步").tap()
    agree_to_union(page, UNION_NAME)
    sign(page)
    send(page)
    assert receipt(page) == number_of_receipt
    expect(card).to_contain_text("审核中")
    expect(card.locator(".course li")).to_have_count(3)
    assert applications(installation, number_of_receipt) == 1


def test_a_refusal_is_looked_at_again_once(
    phone: Phone, installation: Installation, poster: str, decide: Decide, number: str, id_number: str
) -> None:
    page = phone.visit(poster)
    page.get_by_role("link", name="入会").tap()
    number_of_receipt = apply(page, installation, number, id_number, union=UNION_NAME)
    decide(number_of_receipt, "refuse", reason="not_reached")
    page.goto(f"{phone.origin}/me/applications")
    expect(page.locator(".filed-in")).to_contain_text("多次联系不上")
    page.get_by_role("button", name="请上级复核").tap()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("您的理由").fill("手机坏了，现在修好了")
    sheet.get_by_role("button", name="提交").tap()
    expect(page.locator(".filed-in")).to_contain_text("现在在上级工会手里")
    expect(page.locator(".course li").first).to_contain_text("手机坏了")
    expect(page.get_by_role("button", name="请上级复核")).to_have_count(0)


def test_an_application_is_withdrawn_and_ones_data_are_taken_along_and_erased(
    phone: Phone, installation: Installation, number: str, id_number: str
) -> None:
    page = phone.visit("/join")
    number_of_receipt = apply(page, installation, number, id_number)
    page.get_by_role("button", name="撤回申请").tap()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="撤回申请").tap()
    expect(page.locator(".filed-in")).to_contain_text("已撤回")
    expect(page.get_by_role("link", name="重新申请")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="下载我的数据").tap()
    told = json.loads(taken.value.path().read_text("utf-8"))
    assert told["applications"][0]["id_number"] == id_number
    assert told["applications"][0]["number"] == number_of_receipt
    page.get_by_role("button", name="删除我的全部数据").tap()
    expect(sheet).to_contain_text("7 天")
    sheet.get_by_role("button", name="删除我的全部数据").tap()
    expect(page).to_have_url(f"{phone.origin}/")
    page.goto(f"{phone.origin}/me/applications")
    expect(page.get_by_label("手机号")).to_be_visible()


# ── for everybody ──


def reads_for_everybody(page: Page) -> None:
    """See that it reads in every look, is tapped in gloves, and needs no sideways scroll at twice the size."""
    assert violations_in_every_look(page) == []
    page.evaluate(CHOOSE, LOOKS["light"])
    expect(page.locator("html[lang^=zh]")).to_have_count(1)
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.documentElement.style.fontSize = ''")


def test_every_step_reads_for_everybody(
    phone: Phone, installation: Installation, road: Road, number: str, id_number: str
) -> None:
    page = phone.visit("/join")
    page.get_by_role("button", name="下一步").tap()
    expect(page.get_by_text("请勾选后继续")).to_be_visible()
    reads_for_everybody(page)
    consent(page)
    on_step(page, "手机号")
    page.get_by_label("手机号").fill(number)
    page.get_by_role("button", name="获取验证码").tap()
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()
    reads_for_everybody(page)
    page.get_by_label("验证码", exact=True).fill(code_sent(installation, number))
    page.get_by_role("button", name="验证并继续").tap()
    on_step(page, "您的信息")
    page.get_by_role("button", name="下一步").tap()
    page.get_by_text("其他登记项目").tap()
    expect(page.get_by_label("民族")).to_be_visible()
    reads_for_everybody(page)
    fill(page, id_number)
    page.get_by_role("button", name="换一个工会").tap()
    page.get_by_role("searchbox").fill("泉州")
    expect(page.locator(".join__pick").nth(3)).to_be_visible()
    reads_for_everybody(page)
    agree_to_union(page, POOL)
    on_step(page, "签名发送")
    send(page)
    expect(page.get_by_text("签名太短或太小")).to_be_visible()
    reads_for_everybody(page)
    sign(page)
    with road.broken(to("/api/v1/applications", gone)):
        send(page)
        expect(page.get_by_role("heading", name="已签好，等网络")).to_be_visible()
        reads_for_everybody(page)


def test_what_becomes_of_it_reads_for_everybody(
    phone: Phone, installation: Installation, number: str, id_number: str
) -> None:
    page = phone.visit("/join")
    apply(page, installation, number, id_number)
    reads_for_everybody(page)
    page.get_by_role("button", name="撤回申请").tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    reads_for_everybody(page)


def test_all_but_the_signature_needs_no_pointer(
    make_phone: MakePhone, installation: Installation, number: str, id_number: str
) -> None:
    page = make_phone(at=None, clock=None, touch=False, size=DESKTOP).visit("/join")
    on_step(page, "知情同意")
    ticks = page.locator(".join__tick input")
    for tick in ticks.all():
        tick.focus()
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    on_step(page, "手机号")
    expect(page.locator(".join__head h2")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.get_by_label("验证码", exact=True)).to_be_focused()
    page.keyboard.type(code_sent(installation, number))
    page.keyboard.press("Enter")
    on_step(page, "您的信息")
    expect(page.locator(".choice__option").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type(NAME)
    page.keyboard.press("Tab")
    page.keyboard.type(id_number)
    page.keyboard.press("Tab")
    expect(page.get_by_text(f"{id_number[:3]}***********{id_number[-4:]}")).to_be_visible()

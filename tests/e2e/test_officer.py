"""Officers at work: what they decide arrives once and can be taken back, what they may not see they are not shown."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import people
from e2e.conftest import MakePhone
from e2e.test_access import DESKTOP, SMALL, violations_in_every_look
from e2e.union import Union, at_the_desk
from installation import Installation
from phone import Phone
from road import Road, failing, to

pytestmark = pytest.mark.db

MINUTE_MS = 60_000
WHOLE = re.compile(r"\d{17}[\dX]")


@pytest.fixture
def road(installation: Installation) -> Iterator[Road]:
    """The road to the installation, in the true time: what may be taken back depends on it."""
    with Road(installation.origin).open() as found:
        yield found


@pytest.fixture
def union(installation: Installation) -> Union:
    """A union that nobody else of the tests knows."""
    return Union(installation)


Desk = Callable[..., Page]


@pytest.fixture
def desk(make_phone: MakePhone, union: Union) -> Desk:
    """Pages of new officers of the union, on a desk unless said otherwise."""

    def at(path: str = "", *, token: str | None = None, **how: Any) -> Page:  # noqa: ANN401 - as make_phone takes it
        phone = make_phone(**{"at": None, "clock": None, "size": DESKTOP, "touch": False, **how})
        return at_the_desk(phone, token or union.officer(), f"/staff/applications{path}")

    return at


def rows(page: Page) -> Locator:
    """Applications in the queue."""
    return page.locator(".queue__row")


def row(page: Page, shown: dict[str, Any]) -> Locator:
    """The row of an application."""
    return page.locator(f".queue__row[data-id='{shown['id']}']")


def status(union: Union, shown: dict[str, Any]) -> object:
    """Where an application stands."""
    return union.tell("SELECT status FROM application WHERE id = CAST(:id AS uuid)", id=shown["id"])


def events(union: Union, shown: dict[str, Any], what: str) -> object:
    """How often something happened to an application."""
    asked = "SELECT count(*) FROM membership_event WHERE application_id = CAST(:id AS uuid) AND what = :what"
    return union.tell(asked, id=shown["id"], what=what)


# ── deciding ──


def test_an_officer_returns_with_a_reason_and_words(desk: Desk, union: Union) -> None:
    shown = union.apply()
    page = desk(f"/{shown['id']}")
    page.get_by_role("button", name="退回").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="退回补正").click()
    expect(sheet.get_by_text("请选一个理由")).to_be_visible()
    sheet.get_by_label("其他（请说明）").check()
    sheet.get_by_role("button", name="退回补正").click()
    expect(sheet.get_by_text("选「其他」时请写明")).to_be_visible()
    sheet.get_by_label("签名看不清").check()
    sheet.get_by_label("给申请人的话").fill("请写全名\n谢谢")
    sheet.get_by_role("button", name="退回补正").click()
    expect(sheet).to_have_count(0)
    expect(row(page, shown)).to_contain_text("已退回补正")
    expect(page.locator(".course")).to_contain_text("签名看不清请写全名 谢谢")
    assert status(union, shown) == "returned"


def test_approving_takes_one_tap_and_can_be_undone(desk: Desk, union: Union) -> None:
    shown = union.apply()
    page = desk(f"/{shown['id']}")
    page.get_by_role("button", name="通过", exact=True).click()
    expect(page.get_by_text(re.compile(r"可撤销 (10:00|9:5\d)"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"可撤销 9:5\d"))).to_be_visible()
    assert status(union, shown) == "approved"
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("button", name="通过", exact=True)).to_be_visible()
    expect(page.get_by_text("可撤销")).to_have_count(0)
    assert status(union, shown) == "submitted"
    assert events(union, shown, "undo") == 1


def test_an_answer_that_is_lost_decides_once(desk: Desk, union: Union, road: Road) -> None:
    shown = union.apply()
    page = desk(f"/{shown['id']}")
    approve = page.get_by_role("button", name="通过", exact=True)
    with road.broken(to("/decisions", failing(503))):
        approve.click()
        expect(page.get_by_text("服务器暂时出了问题")).to_be_visible()
    approve.click()
    expect(page.get_by_text("可撤销")).to_be_visible()
    assert events(union, shown, "approve") == 1


def test_who_comes_second_sees_what_stands_and_keeps_what_they_wrote(desk: Desk, union: Union) -> None:
    shown = union.apply()
    page = desk(f"/{shown['id']}")
    page.get_by_role("button", name="退回").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("签名看不清").check()
    sheet.get_by_label("给申请人的话").fill("请写全名")
    union.decide(union.officer(), shown, "approve")
    sheet.get_by_role("button", name="退回补正").click()
    expect(sheet.get_by_role("alert")).to_contain_text("现在是「已通过」")
    expect(sheet.get_by_label("给申请人的话")).to_have_value("请写全名")
    expect(sheet.get_by_label("签名看不清")).to_be_checked()
    expect(sheet.get_by_role("button", name="退回补正")).to_have_count(0)
    assert status(union, shown) == "approved"


def test_several_are_approved_each_by_itself(desk: Desk, union: Union) -> None:
    first, second, third = union.apply(name="张伟"), union.apply(name="李静"), union.apply(name="王秀英")
    page = desk()
    expect(rows(page)).to_have_count(3)
    for shown in (first, second, third):
        row(page, shown).get_by_role("checkbox").check()
    page.get_by_role("button", name="逐份核对后通过").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("checkbox", name="王秀英").uncheck()
    union.decide(union.officer(), second, "refuse", reason="not_reached")
    sheet.get_by_role("button", name="通过 2 份").click()
    expect(sheet.get_by_text("2 份里通过了 1 份")).to_be_visible()
    expect(sheet.locator("li", has_text="张伟")).to_contain_text("已通过")
    expect(sheet.locator("li", has_text="李静")).to_contain_text("有人先处理了")
    assert [status(union, each) for each in (first, second, third)] == ["approved", "refused", "submitted"]


# ── what is shown ──


def test_a_whole_number_is_recorded_once_and_gone_after_a_minute(
    make_phone: MakePhone, union: Union, road: Road
) -> None:
    shown = union.apply()
    phone: Phone = make_phone(at=None, clock=None, size=DESKTOP, touch=False)
    phone.context.clock.install()
    page = at_the_desk(phone, union.officer(), f"/staff/applications/{shown['id']}")
    expect(page.locator(".one__written")).to_contain_text(shown["id_number_masked"])
    page.get_by_role("button", name="显示完整证件号").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("会记入历史")
    sheet.get_by_role("button", name="显示完整证件号").click()
    expect(sheet.get_by_text("请选一个理由")).to_be_visible()
    assert events(union, shown, "reveal") == 0
    sheet.get_by_label("核对证件原件").check()
    with road.broken(to("/revelations", failing(503))):
        sheet.get_by_role("button", name="显示完整证件号").click()
        expect(sheet.get_by_role("alert")).to_be_visible()
    sheet.get_by_role("button", name="显示完整证件号").click()
    expect(page.get_by_text(shown["id_number"])).to_be_visible()
    assert events(union, shown, "reveal") == 1
    kept = "JSON.stringify([localStorage, sessionStorage, history.state, document.title, location.href])"
    assert shown["id_number"] not in page.evaluate(kept)
    page.clock.run_for(MINUTE_MS - 5_000)
    expect(page.get_by_text(shown["id_number"])).to_be_visible()
    page.clock.run_for(6_000)
    expect(page.get_by_text(shown["id_number"])).to_have_count(0)
    assert not WHOLE.search(page.content())
    assert all(shown["id_number"] not in each.address for each in road.passed)


def test_outside_ones_part_of_the_tree_there_is_nothing(desk: Desk, union: Union, installation: Installation) -> None:
    shown = union.apply()
    page = desk(f"/{shown['id']}", token=Union(installation).officer())
    expect(page.get_by_text("都处理完了")).to_be_visible()
    expect(page.get_by_text("没有找到，或者不归您管")).to_be_visible()
    page.get_by_role("searchbox").fill(shown["number"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有符合的申请")).to_be_visible()
    expect(rows(page)).to_have_count(0)


def test_what_speaks_for_one_person_stands_side_by_side(desk: Desk, union: Union) -> None:
    first = union.apply(name="张伟")
    second = union.apply(name="张伟", id_number=first["id_number"])
    page = desk()
    expect(row(page, second)).to_contain_text("有重复")
    row(page, second).get_by_role("link").click()
    beside = page.get_by_role("region", name="可能重复")
    expect(beside.get_by_role("row", name="证件号")).to_contain_text("相同")
    beside.get_by_role("link", name=first["number"]).click()
    expect(page.locator(".one__line")).to_contain_text(first["number"])


def test_the_queue_is_narrowed_and_searched(desk: Desk, union: Union) -> None:
    rider, driver = union.apply(name="张伟"), union.apply(name="李静", trade="truck_driver")
    page = desk()
    expect(rows(page)).to_have_count(2)
    page.get_by_label("工种").select_option("truck_driver")
    expect(rows(page)).to_have_count(1)
    expect(row(page, driver)).to_be_visible()
    page.get_by_label("工种").select_option("")
    search = page.get_by_role("searchbox")
    search.fill(rider["id_number"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("不要输入完整号码")).to_be_visible()
    search.fill(rider["id_number"][-4:])
    page.keyboard.press("Enter")
    expect(row(page, rider)).to_be_visible()
    search.fill("")
    page.get_by_role("button", name="我经手的").click()
    expect(rows(page)).to_have_count(0)
    page.get_by_role("button", name="我经手的").click()
    row(page, rider).get_by_role("link").click()
    page.get_by_role("button", name="由我经手").click()
    expect(page.get_by_role("button", name="不再经手")).to_be_visible()
    page.get_by_role("button", name="我经手的").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_label("写备注").fill("约好周一来")
    page.get_by_role("button", name="记下").click()
    expect(page.locator(".course").last).to_contain_text("约好周一来")


# ── by keyboard, for everybody ──


def test_all_of_it_goes_by_keyboard(desk: Desk, union: Union) -> None:
    first, second = union.apply(name="张伟"), union.apply(name="李静")
    page = desk()
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("j")
    expect(page.locator(".one h2")).to_have_text("张伟")
    page.keyboard.press("j")
    expect(page.locator(".one h2")).to_have_text("李静")
    page.keyboard.press("k")
    expect(page.locator(".one h2")).to_have_text("张伟")
    expect(page.get_by_role("button", name="通过", exact=True)).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("可撤销")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="通过", exact=True)).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_role("dialog", name="退回补正")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.get_by_role("dialog", name="不予通过")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="键盘")
    help_.get_by_label("用单键快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".one h2")).to_have_text("李静")
    assert [status(union, each) for each in (first, second)] == ["submitted", "submitted"]
    page.keyboard.press("Escape")
    expect(page.locator(".one")).to_have_count(0)
    page.keyboard.press("Space")
    expect(page.get_by_text("已选 1 份")).to_be_visible()


def _queue(page: Page, shown: dict[str, Any]) -> None:
    expect(row(page, shown)).to_be_visible()


def _selected(page: Page, shown: dict[str, Any]) -> None:
    row(page, shown).get_by_role("checkbox").check()


def _one(page: Page, shown: dict[str, Any]) -> None:
    row(page, shown).get_by_role("link").click()
    expect(page.get_by_role("button", name="通过", exact=True)).to_be_visible()


def _decided(page: Page, shown: dict[str, Any]) -> None:
    _one(page, shown)
    page.get_by_role("button", name="通过", exact=True).click()
    expect(page.get_by_text("可撤销")).to_be_visible()


def _returning(page: Page, shown: dict[str, Any]) -> None:
    _one(page, shown)
    page.get_by_role("button", name="退回").click()
    page.get_by_role("dialog").get_by_role("button", name="退回补正").click()


STATES: dict[str, Callable[[Page, dict[str, Any]], None]] = {
    "queue": _queue,
    "selected": _selected,
    "one": _one,
    "decided": _decided,
    "returning": _returning,
}


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(desk: Desk, union: Union, state: str, size: str) -> None:
    shown = union.apply()
    union.apply(id_number=shown["id_number"])
    page = desk() if size == "desk" else desk(size={"width": 360, "height": 780}, touch=True)
    STATES[state](page, shown)
    page.wait_for_load_state("networkidle")
    assert violations_in_every_look(page) == []


@pytest.mark.parametrize("path", ["figures", "paper"])
def test_axe_finds_nothing_on_other_pages(desk: Desk, union: Union, path: str) -> None:
    shown = union.apply()
    page = desk("/figures" if path == "figures" else f"/{shown['id']}/print")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    assert violations_in_every_look(page) == []


@pytest.mark.parametrize("state", ["queue", "one", "returning"])
def test_on_a_phone_all_can_be_tapped_and_read_at_twice_the_size(desk: Desk, union: Union, state: str) -> None:
    shown = union.apply(name="古丽娜尔·阿卜杜热依木·买合木提江")
    page = desk(size={"width": 360, "height": 780}, touch=True)
    STATES[state](page, shown)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(SMALL) == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_sheets_are_printed_black_on_white_with_nothing_else(desk: Desk, union: Union) -> None:
    shown = union.apply()
    page = desk(f"/{shown['id']}/print", chosen={"theme": "dark"})
    expect(page.locator(".paper")).to_have_count(2)
    page.emulate_media(media="print")
    for gone in (".bar", ".doors", ".papers__tools", ".number__act"):
        expect(page.locator(gone)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.paper')).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.paper')).color") == "rgb(0, 0, 0)"
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 2
    assert not WHOLE.search(page.locator("main").inner_text())


def test_figures_tell_who_waits(desk: Desk, union: Union) -> None:
    officer, first = union.officer(), union.apply()
    union.apply()
    union.decide(officer, first, "return", reason="employer_unclear")
    page = desk("/figures", token=officer)
    expect(page.get_by_role("row", name=union.name)).to_contain_text("快递员")
    expect(page.get_by_role("row", name="用人单位没写清")).to_contain_text("1")


def test_who_may_not_decide_is_told_so(desk: Desk, union: Union) -> None:
    page = desk(token=union.officer(None))
    expect(page.get_by_text("没有审核入会申请的权限")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_count(0)


# ── for somebody without a phone ──


def sign(page: Page) -> None:
    """Write a name into the box, with the mouse."""
    pad = page.locator(".sign-here svg")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 20):
        page.mouse.move(box["x"] + 30 + step * 12, box["y"] + 40 + (step % 3) * 30)
    page.mouse.up()


def test_an_officer_fills_in_for_one_after_another(desk: Desk, union: Union) -> None:
    page = desk("/new")
    expect(page.get_by_text(union.name)).to_be_visible()
    send = page.get_by_role("button", name="提交，接着填下一位")
    send.click()
    expect(page.get_by_text("两项都要本人同意")).to_be_visible()
    expect(page.get_by_text("签名太短或太小")).to_be_visible()
    expect(page.get_by_role("textbox", name="姓名")).to_be_focused()
    numbers = [people.id_number(at, born_on=people.ADULT) for at in (int.from_bytes(os.urandom(2)) % 900, 901)]
    page.get_by_text("快递员", exact=True).click()
    for number in numbers:
        page.get_by_role("textbox", name="姓名").fill("张伟")
        page.get_by_label("身份证号", exact=True).fill(number)
        page.get_by_label("单位或平台").fill("某快递")
        page.get_by_label("主要在哪里干活").fill("梅江区江南路")
        page.get_by_label("已把同意书").check()
        page.get_by_label("本人单独同意").check()
        sign(page)
        send.click()
        expect(page.get_by_text("已提交，受理号")).to_be_visible()
        # The next begins with an empty form for the same union and trade.
        expect(page.get_by_label("身份证号", exact=True)).to_have_value("")
        expect(page.get_by_label("已把同意书")).not_to_be_checked()
        expect(page.get_by_text(union.name)).to_be_visible()
        assert number not in page.content()
    page.get_by_role("link", name="打开").click()
    expect(page.get_by_text("工作人员代填")).to_be_visible()
    expect(rows(page)).to_have_count(2)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_axe_finds_nothing_where_officers_fill_in(desk: Desk, union: Union, size: str) -> None:
    page = desk("/new") if size == "desk" else desk("/new", size={"width": 360, "height": 780}, touch=True)
    expect(page.get_by_text(union.name)).to_be_visible()
    page.get_by_role("button", name="提交，接着填下一位").click()
    page.wait_for_load_state("networkidle")
    assert violations_in_every_look(page) == []
    if size == "phone":
        assert page.evaluate(SMALL) == []
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

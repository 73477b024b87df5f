"""Every page in every state reads for everybody: axe finds nothing, in light, dark and large."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from e2e.conftest import MEIJIANG, MakePhone
from phone import CHOSEN, Phone, installed, names, places
from road import Road, failing, gone, saying, to

pytestmark = pytest.mark.db

AXE = Path(__file__).parents[2] / "pwa" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
LOOKS: dict[str, dict[str, object]] = {
    "light": {"theme": "light", "elder": False, "language": "zh"},
    "dark": {"theme": "dark", "elder": False, "language": "zh"},
    "elder": {"theme": "light", "elder": True, "language": "zh"},
    "English": {"theme": "light", "elder": False, "language": "en"},
}
CHOOSE = f"""(chosen) => {{
  const before = JSON.parse(localStorage.getItem("{CHOSEN}") ?? "{{}}");
  localStorage.setItem("{CHOSEN}", JSON.stringify({{ ...before, ...chosen }}));
  dispatchEvent(new StorageEvent("storage", {{ key: "{CHOSEN}" }}));
}}"""
"""Has a page look as somebody chose in another tab."""


def violations(page: Page) -> list[str]:
    """What axe finds, each with the element; its script comes past the page's policy, by the browser's own door."""
    page.evaluate(AXE.read_text("utf-8") + "\n;undefined")
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]


def looks(page: Page) -> Iterator[str]:
    """Each look by its name, while the page has it."""
    for name, chosen in LOOKS.items():
        page.evaluate(CHOOSE, chosen)
        expect(page.locator(f"html[lang^={chosen['language']}][data-theme={chosen['theme']}]")).to_have_count(1)
        expect(page.locator("html[data-elder]")).to_have_count(int(bool(chosen["elder"])))
        yield name


def violations_in_every_look(page: Page) -> list[str]:
    """What axe finds in any look, each with the look."""
    return [f"{look}: {each}" for look in looks(page) for each in violations(page)]


# ── the states of each page ──


def _first(phone: Phone, _road: Road) -> Page:
    page = phone.visit()
    expect(page.locator(".first .button").first).to_be_visible()
    return page


def _listed(phone: Phone, _road: Road) -> Page:
    _allow(phone)
    page = phone.visit()
    names(page)
    return page


def _none(phone: Phone, _road: Road) -> Page:
    page = _listed(phone, _road)
    for chip in page.locator(".filters button").all()[1:]:
        chip.tap()
    expect(places(page)).to_have_count(0)
    return page


def _waiting(phone: Phone, road: Road) -> Page:
    _allow(phone)
    page = phone.tab()
    page.add_init_script("window.fetch = () => new Promise(() => {})")
    page.goto(road.origin)
    expect(page.locator(".skeleton").first).to_be_visible()
    return page


def _faulty(phone: Phone, road: Road) -> Page:
    _allow(phone)
    with road.broken(to("/api/", failing(500))):
        page = phone.visit()
        expect(page.locator(".fault")).to_be_visible()
    return page


def _offline(phone: Phone, road: Road) -> Page:
    page = _listed(phone, road)
    installed(page)
    phone.context.set_offline(True)
    expect(page.locator(".fault")).to_be_visible()
    return page


def _refused(phone: Phone, _road: Road) -> Page:
    page = phone.visit()
    page.locator(".first .button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def _picking(phone: Phone, _road: Road) -> Page:
    page = phone.visit()
    page.locator(".first .button").last.click()
    expect(page.locator(".picker__row").nth(3)).to_be_visible()
    return page


def _going(phone: Phone, _road: Road) -> Page:
    page = _listed(phone, _road)
    places(page).first.locator(".place__go").click()
    expect(page.get_by_role("dialog").get_by_role("link").first).to_be_visible()
    return page


def _place(phone: Phone, _road: Road) -> Page:
    page = _listed(phone, _road)
    places(page).nth(1).get_by_role("link").click()
    expect(page.locator("main table")).to_be_visible()
    return page


def _no_place(phone: Phone, _road: Road) -> Page:
    page = phone.visit("/p/ZZZZZZ")
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def _place_out_of_reach(phone: Phone, road: Road) -> Page:
    with road.broken(to("/api/", gone)):
        page = phone.visit("/p/ZZZZZZ")
        expect(page.locator(".fault")).to_be_visible()
    return page


def _place_unreadable(phone: Phone, road: Road) -> Page:
    with road.broken(to("/api/", saying("[]"))):
        page = phone.visit("/p/ZZZZZZ")
        expect(page.locator(".fault")).to_be_visible()
    return page


def _more(phone: Phone, _road: Road) -> Page:
    page = phone.visit("/more")
    expect(page.locator("main")).to_be_visible()
    return page


def _privacy(phone: Phone, _road: Road) -> Page:
    page = phone.visit("/privacy")
    expect(page.locator("main h2").first).to_be_visible()
    return page


def _map(phone: Phone, _road: Road) -> Page:
    _allow(phone)
    page = phone.visit("/map")
    expect(page.locator(".mark--place, .mark--cluster").first).to_be_visible()
    return page


def _map_of_nowhere(phone: Phone, _road: Road) -> Page:
    page = phone.visit("/map")
    expect(page.locator(".mark--division").first).to_be_visible()
    return page


def _map_with_a_card(phone: Phone, _road: Road) -> Page:
    page = _map(phone, _road)
    page.locator(".mark--place").first.click()
    expect(page.locator(".atlas__card .place")).to_be_visible()
    return page


def _allow(phone: Phone) -> None:
    phone.context.grant_permissions(["geolocation"], origin=phone.origin)
    phone.move(MEIJIANG)


STATES: dict[str, Callable[[Phone, Road], Page]] = {
    re.sub("^_", "", state.__name__): state
    for state in (
        _first,
        _listed,
        _none,
        _waiting,
        _faulty,
        _offline,
        _refused,
        _picking,
        _going,
        _place,
        _no_place,
        _place_out_of_reach,
        _place_unreadable,
        _more,
        _privacy,
        _map,
        _map_of_nowhere,
        _map_with_a_card,
    )
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(make_phone: MakePhone, road: Road, state: str) -> None:
    assert violations_in_every_look(STATES[state](make_phone(at=None), road)) == []


@pytest.mark.parametrize("state", ["listed", "place", "map_with_a_card"])
def test_axe_finds_nothing_on_a_desk(make_phone: MakePhone, road: Road, state: str) -> None:
    phone = make_phone(at=None, size=DESKTOP, touch=False)
    assert violations(STATES[state](phone, road)) == []


def test_axe_sees_a_planted_fault(make_phone: MakePhone, road: Road) -> None:
    page = _listed(make_phone(at=None), road)
    page.evaluate("document.querySelector('.place__go').replaceChildren()")
    page.evaluate("document.querySelector('.place__name').style.color = '#aaa'")
    assert {each.partition(":")[0] for each in violations(page)} >= {"button-name", "color-contrast"}


def test_axe_sees_a_fault_of_one_look(make_phone: MakePhone, road: Road) -> None:
    page = _listed(make_phone(at=None), road)
    page.evaluate("""() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("html[data-theme=dark] .place__name { color: #333 }");
      document.adoptedStyleSheets.push(sheet);
    }""")
    assert {each.partition(":")[0] for each in violations_in_every_look(page)} == {"dark"}


# ── reach and size ──


SMALL = """() => [...document.querySelectorAll("button, a[href], label:has(input), input")]
  .filter(each => !each.closest("label") || each.matches("label"))
  .filter(each => each.offsetParent !== null && !each.closest("dialog:not([open])"))
  .filter(each => getComputedStyle(each).clipPath === "none")
  .filter(each => each.getBoundingClientRect().height < 55.5)
  .map(each => each.outerHTML.slice(0, 120))
"""
"""What can be tapped and is lower than 56 pixels; what only a keyboard brings forth is left out."""


def test_nothing_is_smaller_than_a_gloved_thumb(make_phone: MakePhone, road: Road) -> None:
    for state in ("first", "listed", "going", "place", "more", "picking", "map_with_a_card"):
        page = STATES[state](make_phone(at=None), road)
        assert page.evaluate(SMALL) == [], state


@pytest.mark.parametrize("state", ["first", "listed", "place", "more", "privacy", "picking", "going", "map"])
def test_text_of_twice_the_size_needs_no_sideways_scroll(make_phone: MakePhone, road: Road, state: str) -> None:
    page = STATES[state](make_phone(at=None, chosen={"elder": True}), road)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_list_is_reached_and_used_by_keyboard(make_phone: MakePhone, road: Road) -> None:
    page = _listed(make_phone(at=None, size=DESKTOP, touch=False), road)
    seen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.innerText"))
    text = "\n".join(seen)
    assert text.index("我的位置") < text.index("到时开着") < text.index("梅江桥") < text.index("去这里")

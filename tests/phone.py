"""A phone with a browser, as tests hold it: where it is, what time it has, and what a rider does with it."""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, ViewportSize, expect

from xiejiao.coordinates import Position

CHROMIUM = Path("/usr/bin/chromium")
SIZE: ViewportSize = {"width": 360, "height": 780}
CHOSEN = "xiejiao.preferences"
"""Where the app keeps what its rider chose."""
ANDROID = "Mozilla/5.0 (Linux; Android 12; M2010J19SC) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36"


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    try:
        yield browser
    finally:
        browser.close()


@dataclass(slots=True)
class Phone:
    """A phone with a fresh browser whose home page is the app at `origin`; `complaints` is what its console says."""

    context: BrowserContext
    origin: str
    clock: dt.datetime | None = None
    complaints: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """The tab that was opened last."""
        return self.context.pages[-1]

    def tab(self) -> Page:
        """A new tab."""
        page = self.context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def visit(self, path: str = "/") -> Page:
        """The app at `path`, in a new tab."""
        page = self.tab()
        page.goto(self.origin + path)
        return page

    def move(self, to: Position, accuracy_m: float = 20) -> None:
        """From now on the phone finds itself there."""
        self.context.set_geolocation({"longitude": to.lon, "latitude": to.lat, "accuracy": accuracy_m})

    def later(self, *, minutes: int) -> None:
        """The phone's clock goes on by so many minutes, or back."""
        assert self.clock is not None
        self.clock += dt.timedelta(minutes=minutes)
        self.context.clock.set_fixed_time(self.clock)


def phone_on(
    browser: Browser,
    origin: str,
    *,
    at: Position | None,
    clock: dt.datetime | None,
    size: ViewportSize = SIZE,
    touch: bool = True,
    chosen: Mapping[str, object] | None = None,
    agent: str = ANDROID,
) -> Phone:
    """A phone that may use its position `at` (None: the rider refuses), and whose clock stands at `clock`.

    `chosen` is what its rider chose on an earlier visit; without `touch` it is a computer on a desk.
    """
    context = browser.new_context(
        viewport=size,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        user_agent=agent if touch else None,
        has_touch=touch,
        is_mobile=touch,
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    if clock is not None:
        context.clock.set_fixed_time(clock)
    if chosen:
        text = json.dumps(json.dumps(chosen))
        context.add_init_script(f"localStorage.getItem('{CHOSEN}') ?? localStorage.setItem('{CHOSEN}', {text})")
    phone = Phone(context, origin, clock)
    if at is not None:
        context.grant_permissions(["geolocation"], origin=origin)
        phone.move(at)
    return phone


def places(page: Page) -> Locator:
    """The places in the list."""
    return page.locator(".list .place")


def names(page: Page) -> list[str]:
    """The names of the places in the list, in its order, once it stands."""
    expect(page.locator(".list[aria-busy=false]")).to_be_visible()
    # Not their inner text, which cards beyond the screen do not have yet.
    return page.locator(".place__name").all_text_contents()


def installed(page: Page) -> None:
    """Wait until the worker keeps the app on this phone."""
    page.evaluate("""() => new Promise((done) => {
      if (navigator.serviceWorker.controller) done(true);
      navigator.serviceWorker.addEventListener("controllerchange", () => done(true), { once: true });
    })""")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")


def count_from_here(page: Page) -> None:
    """Let the phone find itself anew."""
    page.get_by_role("button", name=re.compile("算起")).tap()
    page.get_by_role("dialog").get_by_role("button", name="从我的位置算起").tap()
    expect(page.get_by_role("dialog")).to_have_count(0)

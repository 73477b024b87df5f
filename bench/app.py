"""The rider's app in Debian's Chromium, each figure beside its limit.

Lighthouse judges the pages on the phone and the network that it simulates by default, each run in a fresh browser; on
the list a place to count from is remembered, so that twenty places stand in it. The other parts slow the processor
down by so many times, which says nothing about a phone unless the machine has nothing else to do.
"""

import argparse
import datetime as dt
import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg
from bench import installation, server
from bench.installation import Installation
from bench.pages import CATEGORIES, Judgement, Lighthouse, median
from bench.second_start import free_port
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, sync_playwright
from playwright.sync_api import TimeoutError as TimedOut

from phone import CHOSEN, CHROMIUM, SIZE, chromium, installed, phone_on, places
from xiejiao import database, keyring, seeding
from xiejiao.cluster import Role
from xiejiao.config import Config
from xiejiao.coordinates import Position

PWA = Path(__file__).parents[1] / "pwa"
RUNS = 5
LINKS_TRIED = 3
STARTS = 20
LISTED = 20
SLOWER_START = 4
SLOWER_RANKING = 6
SHANGHAI = Position(121.47, 31.23)
# What the app keeps of a rider who counts from 上海. Shut places stay in the list: it is as long by night as by day.
REMEMBERED = {
    "xiejiao.recent": [{"name": "上海", "lon": SHANGHAI.lon, "lat": SHANGHAI.lat}],
    "xiejiao.picked": True,
    CHOSEN: {"openOnArrival": False},
}
REMEMBER = "kept => Object.entries(kept).forEach(([key, value]) => localStorage.setItem(key, JSON.stringify(value)))"
# Milliseconds from the start of the navigation until so many places stand in the list.
MARK = f"""
globalThis.listedAt = new Promise((done) => {{
  const look = () => document.querySelectorAll(".list .place").length >= {LISTED} && done(performance.now());
  new MutationObserver(look).observe(document, {{ childList: true, subtree: true }});
}});
"""


class Visitor(StrEnum):
    """Whose browser opens a page."""

    NEWCOMER = "newcomer"
    REGULAR = "regular"
    """Counts from a place that the app remembers."""
    MANAGER = "station manager"
    STAFF = "member of union staff"


@dataclass(frozen=True, slots=True)
class Route:
    """A page of the app, who opens it, and the points for performance that it wants."""

    address: str
    opened_by: Visitor
    performance: int


def told(name: str, value: float, wanted: float, *, unit: str = "", at_least: bool = False, digits: int = 0) -> str:
    """A line with a figure, what is wanted, and a word when it is missed."""
    holds = value >= wanted if at_least else value <= wanted
    limit = f"{'≥' if at_least else '≤'} {wanted:g}{unit}"
    return f"  {name:44} {value:9,.{digits}f}{unit:3} wanted {limit:10} {'' if holds else 'MISSED'}".rstrip()


@contextmanager
def _profile(playwright: Playwright, folder: str | Path) -> Iterator[BrowserContext]:
    """A phone whose browser keeps what it is given on the disk, as a rider's does."""
    context = playwright.chromium.launch_persistent_context(
        folder,
        executable_path=CHROMIUM,
        args=["--no-sandbox"],
        viewport=SIZE,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        is_mobile=True,
        has_touch=True,
    )
    try:
        yield context
    finally:
        context.close()


def _remember(context: BrowserContext, origin: str) -> None:
    page = context.new_page()
    # An address without the app: nothing else of it is kept.
    page.goto(f"{origin}/icon.svg")
    page.evaluate(REMEMBER, REMEMBERED)
    page.close()


def _links(there: Installation) -> dict[Visitor, str]:
    """Tokens that sign in once, by who they sign in."""
    keys = keyring.installation_keys(Config(var=str(there.var)))
    with database.connected(there.url(Role.OWNER)) as connection, connection.begin():
        made = seeding.sign_in_links(connection, keys, when=dt.datetime.now(dt.UTC), draw=os.urandom)
    return {Visitor(who.en): token for who, token in made if who.en in set(Visitor)}


def _sign_in(context: BrowserContext, origin: str, there: Installation, visitor: Visitor) -> None:
    """Sign in by a link; the server, which prints links of its own when it is ready, may have made it void."""
    page = context.new_page()
    for _ in range(LINKS_TRIED):
        page.goto(f"{origin}/icon.svg")
        page.goto(f"{origin}/sign-in#once={_links(there)[visitor]}")
        with suppress(TimedOut):
            page.wait_for_url(lambda url: "/sign-in" not in url, timeout=5_000)
            break
    page.close()


def _slower(page: Page, times: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


# ── pages ──


def pages(there: Installation, only: str = "") -> None:
    """Judge every page, or the one at the address `only`, five times and print the medians."""
    lighthouse = Lighthouse.below(there.var.parent / "lighthouse")
    with psycopg.connect(there.url()) as connection:
        ((code,),) = connection.execute(
            "SELECT code FROM site WHERE status = 'active' ORDER BY spot <-> ST_Transform(ST_Point(%s, %s, 4326), 3857)"
            " LIMIT 1",
            (SHANGHAI.lon, SHANGHAI.lat),
        ).fetchall()
    routes = (
        Route("/", Visitor.REGULAR, performance=98),
        Route(f"/p/{code}", Visitor.NEWCOMER, performance=95),
        Route(f"/p/{code}/report", Visitor.NEWCOMER, performance=95),
        Route("/report", Visitor.NEWCOMER, performance=95),
        Route("/more", Visitor.NEWCOMER, performance=95),
        Route("/privacy", Visitor.NEWCOMER, performance=95),
        Route("/map", Visitor.REGULAR, performance=95),
        Route("/sign-in", Visitor.NEWCOMER, performance=95),
        Route("/me", Visitor.MANAGER, performance=95),
        Route("/manage", Visitor.MANAGER, performance=95),
        Route("/staff", Visitor.STAFF, performance=95),
    )
    with tempfile.TemporaryDirectory(prefix="xj-") as folder, server.serving(there, free_port()) as served:
        origin = f"http://127.0.0.1:{served.port}"
        profiles = {visitor: Path(folder) / visitor.name for visitor in Visitor}
        with sync_playwright() as playwright:
            for visitor, profile in profiles.items():
                with _profile(playwright, profile) as context:
                    if visitor is Visitor.REGULAR:
                        _remember(context, origin)
                    if visitor in {Visitor.MANAGER, Visitor.STAFF}:
                        _sign_in(context, origin, there, visitor)
        for route in routes:
            if only and route.address != only:
                continue
            if not served.has(route.address):
                print(f"{route.address}: not served, left out", flush=True)
                continue
            runs = [lighthouse.judge(origin + route.address, profiles[route.opened_by]) for _ in range(RUNS)]
            _tell_judgement(route, median(runs), runs)


def _tell_judgement(route: Route, found: Judgement, runs: Sequence[Judgement]) -> None:
    figures = found.figures
    each = ", ".join(f"{run.figures['performance']:.0f}" for run in runs)
    print(f"{route.address}, median of {len(runs)} runs (performance {each})")
    print(told("performance", figures["performance"], route.performance, at_least=True))
    for category in CATEGORIES[1:]:
        print(told(category, figures[category], 100, at_least=True))
    print(told("largest paint", figures["largest-contentful-paint"], 1_500, unit=" ms"))
    shift = max(run.figures["cumulative-layout-shift"] for run in runs)
    print(told("layout shift, worst run", shift, 0.02, digits=3))
    if route.address == "/":
        fewest = min(run.figures["places-listed"] for run in runs)
        print(told("places in the list that was judged", fewest, LISTED, at_least=True))
    missed = ", ".join(sorted(found.missed)) or "none"
    print(f"  blocked {figures['total-blocking-time']:.0f} ms; audits not passed: {missed}", flush=True)


# ── a start without network ──


def starts(there: Installation) -> None:
    """Start the app on a slow phone without network, and time the way to twenty places."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with (
        tempfile.TemporaryDirectory(prefix="xj-") as folder,
        sync_playwright() as playwright,
        _profile(playwright, folder) as context,
    ):
        with server.serving(there, port):
            _remember(context, origin)
            page = context.new_page()
            page.goto(origin)
            places(page).nth(LISTED - 1).wait_for()
            installed(page)
            page.wait_for_load_state("networkidle")
            page.close()
        # The server has ended: nothing can come from anywhere else than the phone.
        context.set_offline(True)
        took = sorted(_start(context, origin) for _ in range(STARTS))
    print(f"start without network to {LISTED} places, processor {SLOWER_START} times slower, {STARTS} starts")
    print(told("median", statistics.median(took), 1_000, unit=" ms"))
    print(told("worst", took[-1], 1_000, unit=" ms"), flush=True)


def _start(context: BrowserContext, origin: str) -> float:
    page = context.new_page()
    workers = context.new_cdp_session(page)
    workers.send("ServiceWorker.enable")
    # As on a phone that has slept: the worker starts too.
    workers.send("ServiceWorker.stopAllWorkers")
    page.add_init_script(MARK)
    _slower(page, SLOWER_START)
    page.goto(origin, wait_until="commit")
    milliseconds: float = page.evaluate("listedAt")
    page.close()
    return milliseconds


# ── ranking ──


def ranking(there: Installation) -> None:
    """Rank 50,000 places in the browser, and compare the answers with a look at every place."""
    with tempfile.TemporaryDirectory(prefix="xj-") as folder, sync_playwright() as playwright:
        node = Lighthouse.below(there.var.parent / "lighthouse").node
        subprocess.run([node, PWA / "bench" / "bundle.js", "ranking", folder], check=True, timeout=120)  # noqa: S603 - our own words
        with chromium(playwright) as browser:
            page = browser.new_page()
            page.set_default_timeout(0)
            page.add_script_tag(path=Path(folder) / "ranking.js")
            checked: dict[str, int] = page.evaluate("ranking.checked()")
            _slower(page, SLOWER_RANKING)
            found: list[dict[str, Any]] = page.evaluate("ranking.measured()")
    all_, *questions = found
    print(f"nearest {LISTED} of {checked['places']:,} places, processor {SLOWER_RANKING} times slower")
    print(told(f"of {checked['asked']} answers differ from a look at every place", checked["wrong"], 0))
    for each in questions:
        print(told(f"{each['name']}, p95 (p50 {each['p50']:.2f})", each["p95"], 5, unit=" ms", digits=2))
    worst = max(each["p95"] for each in questions)
    print(f"  {all_['name']} takes {all_['p50']:.0f} ms, {all_['p50'] / worst:.0f} times the worst p95", flush=True)


# ── taps ──


class Finger:
    """Counts what the rider taps."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, on: Locator) -> None:
        """Tap, once it is there."""
        on.tap()
        self.taps += 1


def taps(there: Installation) -> None:
    """Go from a first visit to a map app, then again from a later one."""
    with server.serving(there, free_port()) as served, sync_playwright() as playwright, chromium(playwright) as browser:
        origin = f"http://127.0.0.1:{served.port}"
        phone = phone_on(browser, origin, at=None, clock=None)
        phone.context.route(re.compile("^https://"), lambda route: route.fulfill(body="a map app"))
        page, first = phone.visit(), Finger()
        # The rider's tap on the phone's question, which no script can see.
        phone.context.grant_permissions(["geolocation"], origin=origin)
        phone.move(SHANGHAI)
        first.taps += 1
        first.tap(page.get_by_role("button", name="看看我附近的站点"))
        first.tap(places(page).first.get_by_role("button", name="去这里"))
        with page.expect_popup():
            first.tap(page.get_by_role("link", name="高德地图"))
        page.close()
        later_page, later = phone.visit(), Finger()
        with later_page.expect_popup():
            later.tap(places(later_page).first.get_by_role("button", name="去这里"))
    print("taps from opening the app to the map app")
    print(told("first visit, the phone's question included", first.taps, 4))
    print(told("later visit", later.taps, 2), flush=True)


PARTS: dict[str, Callable[[Installation], None]] = {
    "pages": pages,
    "starts": starts,
    "ranking": ranking,
    "taps": taps,
}


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200_000, help="places in the database")
    parser.add_argument("part", nargs="*", help=f"what to measure, of {', '.join(PARTS)}; all when not said")
    parser.add_argument("--page", default="", help="the only address that `pages` judges, as / ; all when not said")
    wanted = parser.parse_args()
    if unknown := set(wanted.part) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    with installation.running(wanted.sites) as there:
        for part in wanted.part or PARTS:
            load = " ".join(f"{each:.1f}" for each in os.getloadavg())
            print(f"── {part} (load {load})", flush=True)
            if part == "pages":
                pages(there, wanted.page)
            else:
                PARTS[part](there)


if __name__ == "__main__":
    main()

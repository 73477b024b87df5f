"""A base map: what its host learns from the tiles that it is asked for."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from e2e.conftest import MakePhone, serving
from installation import Installation
from phone import Phone
from xiejiao.coordinates import Position
from xiejiao.sites.mercator import tile_at
from xiejiao.sites.tiles import CELL_ZOOM

pytestmark = pytest.mark.db

HERE, THERE = Position(116.1045, 24.2925), Position(116.1245, 24.3065)
"""Both ends of a cell: two kilometres apart, with other places nearest."""
TILE = """<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"/>"""
COUNTRY = re.compile(r"example/[3-9]/")
"""The country as a whole, which a map may show until the position is there."""


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation with a base map."""
    with serving(MAP_TILES="https://tiles.example/{z}/{x}/{y}.png", MAP_DATUM="gcj02") as found:
        yield found


def _tiles(phone: Phone) -> set[str]:
    """The tiles that a map asks for that opens, finds the phone anew and goes nearer and farther."""
    asked: set[str] = set()

    def answer(route: Route) -> None:
        if not COUNTRY.search(route.request.url):
            asked.add(route.request.url)
        route.fulfill(body=TILE, content_type="image/svg+xml")

    phone.context.route("https://tiles.example/**", answer)
    page = phone.visit("/map")
    expect(page.locator(".origin span")).to_be_visible()
    expect(page.locator(".mark").first).to_be_visible()
    for button in ("重新定位", "放大", "缩小", "缩小", "重新定位"):
        page.get_by_role("button", name=button, exact=True).tap()
        page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="在这里找")).to_have_count(0)
    assert phone.complaints == []
    return asked


def test_from_anywhere_in_a_cell_the_same_tiles_are_asked_for(make_phone: MakePhone) -> None:
    assert tile_at(*HERE, CELL_ZOOM) == tile_at(*THERE, CELL_ZOOM)
    tiles = _tiles(make_phone(at=HERE))
    assert len(tiles) > 10
    assert max(int(zoom) for zoom in re.findall(r"example/(\d+)/", " ".join(tiles))) == CELL_ZOOM + 1  # by hand
    assert _tiles(make_phone(at=THERE)) == tiles

"""What an installation tells about itself, and the settings that it refuses to serve with."""

from dataclasses import replace
from pathlib import Path

import pytest

from xiejiao.app import create_app
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.installation.rules import Section, origin_of, sections
from xiejiao.installation.settings import LARGEST_TEXT, installation

ADDRESS = "/api/v1/installation"
PLAIN = Config(rate_public="0")
TILES = "https://tiles.example/{z}/{x}/{y}.png"


def test_an_installation_without_settings_tells_nothing() -> None:
    assert create_app(PLAIN).test_client().get(ADDRESS).json == {
        "operator": "",
        "icp_number": "",
        "police_number": "",
        "privacy": [],
        "map": None,
    }


def test_what_is_set_is_told(tmp_path: Path) -> None:
    text = tmp_path / "privacy.md"
    text.write_text("\ufeff我们收集什么都不收集。\n\n# 联系\n\n写信。\n<b>也可以</b>打电话。\n", "utf-8")
    config = replace(
        PLAIN,
        operator="某市总工会 0000-12351",
        icp_number="京ICP备00000000号-1",
        police_number="京公网安备00000000000000号",
        privacy_text=str(text),
        map_tiles=TILES,
        map_datum="GCJ02",
        map_most_zoom="17",
        map_attribution="© 某地图",
        map_review_number="GS(2026)0000号",
    )
    answer = create_app(config).test_client().get(ADDRESS)
    assert answer.json == {
        "operator": "某市总工会 0000-12351",
        "icp_number": "京ICP备00000000号-1",
        "police_number": "京公网安备00000000000000号",
        "privacy": [
            {"heading": "", "paragraphs": ["我们收集什么都不收集。"]},
            {"heading": "联系", "paragraphs": ["写信。\n<b>也可以</b>打电话。"]},
        ],
        "map": {
            "tiles": TILES,
            "datum": "gcj02",
            "most_zoom": 17,
            "attribution": "© 某地图",
            "review_number": "GS(2026)0000号",
        },
    }


def test_who_has_it_already_is_told_so() -> None:
    client = create_app(PLAIN).test_client()
    answer = client.get(ADDRESS)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert client.get(ADDRESS, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" \r\n\r\n", ()),
        ("一\r\n二\r\n \r\n三", (Section("", ("一\n二", "三")),)),
        ("# 甲\n一\n## 乙 #\n\n\n二", (Section("甲", ("一",)), Section("乙 #", ("二",)))),
        ("#甲", (Section("", ("#甲",)),)),
        ("# 甲", (Section("甲", ()),)),
    ],
)
def test_a_text_falls_into_sections(text: str, expected: tuple[Section, ...]) -> None:
    assert sections(text) == expected


@pytest.mark.parametrize(
    ("tiles", "origin"),
    [
        (TILES, "https://tiles.example"),
        ("https://a--b.example:65535/{z}/{x}/{y}", "https://a--b.example:65535"),
        ("https://T0.Example:8443/w?tk=0&l={z}&r={y}&c={x}", "https://t0.example:8443"),
    ],
)
def test_the_origin_of_tiles(tiles: str, origin: str) -> None:
    assert origin_of(tiles) == origin


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("map_tiles", "http://tiles.example/{z}/{x}/{y}.png", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tiles.example; script-src */{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://a@tiles.example/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tile\u017f.example/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tiles.example/\u017f/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tiles..example/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://-tiles.example/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tiles-.example/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tiles.example:0/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tiles.example:65536/{z}/{x}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://{x}.example/{z}/{y}", "MAP_TILES does not begin with https://"),
        ("map_tiles", "https://tiles.example/{z}/{x}/{y}/{s}", "MAP_TILES does not hold"),
        ("map_tiles", "https://tiles.example/{z}/{x}.png", "MAP_TILES does not hold"),
        ("map_tiles", "https://tiles.example/china.pmtiles", "MAP_TILES names a .pmtiles file"),
        ("map_datum", "bd09", "MAP_DATUM is 'bd09'; set it to gcj02 or wgs84"),
        ("map_most_zoom", "23", "MAP_MOST_ZOOM is '23'"),
        ("map_attribution", "a\nb", "MAP_ATTRIBUTION is no line"),
        ("map_review_number", "x" * 201, "MAP_REVIEW_NUMBER is no line"),
        ("operator", "a\tb", "OPERATOR is no line"),
        ("icp_number", "a\x00", "ICP_NUMBER is no line"),
        ("police_number", "a\u2028b", "POLICE_NUMBER is no line"),
        (
            "privacy_text",
            "/nowhere/privacy.md",
            r"PRIVACY_TEXT names /nowhere/privacy.md, which cannot be read \(No such",
        ),
    ],
)
def test_a_setting_that_cannot_be_told_is_refused(setting: str, value: str, sentence: str) -> None:
    with pytest.raises(OperatorError, match=sentence):
        installation(replace(PLAIN, **{setting: value}))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xc4\xe3\xba\xc3", r"not UTF-8 \(byte 0\)"),
        (b"\n", "empty"),
        (b"x" * (LARGEST_TEXT + 1), "larger than 65536"),
    ],
)
def test_a_privacy_text_that_cannot_be_shown_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "privacy.md"
    file.write_bytes(content)
    with pytest.raises(OperatorError, match=sentence):
        installation(replace(PLAIN, privacy_text=str(file)))

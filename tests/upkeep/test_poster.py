"""Posters: everything has its place on the sheet, nothing meets, and PDF and SVG say the same."""

import datetime as dt
import gc
import itertools
import re
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from xiejiao.config import Config
from xiejiao.errors import InputError
from xiejiao.language import Words
from xiejiao.upkeep import poster
from xiejiao.upkeep.poster import Box, Mark, Modules, Paper, Sheet, Text, drawing, pdf, svg
from xiejiao.upkeep.typesetting import ABOVE, BELOW, balanced, broken, shortened, width

FONT = Path(Config().poster_font)
AT = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
SHORT = Sheet(
    name="梅江桥驿站",
    code="K7M4Q2",
    kind=Words("户外劳动者服务站点", "Rest station"),
    organisation="梅州市梅江区总工会",
    host=None,
    address="梅江桥旁",
    hours=("周一至周五 8:30–12:00、14:00–18:00，节假日不详",),
    url="https://xiejiao.example/s/K7M4Q2/3vq8mzt5r0hxa",
)
LONG = replace(
    SHORT,
    name="广东省梅州市梅江区江南街道沿江商业步行街东段快递外卖骑手户外劳动者综合服务站点二号",
    organisation="广东省梅州市梅江区江南街道总工会工作委员会",
    host="某某银行股份有限公司梅州江南支行营业部",
    address="广东省梅州市梅江区江南街道梅江大道 18 号沿江商业步行街东段一楼大堂左侧（近公交站“梅江桥头”）",
    hours=(
        "5月至9月：周一至周五 8:00–12:00、14:30–20:00，周六、周日 9:00–18:00，法定节假日休息",
        "10月至次年4月：周一至周五 8:30–12:00、14:00–18:00，周六、周日 9:30–17:00，法定节假日休息",
    ),
    url="https://xiejiao.meijiang-union.example/s/K7M4Q2/3vq8mzt5r0hxa",
)
NO_HOURS = replace(SHORT, name="站", hours=())
FULL = replace(
    LONG,
    name="站" * 200,
    organisation="总" * 200,
    host="主" * 200,
    address="址" * 200,
    hours=("周一 8:30–12:00，" * 40,),
)
SHEETS = [SHORT, LONG, NO_HOURS, FULL]
every_sheet = pytest.mark.parametrize("sheet", SHEETS, ids=["short", "long", "no hours", "full"])
every_paper = pytest.mark.parametrize("paper", list(Paper), ids=lambda paper: paper.name)

Corners = tuple[float, float, float, float]


def corners(mark: Mark) -> Corners:
    """Left, top, right, bottom of what is printed; of a QR with its quiet zone."""
    if isinstance(mark, Text):
        return mark.x, mark.y - mark.size * ABOVE, mark.x + mark.width, mark.y + mark.size * BELOW
    if isinstance(mark, Modules):
        return mark.x - mark.quiet, mark.y - mark.quiet, mark.x + mark.side + mark.quiet, mark.foot + mark.quiet
    return mark.x, mark.y, mark.x + mark.width, mark.y + mark.height


def inside(inner: Corners, outer: Corners) -> bool:
    """Whether one rectangle lies in another, to a hundredth of a millimetre."""
    return all(a >= b - 0.01 for a, b in zip(inner[:2], outer[:2], strict=True)) and all(
        a <= b + 0.01 for a, b in zip(inner[2:], outer[2:], strict=True)
    )


def apart(one: Corners, other: Corners) -> bool:
    """Whether two rectangles do not meet, to a hundredth of a millimetre."""
    return (
        one[2] <= other[0] + 0.01 or other[2] <= one[0] + 0.01 or one[3] <= other[1] + 0.01 or other[3] <= one[1] + 0.01
    )


def faults_of(marks: list[Mark], paper: Paper) -> list[str]:
    """What is wrong with a drawing: too near the edge, too small, or one upon the other."""
    found = []
    edge = 8 / paper.scale
    page = (edge, edge, paper.width / paper.scale - edge, paper.height / paper.scale - edge)
    found += [f"in the margin: {mark}" for mark in marks if not inside(corners(mark), page)]
    found += [
        f"too small: {mark}"
        for mark in marks
        if isinstance(mark, Text) and mark.size * paper.scale * poster.POINTS < (14 if paper is Paper.A4 else 7)
    ]
    printed = [mark for mark in marks if not isinstance(mark, Box)]
    found += [
        f"{one} meets {other}"
        for one, other in itertools.combinations(printed, 2)
        if not apart(corners(one), corners(other))
    ]
    # Type and QR stand on one ground: within a box, or clear of it.
    found += [
        f"{mark} over the edge of {box}"
        for mark in printed
        for box in marks
        if isinstance(box, Box) and not (inside(corners(mark), corners(box)) or apart(corners(mark), corners(box)))
    ]
    return found


def shown(sheet: Sheet) -> str:
    """All type of a sheet in its order, without spaces."""
    return re.sub(r"\s", "", "".join(mark.text for mark in drawing(sheet) if isinstance(mark, Text)))


# ── the drawing ──


@every_paper
@every_sheet
def test_nothing_meets_and_nothing_is_too_small(sheet: Sheet, paper: Paper) -> None:
    assert faults_of(drawing(sheet), paper) == []


PLAIN = st.text(st.characters(codec="gb18030", categories=["L", "N", "P", "S", "Zs"]), min_size=1)
words = PLAIN.map(str.strip).filter(bool)


@settings(deadline=None)
@given(
    st.builds(
        Sheet,
        name=words,
        code=st.just("K7M4Q2"),
        kind=st.just(SHORT.kind),
        organisation=words,
        host=st.none() | words,
        address=words,
        hours=st.lists(words, max_size=4).map(tuple),
        url=st.integers(0, 10**30).map(lambda key: f"https://xiejiao.example/s/K7M4Q2/{key}"),
    )
)
def test_whatever_a_place_is_called_nothing_meets(sheet: Sheet) -> None:
    assert faults_of(drawing(sheet), Paper.A6) == []


def test_a_sheet_on_which_things_meet_would_be_caught() -> None:
    marks = drawing(SHORT)
    name = next(mark for mark in marks if isinstance(mark, Text) and mark.text == SHORT.name)
    assert faults_of([*marks, name._replace(y=name.y + 10)], Paper.A4)
    assert faults_of([*marks, Text(1, 100, 6, "边")], Paper.A4)
    assert faults_of([*marks, Text(100, 292, 6, "边")], Paper.A4)
    assert faults_of([*marks, Text(180, name.y + 3, 3, "小")], Paper.A6)


@every_sheet
def test_a_sheet_says_what_the_place_is_and_what_the_qr_is_for(sheet: Sheet) -> None:
    text = shown(sheet)
    assert text.startswith("歇脚")
    for said in (sheet.name, sheet.kind.zh, "扫一扫：看开门时间、反映问题、入会", sheet.url, "K7M4Q2"):
        assert said.replace(" ", "") in text
    assert "Scantoseeopeninghours,reportaproblem,jointheunion." in text


def test_hours_stand_on_the_sheet_or_are_left_to_the_qr() -> None:
    assert SHORT.hours[0].replace(" ", "") in shown(SHORT)
    assert all(line.replace(" ", "") in shown(LONG) for line in LONG.hours)
    for sheet in (NO_HOURS, FULL):
        assert "扫码查看" in shown(sheet)
        assert "8:30" not in shown(sheet)


def test_what_a_place_does_not_have_is_not_named() -> None:
    assert "所在单位" in shown(LONG)
    assert "所在单位" not in shown(SHORT)
    only = replace(SHORT, asks=(Words("反映问题", "report a problem"),))
    assert "扫一扫：看开门时间、反映问题" in shown(only)
    assert "入会" not in shown(only)


def test_the_name_is_the_largest_and_shrinks_only_as_it_must() -> None:
    def size(sheet: Sheet) -> float:
        return max(mark.size for mark in drawing(sheet) if isinstance(mark, Text) and mark.text in sheet.name)

    assert size(SHORT) == max(mark.size for mark in drawing(SHORT) if isinstance(mark, Text))
    assert size(SHORT) > size(replace(SHORT, name="梅江桥户外劳动者服务站点")) > size(LONG) > size(FULL)


@every_sheet
def test_the_qr_is_the_address_and_large_enough(sheet: Sheet) -> None:
    (qr,) = (mark for mark in drawing(sheet) if isinstance(mark, Modules))
    assert [[int(dark) for dark in row] for row in qr.rows] == [
        list(row) for row in segno.make_qr(sheet.url, "q").matrix
    ]
    assert qr.side * Paper.A4.scale >= 60
    assert qr.side * Paper.A6.scale >= 30
    assert qr.quiet >= 4 * qr.module
    places = [(column, line) for line, row in enumerate(qr.rows) for column, dark in enumerate(row) if dark]
    drawn = [
        (x + step * qr.module, y, round(length / qr.module * 1000) % 1000, height)
        for x, y, length, height in qr.strokes()
        for step in range(round(length / qr.module))
    ]
    wanted = [(qr.x + column * qr.module, qr.y + line * qr.module, 0, qr.module) for column, line in places]
    assert [number for stroke in drawn for number in stroke] == pytest.approx([n for stroke in wanted for n in stroke])


def test_the_qr_stands_on_white() -> None:
    marks = drawing(SHORT)
    (qr,) = (mark for mark in marks if isinstance(mark, Modules))
    ground = [mark for mark in marks[: marks.index(qr)] if isinstance(mark, Box) and inside(corners(qr), corners(mark))]
    assert ground[-1].colour == poster.WHITE


# ── SVG ──

SVG = "{http://www.w3.org/2000/svg}"


@every_paper
@every_sheet
def test_the_svg_is_the_drawing(sheet: Sheet, paper: Paper) -> None:
    root = ET.fromstring(svg(sheet, paper))  # noqa: S314 - our own
    assert (root.get("width"), root.get("height")) == (f"{paper.width}mm", f"{paper.height}mm")
    texts = [mark for mark in drawing(sheet) if isinstance(mark, Text)]
    drawn = root.findall(f"{SVG}text")
    assert [each.text for each in drawn] == [mark.text for mark in texts]
    assert [float(each.get("textLength", 0)) for each in drawn] == pytest.approx(
        [mark.width for mark in texts], abs=0.001
    )
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == {"svg", "title", "text", "rect", "path"}


def test_a_name_cannot_bring_markup_in() -> None:
    sheet = replace(SHORT, name='</text><script>alert("1")</script>&', url='https://xiejiao.example/"&<')
    root = ET.fromstring(svg(sheet, Paper.A4))  # noqa: S314 - our own
    assert root.find(f"{SVG}script") is None
    assert root.findtext(f"{SVG}title") == sheet.name


# ── PDF ──


OPERATORS = re.compile(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
STROKES = re.compile(rb"m ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re")
ESCAPES = {b"r": b"\r"}


def streams(document: bytes) -> list[bytes]:
    """The streams of a PDF, unpacked."""
    found = re.findall(rb"stream\n(.*?)\nendstream", document, re.DOTALL)
    return [zlib.decompress(stream) if stream[:1] == b"\x78" else stream for stream in found]


def read(document: bytes) -> str:
    """What a reader of a PDF finds when it searches its pages: all text as Unicode, without spaces."""
    unpacked = streams(document)
    (mapping,) = (stream for stream in unpacked if b"beginbfchar" in stream)
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", mapping.partition(b"beginbfchar")[2])
    unicode = {bytes.fromhex(glyph.decode()): bytes.fromhex(code.decode()).decode("utf-16-be") for glyph, code in pairs}
    text, face = "", b""
    for chosen, typed in OPERATORS.findall(b"".join(stream for stream in unpacked if b" Tf" in stream)):
        face = chosen or face
        if not chosen:
            raw = re.sub(rb"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), typed, flags=re.DOTALL)
            glyphs = (raw[place : place + 2] for place in range(0, len(raw), 2))
            text += "".join(unicode[glyph] for glyph in glyphs) if face == b"1" else raw.decode("cp1252")
    return re.sub(r"\s", "", text)


@every_paper
def test_the_pdf_has_a_page_for_each_sheet_and_says_what_the_drawing_says(paper: Paper) -> None:
    document = pdf(SHEETS, paper, font=FONT, at=AT)
    assert read(document) == "".join(shown(sheet) for sheet in SHEETS)
    pages = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", document)
    size = [length * poster.POINTS for length in (paper.width, paper.height)]
    assert all([float(length) for length in page] == pytest.approx(size, abs=0.01) for page in pages)
    assert document.count(b"/Type /Page\n") == len(SHEETS)


def test_the_pdf_holds_the_characters_that_it_needs_and_no_whole_font() -> None:
    document = pdf([SHORT], Paper.A4, font=FONT, at=AT)
    assert b"/FontFile2" in document
    assert len(document) < 40_000 < FONT.stat().st_size


def test_the_pdf_draws_the_modules_where_the_drawing_has_them() -> None:
    document = pdf([SHORT], Paper.A6, font=FONT, at=AT)
    (qr,) = (mark for mark in drawing(SHORT) if isinstance(mark, Modules))
    (page,) = (stream for stream in streams(document) if b" Tf" in stream)
    (found,) = re.findall(rb"([\d.-]+) 0 0 -\1 0 ([\d.]+) cm[^f]*", page)
    drawn = [float(number) for stroke in STROKES.findall(page) for number in stroke]
    assert [float(number) for number in found] == pytest.approx([poster.POINTS, Paper.A6.height * poster.POINTS], 0.001)
    wanted = [length * Paper.A6.scale for stroke in qr.strokes() for length in stroke]
    assert drawn == pytest.approx(wanted, abs=0.001)


def test_the_same_sheets_give_the_same_bytes() -> None:
    first, second = (pdf(SHEETS, Paper.A6, font=FONT, at=AT) for _ in range(2))
    assert first == second
    assert b"D:20261120090000Z" in first
    assert first != pdf(SHEETS, Paper.A6, font=FONT, at=AT + dt.timedelta(seconds=1))
    assert svg(LONG, Paper.A4) == svg(LONG, Paper.A4)


def refusal(sheet: Sheet, font: Path) -> str:
    """The one fault that keeps a sheet from becoming a PDF, in English."""
    with pytest.raises(InputError) as refused:
        pdf([SHORT, sheet], Paper.A4, font=font, at=AT)
    (fault,) = refused.value.faults
    assert fault.field == "format"
    assert "SVG" in fault.message.zh
    return fault.message.en


# fontTools leaves a file open that turns out to be no font.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_a_font_there_is_no_pdf(tmp_path: Path) -> None:
    broken_font = tmp_path / "font.ttf"
    broken_font.write_bytes(b"no font")
    for font in (tmp_path / "missing.ttf", broken_font, tmp_path):
        assert "no Chinese font" in refusal(SHORT, font)
    gc.collect()


def test_characters_that_the_font_lacks_are_named() -> None:
    sheet = replace(SHORT, name="𠮷家🍜𠮷")
    assert "none of 𠮷🍜;" in refusal(sheet, FONT)
    assert "𠮷家🍜𠮷".encode() in svg(sheet, Paper.A4)


# ── setting type ──


@settings(deadline=None)
@given(PLAIN, st.floats(5, 30), st.booleans())
def test_lines_fit_and_lose_nothing(text: str, size: float, bold: bool) -> None:  # noqa: FBT001 - drawn
    for lines in (broken(text, size, 80, bold=bold), balanced(text, size, 80, bold=bold)):
        assert all(width(line, size, bold=bold) <= 80 for line in lines.texts)
        assert re.sub(r"\s", "", "".join(lines.texts)) == re.sub(r"\s", "", text)
    assert len(balanced(text, size, 80, bold=bold).texts) == len(broken(text, size, 80, bold=bold).texts)


def test_a_line_is_as_wide_as_its_faces_say() -> None:
    # Adobe's metrics of Helvetica and Helvetica-Bold; Chinese is square.
    assert width("8:30–12:00", 10) == pytest.approx(7 * 5.56 + 2 * 2.78 + 5.56)
    assert width("Mi", 10, bold=True) == pytest.approx(8.33 + 2.78)
    assert width("歇脚，", 10, bold=True) == 30


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("周一至周五 8:30–12:00、14:00–18:00，节假日不详", 120, ("周一至周五 8:30–12:00、", "14:00–18:00，节假日不详")),
        ("周一至周五 8:30–12:00，节假日不详", 130, ("周一至周五 8:30–12:00，", "节假日不详")),
        ("梅江桥户外劳动者服务站点", 65, ("梅江桥", "户外劳动者", "服务站点")),
        ("沿江路（梅江桥头）", 40, ("沿江路", "（梅江桥", "头）")),
        ("https://a.example/s/K7M4Q2/3vq8", 100, ("https://a.example/s/", "K7M4Q2/3vq8")),
        ("abcdefghij", 20, ("abc", "defg", "hij")),
    ],
)
def test_lines_break_where_a_reader_would_break_them(text: str, room: float, lines: tuple[str, ...]) -> None:
    assert broken(text, 10, room).texts == lines


def test_lines_of_a_name_are_of_like_length() -> None:
    assert broken("一二三四五六七八九十甲乙丙", 10, 100).texts == ("一二三四五六七八九十", "甲乙丙")
    assert balanced("一二三四五六七八九十甲乙丙", 10, 100).texts == ("一二三四五六七", "八九十甲乙丙")


def test_what_is_too_long_ends_with_an_ellipsis() -> None:
    assert shortened("一二三四五六七八", 10, 50, 1).texts == ("一二三四…",)
    assert shortened("一二三四五", 10, 50, 1).texts == ("一二三四五",)

"""The sheet that hangs at a place: name, hours, code and QR, as SVG and as PDF from one drawing."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple, cast
from xml.sax.saxutils import escape, quoteattr

import segno
from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont

from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words
from xiejiao.upkeep.typesetting import (
    ABOVE,
    BELOW,
    LATIN,
    LINE,
    Lines,
    balanced,
    broken,
    is_whole,
    runs,
    shortened,
    width,
)

GREEN, INK, WHITE = "#00583f", "#000000", "#ffffff"
"""The green of the app, which prints as a dark grey where there is no colour."""
POINTS = 72 / 25.4
"""Points in a millimetre."""
OUTLINE = 0.035
"""How thick the outline is that makes Chinese bold, in sizes."""
QUIET_ZONE = 4
"""Modules of white around the QR (ISO/IEC 18004)."""
SVG_FONTS = 'Helvetica, Arial, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
_CHINESE = "chinese"

# All lengths of the drawing are millimetres on A4; A6 is the same at half the size.
PAGE_WIDTH, PAGE_HEIGHT = 210, 296
MARGIN = 17
LEFT, RIGHT, BOTTOM = MARGIN, PAGE_WIDTH - MARGIN, PAGE_HEIGHT - MARGIN
ROOM = RIGHT - LEFT
SMALL = 5.0
"""The smallest type: 14 points, and 7 on A6."""
NAME_SIZES = (34, 31, 28, 25, 23, 21, 19, 17, 15.5, 14, 13, 12, 11, 10, 9, 8, 7, 6, SMALL)
HOURS_SIZES = (12, 11, 10, 9, 8, 7, 6.2, 5.6, SMALL)
LEAST_WHOLE = 7
"""The smallest size for which hours are made smaller so that a line ends where a clause does."""
NAME_HEIGHT, HOURS_HEIGHT = 44, 38
"""How high the name and the hours may be; on a crowded sheet the name gives way, and the hours by half of that."""
MOST_GIVEN = 22
GAP = 7
"""The least white between parts."""
LEAST_QR, MOST_QR = 75, 104
"""The side of the QR with its quiet zone; its modules take five sixths of that."""
BRAND, LABEL, BAND = 19, 12, 21
"""How high are the row with the product's name, the label of the hours, and the band above the QR."""
PAD = 7
FRAME = 1
CAPITAL = 0.72
"""The height of a capital letter, in sizes."""


class Paper(Enum):
    """Paper that a sheet is made for: width and height in millimetres, and the scale of the drawing on it."""

    A4 = (210, 297, 1.0)
    A6 = (105, 148, 0.5)

    @property
    def width(self) -> float:
        """Millimetres across."""
        return self.value[0]

    @property
    def height(self) -> float:
        """Millimetres from top to bottom."""
        return self.value[1]

    @property
    def scale(self) -> float:
        """Millimetres of paper for one of the drawing."""
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says of a place; `hours` are lines in Chinese, `asks` what else the QR is good for."""

    name: str
    code: str
    kind: Words
    organisation: str
    host: str | None
    address: str
    hours: tuple[str, ...]
    url: str
    asks: tuple[Words, ...] = (Words("反映问题", "report a problem"), Words("入会", "join the union"))


# ── the drawing ──


class Text(NamedTuple):
    """A line of type that begins at x and stands on y."""

    x: float
    y: float
    size: float
    text: str
    bold: bool = False
    colour: str = INK

    @property
    def width(self) -> float:
        """Millimetres that it takes."""
        return width(self.text, self.size, bold=self.bold)


class Box(NamedTuple):
    """A filled rectangle with its upper left corner at x, y."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    radius: float = 0


class Modules(NamedTuple):
    """The dark modules of a QR, rows from the top; x, y is the corner of its first module."""

    x: float
    y: float
    module: float
    rows: tuple[tuple[bool, ...], ...]

    @property
    def side(self) -> float:
        """Millimetres that the modules take in each direction."""
        return self.module * len(self.rows)

    @property
    def foot(self) -> float:
        """Where the last row ends."""
        return self.y + self.side

    @property
    def quiet(self) -> float:
        """Millimetres of white that it needs around it."""
        return self.module * QUIET_ZONE

    def strokes(self) -> Iterator[tuple[float, float, float, float]]:
        """The dark modules as rectangles x, y, width, height: neighbours in a row are one."""
        for down, row in enumerate(self.rows):
            across = 0
            while across < len(row):
                length = next((step for step, dark in enumerate(row[across:]) if not dark), len(row) - across)
                if length:
                    left, top = self.x + across * self.module, self.y + down * self.module
                    yield left, top, length * self.module, self.module
                across += max(length, 1)


Mark = Text | Box | Modules


def drawing(sheet: Sheet) -> list[Mark]:
    """What is printed, in millimetres on A4, from the back to the front.

    The name, then the hours, take what they need within bounds; the QR takes what is left, and the gaps the rest. Hours
    too long for any size are left to the QR.
    """
    address = shortened(sheet.address, 6.5, ROOM, 2)
    feet = [
        shortened(f"{label}：{text}", SMALL, ROOM, 1)
        for label, text in (("主管工会", sheet.organisation), ("所在单位", sheet.host))
        if text
    ]
    url = broken(sheet.url, 5.4, ROOM - 2 * PAD)
    around = BAND + url.height + PAD
    fixed = BRAND + 5 + address.height + LABEL + around + 4 + sum(each.size * LINE for each in feet)
    for given in range(MOST_GIVEN + 1):
        name, hours = _name(sheet.name, NAME_HEIGHT - given), _hours(sheet.hours, HOURS_HEIGHT - given / 2)
        free = BOTTOM - MARGIN - fixed - name.height - sum(map(_slot, hours))
        if free >= LEAST_QR + 3 * GAP:
            break
    qr = max(LEAST_QR, min(MOST_QR, free - 3 * GAP))
    gap = (free - qr) / 3

    marks: list[Mark] = [*_brand(sheet.kind)]
    y = MARGIN + BRAND + gap
    marks += _set(name, LEFT, y, bold=True)
    y += name.height + 5
    marks += _set(address, LEFT, y)
    y += address.height + gap
    label = Text(LEFT, y + 10, 6, "开门时间", bold=True, colour=GREEN)
    marks += [Box(LEFT, y, ROOM, 1, GREEN), label]
    marks += [Text(LEFT + label.width + 3, label.y, SMALL, "Opening hours", colour=GREEN)]
    y += LABEL
    for each in hours:
        y += _slot(each)
        marks += _set(each, LEFT, y - each.height, bold=True)
    y += gap
    marks += _panel(sheet, url, y, around + qr, _qr(sheet.url, LEFT + FRAME, y + BAND, qr))
    y += around + qr + 4
    for each in feet:
        marks += _set(each, LEFT, y)
        y += each.size * LINE
    return marks


def _name(name: str, height: float) -> Lines:
    """The name in the largest type that fits."""
    for size in NAME_SIZES:
        lines = balanced(name, size, ROOM, bold=True)
        if lines.height <= height:
            break
    return lines


def _hours(lines: Sequence[str], height: float) -> list[Lines]:
    """The lines of hours in one size, the largest in which they fit without breaking a clause, else the largest."""
    settings = [[broken(line, size, ROOM, bold=True) for line in lines] for size in HOURS_SIZES if lines]
    fitting = [setting for setting in settings if sum(map(_slot, setting)) <= height]
    whole = (setting for setting in fitting if all(map(is_whole, setting)) and setting[0].size >= LEAST_WHOLE)
    return next(whole, None) or next(iter(fitting), [Lines(("扫码查看",), 10)])


def _slot(lines: Lines) -> float:
    """Millimetres that lines of hours take with the white above them."""
    return lines.height + lines.size * 0.35


def _set(lines: Lines, x: float, y: float, *, bold: bool = False, colour: str = INK) -> Iterator[Text]:
    """Lines from the top y downwards."""
    for place, text in enumerate(lines.texts):
        yield Text(x, y + lines.size * (ABOVE + LINE * place), lines.size, text, bold, colour)


def _brand(kind: Words) -> Iterator[Mark]:
    """The product's name and what kind of place this is."""
    size = 12.5
    yield Box(LEFT, MARGIN, 2 * size + 12, BRAND, GREEN, radius=4)
    yield Text(LEFT + 6, _middle(MARGIN + BRAND / 2, size), size, "歇脚", bold=True, colour=WHITE)
    x = LEFT + 2 * size + 12 + 6
    yield Text(x, MARGIN + 8.2, 8.4, kind.zh, bold=True)
    yield Text(x, MARGIN + BRAND - 1.6, 5.6, kind.en)


def _panel(sheet: Sheet, url: Lines, y: float, height: float, qr: Modules) -> Iterator[Mark]:
    """What one does with the QR, the QR, its address, and the code for who cannot scan."""
    yield Box(LEFT, y, ROOM, height, GREEN, radius=5)
    yield Box(LEFT + FRAME, y + BAND, ROOM - 2 * FRAME, height - BAND - FRAME, WHITE, radius=4)
    call = "扫一扫：" + "、".join(["看开门时间", *(ask.zh for ask in sheet.asks)])
    size = min(10.5, (ROOM - 2 * PAD) / width(call, 1, bold=True))
    yield Text(LEFT + PAD, _middle(y + BAND / 2, size), size, call, bold=True, colour=WHITE)
    yield qr
    yield from _set(url, qr.x, qr.foot + qr.quiet)
    x = qr.x + qr.side + qr.quiet
    room = RIGHT - PAD - x
    scan = broken("微信或相机扫码", 7.4, room, bold=True)
    english = f"Scan to {', '.join(['see opening hours', *(ask.en for ask in sheet.asks)])}."
    yield from _set(scan, x, qr.y, bold=True)
    yield from _set(broken(english, 5.4, room), x, qr.y + scan.height + 4)
    grouped = f"{sheet.code[:3]} {sheet.code[3:]}"
    size = min(17, room / width(grouped, 1, bold=True))
    yield Text(x, qr.foot - size * CAPITAL - 4, SMALL, "地点编号 Place code", colour=GREEN)
    yield Text(x, qr.foot, size, grouped, bold=True)


def _qr(url: str, x: float, y: float, side: float) -> Modules:
    """The QR of an address in a square of this side, with its quiet zone."""
    rows = tuple(tuple(map(bool, row)) for row in segno.make_qr(url, error="q", boost_error=False).matrix)
    module = side / (len(rows) + 2 * QUIET_ZONE)
    return Modules(x + QUIET_ZONE * module, y + QUIET_ZONE * module, module, rows)


def _middle(y: float, size: float) -> float:
    """The line on which type stands that is centred about y."""
    return y + size * (ABOVE - BELOW) / 2


# ── the two writers ──


def svg(sheet: Sheet, paper: Paper) -> bytes:
    """The sheet as a drawing for browsers, which set it in the fonts that they have."""
    across, down = (f"{length / paper.scale:g}" for length in (paper.width, paper.height))
    size = f'width="{paper.width}mm" height="{paper.height}mm" viewBox="0 0 {across} {down}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="zh-CN" {size} font-family={quoteattr(SVG_FONTS)}>',
        f"<title>{escape(sheet.name)}</title>",
        f'<rect width="{across}" height="{down}" fill="{WHITE}"/>',
        *map(_svg_mark, drawing(sheet)),
        "</svg>\n",
    ]
    return "\n".join(parts).encode()


def _svg_mark(mark: Mark) -> str:
    match mark:
        case Text():
            # Other fonts are wider or narrower; the line keeps its length, so that nothing meets.
            face = f'font-size="{mark.size:.3f}" font-weight="{700 if mark.bold else 400}" fill="{mark.colour}"'
            length = f'textLength="{mark.width:.3f}" lengthAdjust="spacingAndGlyphs"'
            return f'<text x="{mark.x:.3f}" y="{mark.y:.3f}" {face} {length}>{escape(mark.text)}</text>'
        case Box():
            return (
                f'<rect x="{mark.x:.3f}" y="{mark.y:.3f}" width="{mark.width:.3f}" height="{mark.height:.3f}" '
                f'rx="{mark.radius}" fill="{mark.colour}"/>'
            )
        case Modules():
            path = "".join(f"M{x:.3f} {y:.3f}h{w:.3f}v{h:.3f}h-{w:.3f}z" for x, y, w, h in mark.strokes())
            return f'<path d="{path}" fill="{INK}" shape-rendering="crispEdges"/>'


def pdf(sheets: Iterable[Sheet], paper: Paper, *, font: Path, at: dt.datetime) -> bytes:
    """The sheets as pages for print, Chinese in `font`; made `at`, so that the same sheets give the same bytes.

    InputError when the font is not there or lacks a character of a sheet.
    """
    document = FPDF(unit="mm", format=(paper.width, paper.height))
    face = _face(document, font)
    document.core_fonts_encoding = "cp1252"
    document.set_creation_date(at)
    document.set_lang("zh-CN")
    document.set_auto_page_break(auto=False)
    with closing(face):
        for sheet in sheets:
            marks = drawing(sheet)
            _check_characters(face, marks)
            document.add_page()
            for mark in marks:
                _pdf_mark(document, mark, paper.scale)
        return bytes(document.output())


def _face(document: FPDF, font: Path) -> TTFFont:
    """The Chinese face, taken into the document; InputError when the file is none."""
    try:
        document.add_font(_CHINESE, fname=font)
    except Exception as error:  # what is no font makes its reader raise nearly everything there is
        words = Words(
            "服务器上没有可用的中文字体，不能生成 PDF；请改用 SVG 打印",
            "the server has no Chinese font to make a PDF with; print the SVG instead",
        )
        raise InputError(FieldFault("format", words)) from error
    return cast("TTFFont", document.fonts[_CHINESE])


def _check_characters(face: TTFFont, marks: Iterable[Mark]) -> None:
    """InputError that names the characters for which the font has no glyph."""
    texts = [mark.text for mark in marks if isinstance(mark, Text)]
    chinese = "".join(run for text in texts for latin, run in runs(text) if not latin)
    missing = "".join(dict.fromkeys(character for character in chinese if ord(character) not in face.cmap))
    if missing:
        words = Words(
            f"服务器上的字体没有这些字：{missing}；请改用 SVG 打印",
            f"the server's font has none of {missing}; print the SVG instead",
        )
        raise InputError(FieldFault("format", words))


def _pdf_mark(document: FPDF, mark: Mark, scale: float) -> None:
    match mark:
        case Text():
            _pdf_text(document, mark, scale)
        case Box():
            document.set_fill_color(mark.colour)
            place = (mark.x * scale, mark.y * scale, mark.width * scale, mark.height * scale)
            document.rect(*place, style="F", round_corners=mark.radius > 0, corner_radius=mark.radius * scale)
        case Modules():
            # One path, so that no viewer shows hairlines between the rows.
            with document.new_path() as path:
                path.style.fill_color = INK
                path.style.stroke_color = None
                for stroke in mark.strokes():
                    path.rectangle(*(length * scale for length in stroke))


def _pdf_text(document: FPDF, mark: Text, scale: float) -> None:
    """A line run by run: Latin in a face that every reader has, Chinese in ours, made bold by its outline."""
    points = mark.size * scale * POINTS
    x = mark.x
    for latin, run in runs(mark.text):
        document.set_font(LATIN if latin else _CHINESE, "B" if mark.bold and latin else "", points)
        outlined = TextMode.FILL_STROKE if mark.bold and not latin else TextMode.FILL
        with document.local_context(
            text_mode=outlined, line_width=points * OUTLINE, text_color=mark.colour, draw_color=mark.colour
        ):
            document.text(x * scale, mark.y * scale, run)
        x += width(run, mark.size, bold=mark.bold)

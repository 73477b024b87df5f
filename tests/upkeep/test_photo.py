"""Photos: only the picture itself comes through, and every file that is no photo is refused in words."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageDraw, PngImagePlugin

from xiejiao.errors import InputError
from xiejiao.upkeep import photo
from xiejiao.upkeep.photo import Photo, reencoded

SECRET = b"NEIGHBOUR-AT-113.264385"
"""What a sender's file says beside its picture."""
TRACES = (SECRET, SECRET[:6], b"Exif", b"http", b"ICC", b"PK\x03\x04", b"<script", b"<html", b"xmp")
RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 60), (30, 60, 200), (255, 255, 255)
TOLERANCE = 12
"""How far a JPEG of quality 80 may stray from a plain colour."""


def scene(size: tuple[int, int] = (120, 80), mode: str = "RGB") -> Image.Image:
    """A picture whose corner tells how it is turned: red at the upper left, green right, blue below."""
    picture = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(picture)
    half = (size[0] // 2, size[1] // 2)
    draw.rectangle((0, 0, half[0] - 1, half[1] - 1), RED)
    draw.rectangle((half[0], 0, size[0], half[1] - 1), GREEN)
    draw.rectangle((0, half[1], half[0] - 1, size[1]), BLUE)
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str = "JPEG", **extras: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **extras)
    return out.getvalue()


def corners(jpeg: bytes) -> list[tuple[int, int, int]]:
    """The colours in the middle of the four quarters: upper left, upper right, lower left, lower right."""
    with Image.open(io.BytesIO(jpeg)) as image:
        plain = image.convert("RGB")
    places = [(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    found = [plain.getpixel((int(plain.width * x), int(plain.height * y))) for x, y in places]
    return [colour for colour in found if isinstance(colour, tuple)]  # type: ignore[misc]  # RGB has three


def alike(found: list[tuple[int, int, int]], *wanted: tuple[int, int, int]) -> bool:
    """Whether colours are the same but for what JPEG does to them."""
    pairs = zip(found, wanted, strict=True)
    return all(abs(one - other) <= TOLERANCE for pair in pairs for one, other in zip(*pair, strict=True))


def refusal(data: bytes) -> str:
    """The one fault that a file has, in English; every fault has Chinese words too."""
    with pytest.raises(InputError) as refused:
        reencoded(data)
    (fault,) = refused.value.faults
    assert fault.field == "photo"
    assert any("\u4e00" <= character <= "\u9fff" for character in fault.message.zh)
    return fault.message.en


def extras_of(jpeg: bytes) -> list[int]:
    """The markers of a JPEG before its picture, without those that every plain JPEG needs (JFIF, tables, frame)."""
    place, found = 2, []
    while jpeg[place + 1] != 0xDA:
        marker = jpeg[place + 1]
        found.append(marker)
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4])
    return [marker for marker in found if marker not in {0xE0, 0xDB, 0xC0, 0xC4}]


def well_made(made: Photo) -> bool:
    """Whether both files are plain JPEGs within their sides and end where their picture ends."""
    for jpeg, side in ((made.jpeg, photo.LONG_SIDE), (made.small, photo.SMALL_SIDE)):
        with Image.open(io.BytesIO(jpeg)) as image:
            image.load()
            sized = image.format == "JPEG" and max(image.size) <= side
            bare = set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        if not sized or not bare or extras_of(jpeg) or jpeg.count(b"\xff\xd9") != 1 or jpeg[-2:] != b"\xff\xd9":
            return False
    with Image.open(io.BytesIO(made.jpeg)) as image:
        return image.size == (made.width, made.height)


# ── what comes through ──


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_comes_through_upright_and_within_its_sides(kind: str) -> None:
    made = reencoded(saved(scene((2400, 1200)), kind))
    assert (made.width, made.height) == (1600, 800)
    assert well_made(made)
    for jpeg in (made.jpeg, made.small):
        assert alike(corners(jpeg), RED, GREEN, BLUE, WHITE)
    with Image.open(io.BytesIO(made.small)) as small:
        assert small.size == (480, 240)


def test_a_small_photo_is_not_blown_up() -> None:
    made = reencoded(saved(scene((30, 20))))
    assert (made.width, made.height) == (30, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_its_camera_held_it(orientation: int) -> None:
    # What a camera stores when it is held so that its owner sees the scene: the inverse of the turn it asks for.
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    held = scene().transpose(stored[orientation]) if orientation in stored else scene()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    made = reencoded(saved(held, exif=exif, quality=95))
    assert (made.width, made.height) == (120, 80)
    assert alike(corners(made.jpeg), RED, GREEN, BLUE, WHITE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_photo_whose_exif_is_broken_comes_through_as_it_lies() -> None:
    broken = b"Exif\0\0MM\0*" + b"\xff" * 40
    assert alike(corners(reencoded(saved(scene(), exif=broken)).jpeg), RED, GREEN, BLUE, WHITE)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("L", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")],
)
def test_every_way_of_keeping_colours_is_understood(mode: str, kind: str) -> None:
    grey = scene().convert("L").convert("RGB")
    picture = scene().quantize(4) if mode == "P" else scene(mode=mode)
    made = reencoded(saved(picture, kind))
    expected = (grey if mode.startswith("L") else scene()).resize((2, 2), Image.Resampling.NEAREST)
    wanted = [expected.getpixel((x, y)) for y in (0, 1) for x in (0, 1)]
    assert alike(corners(made.jpeg), *wanted)  # type: ignore[arg-type]  # RGB has three
    assert well_made(made)


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    deep = Image.new("I;16", (40, 40), 40_000)
    assert alike(corners(reencoded(saved(deep, "PNG")).jpeg), *[(155, 155, 155)] * 4)


def test_black_and_white_bits_come_through() -> None:
    bits = Image.new("1", (40, 40), 1)
    assert alike(corners(reencoded(saved(bits, "PNG")).jpeg), *[WHITE] * 4)


def clear_rgba() -> bytes:
    """A picture of red that nobody can see."""
    return saved(Image.new("RGBA", (40, 40), (*RED, 0)), "PNG")


def clear_palette() -> bytes:
    """A picture of one palette entry, which is clear."""
    picture = Image.new("P", (40, 40), 0)
    picture.putpalette([*RED, *BLUE])
    return saved(picture, "PNG", transparency=bytes([0, 255]))


def clear_key() -> bytes:
    """A picture of one colour, which the file calls clear."""
    return saved(Image.new("RGB", (40, 40), RED), "PNG", transparency=RED)


@pytest.mark.parametrize("file", [clear_rgba, clear_palette, clear_key])
def test_what_is_clear_becomes_white(file: Callable[[], bytes]) -> None:
    assert alike(corners(reencoded(file()).jpeg), *[WHITE] * 4)


def test_of_pictures_that_move_the_first_stays() -> None:
    still, moved = Image.new("RGB", (40, 40), RED), Image.new("RGB", (40, 40), BLUE)
    for kind in ("PNG", "WEBP"):
        data = saved(still, kind, save_all=True, append_images=[moved], duration=100, loop=0)
        assert alike(corners(reencoded(data).jpeg), *[RED] * 4), kind


# ── what does not ──


def with_everything() -> bytes:
    """A JPEG with position, thumbnail, comment, XMP, colour profile, a foreign segment, a page and an archive."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET.decode()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = SECRET.decode()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = SECRET
    data = saved(
        scene(),
        exif=exif,
        comment=SECRET,
        xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + SECRET,
        dpi=(301, 301),
    )
    foreign = b"\xff\xed" + struct.pack(">H", 2 + len(SECRET)) + SECRET
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("secret.txt", SECRET)
    return data[:2] + foreign + data[2:] + b"<script>" + SECRET + b"</script>" + archive.getvalue()


def chatty_png() -> bytes:
    """A PNG with words of every kind, a profile, EXIF, a chunk of its own, and a page behind its end."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", SECRET.decode())
    words.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    words.add(b"prIv", SECRET)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET.decode()
    return saved(scene(), "PNG", pnginfo=words, exif=exif, icc_profile=SECRET) + b"<html>" + SECRET


def chatty_webp() -> bytes:
    """A WebP with EXIF, XMP and a page behind its end."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET.decode()
    return saved(scene(), "WEBP", exif=exif, xmp=SECRET, icc_profile=SECRET) + b"<html>" + SECRET


@pytest.mark.parametrize("file", [with_everything, chatty_png, chatty_webp])
def test_nothing_but_the_picture_survives(file: Callable[[], bytes]) -> None:
    data = file()
    assert SECRET in data
    made = reencoded(data)
    assert well_made(made)
    for jpeg in (made.jpeg, made.small):
        assert not any(trace in jpeg for trace in TRACES)


def test_what_survives_would_be_seen() -> None:
    data = with_everything()
    with Image.open(io.BytesIO(data)) as image:
        careless = saved(image, exif=image.info["exif"], icc_profile=image.info["icc_profile"])
    assert SECRET in careless
    assert not well_made(Photo(careless, careless, 120, 80))
    assert not well_made(reencoded(data)._replace(small=reencoded(data).small + b"<html>\xff\xd9"))


def test_the_picture_depends_on_pixels_alone() -> None:
    plain = saved(scene(), "PNG")
    assert reencoded(chatty_png()) == reencoded(plain)


def svg() -> bytes:
    """A drawing, which can hold programs."""
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"photo",
        svg(),
        b"%PDF-1.7\n%" + bytes(range(128, 160)),
        saved(scene(), "GIF"),
        saved(scene(), "BMP"),
        saved(scene(), "TIFF"),
        saved(scene(), "PDF"),
        saved(scene(), "ICO"),
        saved(scene(), "AVIF"),
        b"<html>" + saved(scene()),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
    ids=["nothing", "words", "svg", "pdf", "gif", "bmp", "tiff", "pdf-image", "ico", "avif", "html+jpeg", "eps"],
)
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    assert refusal(data) == "must be a JPEG, PNG or WebP picture"


def test_who_sends_heic_is_told_what_to_do() -> None:
    assert "Most Compatible" in refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_half_a_photo_is_refused(kind: str, part: float) -> None:
    noisy = Image.effect_noise((300, 200), 90).convert("RGB")
    data = saved(noisy, kind)
    assert reencoded(data)
    assert "damaged" in refusal(data[: int(len(data) * part)])


def test_a_large_file_is_refused_before_it_is_read() -> None:
    whole = saved(scene())
    assert reencoded(whole + bytes(photo.MOST_BYTES - len(whole)))
    assert refusal(whole + bytes(photo.MOST_BYTES - len(whole) + 1)) == "must be 12 MB at most"


def png_of(width: int, height: int) -> bytes:
    """A PNG that promises so many pixels and has none of them."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG that promises so many pixels."""
    data = saved(scene((16, 16)))
    frame = data.index(b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def webp_of(width: int, height: int) -> bytes:
    """A WebP whose canvas promises so many pixels."""
    data = saved(Image.new("RGBA", (16, 16), (*RED, 9)), "WEBP", lossless=True, exif=b"Exif\0\0MM\0*")
    place = data.index(b"VP8X") + 12
    return data[:place] + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little") + data[place + 6 :]


@pytest.mark.parametrize(
    "data",
    [
        png_of(50_000, 50_000),
        png_of(8_000, 5_001),
        png_of(2**31 - 1, 2**31 - 1),
        jpeg_of(65_500, 65_500),
        webp_of(16_383, 16_383),
    ],
    ids=["png", "png-just-over", "png-without-end", "jpeg", "webp"],
)
def test_a_bomb_is_refused_before_it_is_unpacked(data: bytes) -> None:
    began = time.perf_counter()
    assert refusal(data) == "may have 40 million pixels at most, 16 as PNG or WebP"
    assert time.perf_counter() - began < 0.1


def test_the_guard_stands_without_that_of_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert refusal(png_of(50_000, 50_000)) == "may have 40 million pixels at most, 16 as PNG or WebP"


def test_forty_million_pixels_come_through() -> None:
    made = reencoded(saved(Image.new("L", (8_000, 5_000), 255)))
    assert (made.width, made.height) == (1600, 1000)


def test_words_that_unpack_without_end_are_refused() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "x" * 30_000_000, zip=True)
    assert "damaged" in refusal(saved(scene(), "PNG", pnginfo=words))


# ── whatever comes ──

ONES = [saved(scene((24, 16)), kind) for kind in ("JPEG", "PNG", "WEBP")]
STARTS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\x00\x00\x00WEBPVP8 ", *(one[:40] for one in ONES)]


def survives(data: bytes) -> bool:
    """Whether a file is refused in words or gives a plain picture."""
    try:
        return well_made(reencoded(data))
    except InputError:
        return True


@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_random_bytes_are_refused_in_words(start: bytes, rest: bytes) -> None:
    assert survives(start + rest)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from([*ONES, with_everything(), chatty_png(), chatty_webp(), clear_palette()]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12),
    st.floats(0, 1),
)
@example(ONES[0], [(0.5, 0)], 1.0)
def test_a_photo_with_wrong_bytes_is_refused_in_words_or_harmless(
    data: bytes, wrong: list[tuple[float, int]], kept: float
) -> None:
    bytes_of = bytearray(data)
    for place, value in wrong:
        bytes_of[int(place * len(bytes_of))] = value
    assert survives(bytes(bytes_of[: int(kept * len(bytes_of)) or 1]))
    assert survives(bytes(bytes_of))

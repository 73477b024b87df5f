"""Photos as they are sent in, decoded and drawn anew, so that only the picture itself is kept."""

import io
import warnings
from typing import NamedTuple

from PIL import ExifTags, Image, UnidentifiedImageError

from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words

MOST_BYTES = 12_000_000
MOST_PIXELS = 40_000_000
MOST_PIXELS_WHOLE = 16_000_000
"""Of what can only be decoded whole: a JPEG is decoded at a fraction of its size, for a fraction of the memory."""
LONG_SIDE = 1600
SMALL_SIDE = 480
"""Pixels of the longer side, at most."""
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")

# Pillow's own guard, which would otherwise warn and go on, stands as high as ours.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_TOO_LARGE = Words("照片不能超过 12 MB", "must be 12 MB at most")
_TOO_MANY_PIXELS = Words(
    "照片不能超过 4000 万像素（PNG、WebP 为 1600 万）", "may have 40 million pixels at most, 16 as PNG or WebP"
)
_NO_PHOTO = Words("照片应为 JPEG、PNG 或 WebP", "must be a JPEG, PNG or WebP picture")
_BROKEN = Words("照片已损坏或不完整，请重新拍摄或上传", "is damaged or incomplete; take it or send it again")
_HEIC = Words(
    "暂不支持 HEIC 照片；请在手机“设置－相机－格式”中选“兼容性最佳”后重拍，或另存为 JPEG",
    "is HEIC, which is not supported; save it as JPEG, or choose Settings, Camera, Formats, Most Compatible",
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""Major brands of HEIF (ISO/IEC 23008-12), as phones write them."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By the EXIF tag Orientation (CIPA DC-008, 4.6.5)."""


class Photo(NamedTuple):
    """A photo drawn anew: two JPEGs on white and upright, and the pixels of the larger."""

    jpeg: bytes
    small: bytes
    width: int
    height: int


def reencoded(data: bytes) -> Photo:
    """The picture that a file shows, and nothing else of the file.

    At most 1600 pixels long, and 480 as `small`. InputError on the field `photo` for all that is no whole JPEG, PNG or
    WebP of at most 12 MB and 40 million pixels, 16 where it is no JPEG.
    """
    if len(data) > MOST_BYTES:
        raise _fault(_TOO_LARGE)
    picture = _decoded(data)
    small = picture.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Photo(_jpeg(picture), _jpeg(small), picture.width, picture.height)


def _decoded(data: bytes) -> Image.Image:
    """The picture of a file, drawn anew; InputError when there is none or it is larger than allowed."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return _drawn(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _fault(_TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        heic = data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS
        raise _fault(_HEIC if heic else _NO_PHOTO) from error
    except Exception as error:  # a broken file makes Pillow's decoders raise nearly everything there is
        raise _fault(_BROKEN) from error


def _drawn(image: Image.Image) -> Image.Image:
    """The picture upright on a canvas of its own, which has none of the file's profiles, comments and other extras.

    Until here only the header has been read, so that a picture with too many pixels costs nothing.
    """
    if image.width * image.height > (MOST_PIXELS if image.format == "JPEG" else MOST_PIXELS_WHOLE):
        raise Image.DecompressionBombError
    image.draft(None, (2 * LONG_SIDE, 2 * LONG_SIDE))
    shown = _shrunk(image)
    canvas = Image.new("RGB", shown.size, "white")
    canvas.paste(shown.convert("RGB"), mask=shown.getchannel("A") if shown.mode == "RGBA" else None)
    turn = _turn(image)
    return canvas if turn is None else canvas.transpose(turn)


def _shrunk(image: Image.Image) -> Image.Image:
    """The picture within the long side, as RGBA where it can be seen through, so that its edges stay clean."""
    shown = image
    if image.mode.startswith("I"):
        # 16 bits a pixel, which a plain conversion would cut off at 255.
        shown = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    elif image.mode in {"1", "P"} or image.has_transparency_data:
        shown = image.convert("RGBA")
    shown.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return shown


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How the file says that its picture is to be turned; what cannot be read says nothing."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - broken EXIF raises whatever it likes, and is no reason to refuse the picture
        return None


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _fault(words: Words) -> InputError:
    return InputError(FieldFault("photo", words))

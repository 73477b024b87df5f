"""Answers as bytes: JSON, and the compressed forms of an answer that many will ask for."""

import gzip
import hashlib
from typing import Literal, Self

import brotli
from msgspec.json import Encoder

Encoding = Literal["br", "gzip", "identity"]

_encoder = Encoder()


def as_json(value: object) -> bytes:
    """`value` as JSON in UTF-8."""
    return _encoder.encode(value)


class Encoded:
    """The bytes of one answer; brotli is kept, the other forms are made from it."""

    def __init__(self, compressed: bytes, *, media_type: str) -> None:
        """Keep an answer whose brotli form is `compressed`."""
        self.media_type = media_type
        self.tag = hashlib.blake2b(compressed, digest_size=12).hexdigest()
        self._forms: dict[str, bytes] = {"br": compressed}

    @classmethod
    def of(cls, content: bytes, *, media_type: str, quality: int) -> Self:
        """The answer `content`, compressed with brotli at `quality`, 0 to 11."""
        return cls(brotli.compress(content, quality=quality), media_type=media_type)

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return sum(map(len, self._forms.values()))

    def form(self, encoding: Encoding) -> bytes:
        """The content in `encoding`; plain text is made anew each time, since nearly nobody asks for it."""
        kept = self._forms.get(encoding)
        if kept is not None:
            return kept
        content: bytes = brotli.decompress(self._forms["br"])
        if encoding == "gzip":
            self._forms[encoding] = gzip.compress(content, compresslevel=6, mtime=0)
            return self._forms[encoding]
        return content

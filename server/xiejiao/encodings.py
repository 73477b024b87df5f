"""Answers as bytes: JSON, and the compressed forms of an answer that many will ask for."""

import gzip
import hashlib
from typing import Literal

import brotli
from msgspec.json import Encoder

Encoding = Literal["br", "gzip", "identity"]

_encoder = Encoder()


def as_json(value: object) -> bytes:
    """`value` as JSON in UTF-8."""
    return _encoder.encode(value)


class Encoded:
    """The bytes of one answer; brotli is kept, the other forms are made from it."""

    def __init__(self, content: bytes, *, media_type: str, quality: int) -> None:
        """Compress `content` with brotli at `quality`, 0 to 11."""
        self.media_type = media_type
        self.tag = hashlib.blake2b(content, digest_size=12).hexdigest()
        self._forms: dict[str, bytes] = {"br": brotli.compress(content, quality=quality)}

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

"""Compressed forms of an answer that many will ask for: made once each, when first asked for."""

import gzip
import hashlib
from typing import Literal

import brotli
from flask import Response, request

Encoding = Literal["br", "gzip", "identity"]


class Encoded:
    """The bytes of one answer; brotli is kept, the other forms are made from it."""

    def __init__(self, content: bytes, *, media_type: str, quality: int) -> None:
        """Compress `content` with brotli at `quality`, 0 to 11."""
        self.media_type = media_type
        self.etag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
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

    def answer(self, *, max_age_s: int) -> Response:
        """The response to the present request: 304 when its sender has this content already."""
        headers = {
            "Cache-Control": f"public, max-age={max_age_s}",
            "ETag": self.etag,
            "Vary": "Accept-Encoding",
        }
        if self.etag in request.headers.get("If-None-Match", ""):
            return Response(status=304, headers=headers)
        encoding = accepted(request.headers.get("Accept-Encoding", ""))
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        return Response(self.form(encoding), headers=headers, content_type=self.media_type)


def accepted(header: str) -> Encoding:
    """The best encoding that an Accept-Encoding header allows; RFC 9110 counts a weight of 0 as a refusal."""
    allowed = set()
    for part in header.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if weight.strip("0.") or not weight:
            allowed.add(name)
    return "br" if "br" in allowed else "gzip" if "gzip" in allowed else "identity"

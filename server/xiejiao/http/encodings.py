"""Which form of an encoded answer goes out: the best that the client takes, or none when it has the content already."""

from flask import Response, request

from xiejiao.encodings import Encoded, Encoding


def answer(encoded: Encoded, *, max_age_s: int) -> Response:
    """The response to the present request: 304 when its sender has this content already.

    Who keeps an answer of age 0 asks each time whether it still holds.
    """
    headers = {
        "Cache-Control": f"public, max-age={max_age_s}" if max_age_s else "no-cache",
        "ETag": f'W/"{encoded.tag}"',
        "Vary": "Accept-Encoding",
    }
    if "If-None-Match" in request.headers and request.if_none_match.contains_weak(encoded.tag):
        return Response(status=304, headers=headers)
    encoding = accepted(request.headers.get("Accept-Encoding", ""))
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    return Response(encoded.form(encoding), headers=headers, content_type=encoded.media_type)


def accepted(header: str) -> Encoding:
    """The best encoding that an Accept-Encoding header allows; RFC 9110 counts a weight of 0 as a refusal."""
    allowed = set()
    for part in header.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if weight.strip("0.") or not weight:
            allowed.add(name)
    return "br" if "br" in allowed else "gzip" if "gzip" in allowed else "identity"

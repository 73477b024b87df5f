"""JSON out, as a response."""

from flask import Response

from xiejiao.encodings import as_json


def answer(value: object, *, media_type: str = "application/json", max_age_s: int | None = None) -> Response:
    """`value` as a JSON response; public caches may keep it for `max_age_s` seconds, by default not at all."""
    response = Response(as_json(value), content_type=media_type)
    response.headers["Cache-Control"] = "no-cache" if max_age_s is None else f"public, max-age={max_age_s}"
    return response

"""JSON out: UTF-8, written by msgspec."""

from flask import Response
from msgspec.json import Encoder

_encoder = Encoder()


def encoded(value: object) -> bytes:
    """`value` as JSON."""
    return _encoder.encode(value)


def answer(value: object, *, media_type: str = "application/json", max_age_s: int | None = None) -> Response:
    """`value` as a JSON response; public caches may keep it for `max_age_s` seconds, by default not at all."""
    response = Response(encoded(value), content_type=media_type)
    response.headers["Cache-Control"] = "no-cache" if max_age_s is None else f"public, max-age={max_age_s}"
    return response

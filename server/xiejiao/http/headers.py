"""Headers that every answer carries, whichever route gave it."""

from flask import Flask, Response, request

from xiejiao.http import language
from xiejiao.http.access import is_open_data
from xiejiao.http.problems import problem

_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def register(app: Flask, *, longest_query: int) -> None:
    """Set the headers on every answer of `app`, and refuse query strings of more than `longest_query` bytes."""

    @app.before_request
    def _short_enough() -> Response | None:
        return problem(414) if len(request.query_string) > longest_query else None

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in _SECURITY.items():
            response.headers.setdefault(name, value)
        if is_open_data():
            # For any program: without credentials, so nothing of a person can be read across origins.
            response.headers["Access-Control-Allow-Origin"] = "*"
        # Not on every answer: caches would keep a cell once for each list of languages that browsers send.
        if language.mattered():
            response.vary.add("Accept-Language")
        return response

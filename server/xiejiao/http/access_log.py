"""One line for each request: method, route, status, time taken. No query string, no address, no value of a path.

The tile in a cell's path says where a rider is within two kilometres, so the line holds the route and not the path.
"""

import logging
import time

from flask import Flask, Response, g, request

log = logging.getLogger("xiejiao.access")


def register(app: Flask) -> None:
    """Log every request of `app`."""

    @app.before_request
    def _begin() -> None:
        g.began_s = time.perf_counter()

    @app.after_request
    def _line(response: Response) -> Response:
        if log.isEnabledFor(logging.INFO):
            route = request.url_rule.rule if request.url_rule else "no route"
            took_ms = (time.perf_counter() - g.get("began_s", time.perf_counter())) * 1000
            log.info("%s %s %d %.1f ms", request.method, route, response.status_code, took_ms)
        return response

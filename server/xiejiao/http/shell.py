"""The rider's app as built files: pages, scripts and styles, read once and sent compressed as the build left them."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response

from xiejiao.encodings import Encoded
from xiejiao.http import encodings
from xiejiao.http.access import public
from xiejiao.http.budget import exempt
from xiejiao.http.problems import problem

DIST = Path(__file__).parents[3] / "pwa" / "dist"
"""Where the build leaves its files."""
PAGES = ("/", "/map", "/p/<code>", "/more", "/privacy")
"""Addresses that the app itself answers; the server sends the same page for each."""
YEAR_S = 31_536_000


def policy(images_from: str = "") -> str:
    """What the app's page may do; `images_from` is the one other origin that its images may come from, if any.

    Vue makes one trusted policy for what it compiles, the app one for the address of its worker and, on the map, one
    that passes the two constants with which Leaflet probes the browser; nothing else may write markup.
    """
    images = f"'self' data: blob: {images_from}".rstrip()
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types vue worker default"
    )


def files(folder: Path = DIST) -> dict[str, Encoded]:
    """The built files by their path below `folder`; none when nothing was built."""
    return {
        file.relative_to(folder).with_suffix("").as_posix(): Encoded(
            file.read_bytes(), media_type=_media_type(file.stem)
        )
        for file in sorted(folder.rglob("*.br"))
    }


def _media_type(name: str) -> str:
    if name.endswith(".webmanifest"):
        return "application/manifest+json"
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def blueprint(built: Mapping[str, Encoded], *, images_from: str = "") -> Blueprint:
    """The addresses of the app, for the files in `built`; `images_from` is the origin of the base map's tiles."""
    bp = Blueprint("shell", __name__)
    may = policy(images_from)

    def page(**_: str) -> Response:
        """The app; which page it shows is decided on the phone."""
        response = encodings.answer(built["index.html"], max_age_s=0)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Security-Policy"] = may
        return response

    def file(path: str) -> Response:
        """One built file; those with a fingerprint in their name never change."""
        if path == "index.html":
            # The worker keeps the page under this name, and with it what the page may do.
            return page()
        found = built.get(path)
        if found is None:
            return problem(404)
        response = encodings.answer(found, max_age_s=YEAR_S)
        if path.startswith("assets/"):
            response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
        if path == "sw.js":
            response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    if built:
        for address in PAGES:
            bp.add_url_rule(address, view_func=exempt(public(page)))
        bp.add_url_rule("/<path:path>", view_func=exempt(public(file)))
    return bp

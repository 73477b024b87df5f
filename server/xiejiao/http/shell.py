"""The rider's app as built files: pages, scripts and styles, read once and sent compressed as the build left them."""

import hashlib
import json
import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from xiejiao.encodings import Encoded
from xiejiao.http import encodings
from xiejiao.http.access import public
from xiejiao.http.budget import exempt
from xiejiao.http.problems import problem

DIST = Path(__file__).parents[3] / "pwa" / "dist"
"""Where the build leaves its files."""
MANIFEST = "built.json"
"""Where the build says which files each module became."""
PAGES = {
    "/": None,
    "/map": "src/features/finder/pages/MapPage.vue",
    "/p/<code>": "src/features/place/pages/PlacePage.vue",
    "/p/<code>/report": "src/features/report/pages/ReportSheet.vue",
    "/s/<code>": "src/features/place/pages/PlacePage.vue",
    "/s/<code>/<key>": "src/features/place/pages/PlacePage.vue",
    "/report": "src/features/report/pages/ReportPage.vue",
    "/staff": "src/features/staff/pages/StaffPage.vue",
    "/more": "src/features/more/pages/MorePage.vue",
    "/me/card": "src/features/membership/pages/CardPage.vue",
    "/verify": "src/features/verify/pages/VerifyPage.vue",
    "/privacy": "src/features/more/pages/PrivacyPage.vue",
    "/join": "src/features/join/pages/JoinPage.vue",
    "/me/applications": "src/features/membership/pages/MembershipPage.vue",
    "/sign-in": "src/features/account/pages/SignInPage.vue",
    "/me": "src/features/account/pages/MePage.vue",
    "/me/grants": "src/features/account/pages/GrantsPage.vue",
    "/manage": "src/features/manage/managing.ts",
    "/manage/<code>": "src/features/manage/managing.ts",
    "/manage/<code>/<part>": "src/features/manage/managing.ts",
}
"""Addresses that the app itself answers, and what each shows besides the app; the same document comes for all."""
WORKER = "sw.js"
DEVICES = "camera=(self), microphone=(), geolocation=(self)"
"""What of the phone the app may ask for: where it is, and the camera, by which members' cards are read."""
WORKER_POLICY = "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
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
    ahead = _ahead(built) if built else {}
    built = {**built, WORKER: _worker(built[WORKER], may)} if built else {}

    def page(**_: str) -> Response:
        """The app; which page it shows is decided on the phone."""
        response = encodings.answer(built["index.html"], max_age_s=0)
        response.headers["Content-Security-Policy"] = may
        response.headers["Permissions-Policy"] = DEVICES
        if link := ahead.get(str(request.url_rule)):
            response.headers["Link"] = link
        return response

    def lost() -> Response:
        """The app for an address that nothing stands at: it leads to the list."""
        response = page()
        response.status_code = 404
        return response

    def file(path: str) -> Response:
        """One built file; those with a fingerprint in their name never change."""
        if path == "index.html":
            # The worker keeps the page under this name, and with it what the page may do.
            return page()
        found = built.get(path)
        if found is None:
            return lost() if _asked_by_a_person() else problem(404)
        return _as_kept(path, found)

    if built:
        for address in PAGES:
            bp.add_url_rule(address, view_func=exempt(public(page)))
        bp.add_url_rule("/<path:path>", view_func=exempt(public(file)))
    return bp


def _as_kept(path: str, found: Encoded) -> Response:
    """A built file, to be kept for a year where its name has a fingerprint, else to be asked after each time."""
    fingerprinted = path.startswith("assets/")
    response = encodings.answer(found, max_age_s=YEAR_S if fingerprinted else 0)
    if fingerprinted:
        response.headers["Cache-Control"] += ", immutable"
    if path == WORKER:
        response.headers["Content-Security-Policy"] = WORKER_POLICY
    return response


def _asked_by_a_person() -> bool:
    """Whether a browser wants a page for somebody to see, rather than a file or a program JSON."""
    return request.headers.get("Sec-Fetch-Dest") == "document"


def _worker(script: Encoded, may: str) -> Encoded:
    """The worker, told a digest of what the page may do: it keeps the page with its policy, which settings change."""
    digest = hashlib.blake2b(may.encode(), digest_size=6).hexdigest()
    content = f'self.POLICY="{digest}";\n'.encode() + script.form("identity")
    return Encoded.of(content, media_type=script.media_type, quality=11)


def _ahead(built: Mapping[str, Encoded]) -> dict[str, str]:
    """By address the Link header with which a page's own files come along with the app, not one journey after it."""
    manifest = json.loads(built[MANIFEST].form("identity"))
    return {address: ", ".join(_links(manifest, module)) for address, module in PAGES.items() if module}


def _links(manifest: Mapping[str, Any], module: str) -> Iterator[str]:
    wanted, seen = [module], set[str]()
    while wanted:
        name = wanted.pop()
        chunk = manifest[name]
        if name in seen or chunk.get("isEntry"):
            continue
        seen.add(name)
        wanted += chunk.get("imports", [])
        yield f"</{chunk['file']}>; rel=modulepreload"
        yield from (f"</{style}>; rel=preload; as=style" for style in chunk.get("css", []))

"""A small app as a build leaves it."""

import json
from pathlib import Path

import brotli

from xiejiao.http import shell

PAGE, SCRIPT = b"<!doctype html><title>x</title>", b"export {};"
APP = {"file": "assets/index-1a2b.js", "isEntry": True, "css": ["assets/index-1a2b.css"]}
SHARED = {"file": "assets/Card-3c4d.js", "imports": ["index.html"]}
LATER = {"file": "assets/Page-5e6f.js", "imports": ["index.html", "_Card"], "css": ["assets/Page-5e6f.css"]}
ADDRESSES = {"file": "assets/pages-7a8b.js", "imports": ["index.html"]}
MANIFEST = {"index.html": APP, "_Card": SHARED, shell.ADDRESSES: ADDRESSES} | {
    page: LATER for page in shell.PAGES.values() if page
}
FILES = {
    "index.html": PAGE,
    "assets/index-1a2b.js": SCRIPT,
    shell.WORKER: SCRIPT,
    shell.MANIFEST: json.dumps(MANIFEST).encode(),
}


def build(folder: Path) -> None:
    """Leave the app in `folder`, each file beside its brotli form."""
    for name, content in FILES.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        file.with_name(f"{file.name}.br").write_bytes(brotli.compress(content))

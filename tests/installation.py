"""An installation as tests see it from outside."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xiejiao.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Installation:
    """Where an installation answers, its private cluster, and the file of what it says at the terminal."""

    origin: str
    private: Cluster
    terminal: Path

    def said(self) -> str:
        """What it has said so far: messages too, for they are sent to the terminal alone."""
        return self.terminal.read_text("utf-8")

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of an address; each request on a connection of its own, so that any process may answer."""
        try:
            with urllib.request.urlopen(self.origin + path, timeout=10) as answer:  # noqa: S310 - our own server
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

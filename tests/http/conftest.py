"""What tests of answers share."""

from pathlib import Path

import pytest

from built import build
from xiejiao.encodings import Encoded
from xiejiao.http import shell


@pytest.fixture
def built(tmp_path: Path) -> dict[str, Encoded]:
    """A small built app."""
    build(tmp_path)
    return shell.files(tmp_path)

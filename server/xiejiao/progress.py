"""Tells the person at the terminal which step of the set-up is under way."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LOG = logging.getLogger("xiejiao")


def show() -> None:
    """Print what `step` and `say` tell to standard error; without this call they are silent."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)


def say(line: str) -> None:
    """Tell one line."""
    _LOG.info("%s", line)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Tell `doing` at once, and again with the seconds it took when they were more than one."""
    began = time.monotonic()
    say(f"{doing} …")
    yield
    seconds = time.monotonic() - began
    if seconds > 1:
        say(f"{doing}: {seconds:.1f} s")

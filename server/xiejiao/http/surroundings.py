"""What the world outside gives to routes: the time, randomness fit for secrets, the keys of the installation."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from xiejiao.sealed import Keys

EXTENSION = "surroundings"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Handed in by the composition root, and by each test."""

    now: Callable[[], dt.datetime]
    draw: Callable[[int], bytes]
    keys: Keys


def surroundings() -> Surroundings:
    """The surroundings of the application that answers."""
    return cast("Surroundings", current_app.extensions[EXTENSION])

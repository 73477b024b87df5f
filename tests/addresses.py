"""Addresses of an application, with something in place of each part that is not fixed."""

import re

from werkzeug.routing import Rule

SOME_ID = "00000000-0000-0000-0000-000000000001"
_SOME = {"uuid": SOME_ID, "int": "1", "path": "x"}


def filled(rule: Rule, **parts: str) -> str:
    """The address of a rule; parts not named get a value of their kind that stands for nothing."""
    return re.sub(
        r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", lambda part: parts.get(part[2]) or _SOME.get(part[1], SOME_ID), rule.rule
    )

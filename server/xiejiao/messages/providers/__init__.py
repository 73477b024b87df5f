"""Those who carry messages to phones, each behind the same small interface."""

from collections.abc import Mapping
from typing import Protocol

from xiejiao.messages.rules import Outcome, Template


class Provider(Protocol):
    """Carries a message to a phone; says truly whether it took it."""

    def send(self, phone: str, template: Template, parameters: Mapping[str, str]) -> Outcome:
        """Send once, within a quarter of a minute; no outcome holds the number or a parameter."""

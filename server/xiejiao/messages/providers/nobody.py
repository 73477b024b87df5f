"""Stands where the operator named no provider: nothing is sent."""

from collections.abc import Mapping

from xiejiao.messages.rules import NotTaken, Outcome, Template


class Nobody:
    """Takes nothing."""

    def send(self, phone: str, template: Template, parameters: Mapping[str, str]) -> Outcome:  # noqa: ARG002 - the interface
        """Nothing happens."""
        return NotTaken("SMS_PROVIDER is not set", again=False)

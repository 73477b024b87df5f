"""What can be wrong with a request, in the words of the field; `http` turns each into a problem document."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from xiejiao.language import Language, Words


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One faulty field of an input: its name as the sender wrote it and a sentence for people."""

    field: str
    message: Words


class XiejiaoError(Exception):
    """The root of what this package raises on purpose."""


class InputError(XiejiaoError):
    """The input is wrong; carries every fault that was found, never only the first."""

    def __init__(self, *faults: FieldFault) -> None:
        super().__init__()
        self.faults = faults

    def sentence(self, language: Language) -> str:
        """All faults in one line."""
        return "; ".join(f"{fault.field}: {fault.message.in_(language)}" for fault in self.faults)

    def __str__(self) -> str:
        return self.sentence("en")


class NotFoundError(XiejiaoError):
    """What was asked for does not exist, or not for the one who asks."""


class NotSignedInError(XiejiaoError):
    """What was asked for wants to know who asks, and nobody has signed in."""


class ForbiddenError(XiejiaoError):
    """Who asks may not do this; `needs` names a step of their own that comes first, as a new password."""

    def __init__(self, needs: str | None = None) -> None:
        super().__init__()
        self.needs = needs


class TooManyError(XiejiaoError):
    """Done too often; it may be done again after `wait`."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__()
        self.wait = wait


class ConflictError(XiejiaoError):
    """What was asked for cannot follow from the state that holds now; `now` says what holds, for who asked to see."""

    def __init__(self, *, now: Mapping[str, object] | None = None) -> None:
        super().__init__()
        self.now = now


class MismatchError(XiejiaoError):
    """A key that was used for one request came with another."""


class BusyError(XiejiaoError):
    """The same request is still being answered; it may be repeated in a moment."""


class OperatorError(XiejiaoError):
    """The installation cannot go on; the message is one sentence that says what the operator should do."""

"""What can be wrong with a request, in the words of the field; `http` turns each into a problem document."""

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


class ConflictError(XiejiaoError):
    """What was asked for cannot follow from the state that holds now; `now` says what holds, for who asked to see."""

    def __init__(self, *, now: Mapping[str, object] | None = None) -> None:
        super().__init__()
        self.now = now


class OperatorError(XiejiaoError):
    """The installation cannot go on; the message is one sentence that says what the operator should do."""

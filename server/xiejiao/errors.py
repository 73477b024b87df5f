"""What can be wrong with a request, said in terms of the field; `http` turns each into a problem document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One faulty field of an input: its name as the sender wrote it and a sentence for people."""

    field: str
    message: str


class XiejiaoError(Exception):
    """The root of what this package raises on purpose."""


class InputError(XiejiaoError):
    """The input is wrong; carries every fault that was found, never only the first."""

    def __init__(self, *faults: FieldFault) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults = faults


class NotFoundError(XiejiaoError):
    """What was asked for does not exist, or not for the one who asks."""


class ConflictError(XiejiaoError):
    """What was asked for cannot follow from the state that holds now."""


class OperatorError(XiejiaoError):
    """The installation cannot go on; the message is one sentence that says what the operator should do."""

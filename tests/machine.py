"""What the machine did to a run, kept apart from what the code did.

A program that died of a fault of its memory says nothing of the code it ran; twice in one place, it does. So where any
died during a run, what failed in it is tried once more (`AGAIN`, which `script/checks.py` knows), and that is told.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

AGAIN = 75
"""A run's exit status: tests failed while programs died under them. `EX_TEMPFAIL` of sysexits.h."""
_FAULT = re.compile(r"segfault at|general protection fault|trap (invalid opcode|int3)")
_WITHOUT_A_WORD = re.compile(
    "Playwright connection closed|Connection closed while reading from the driver|worker 'gw[0-9]+' crashed"
)
"""What is told of a browser's driver, or an interpreter, that is gone; not all that dies reaches the kernel's log."""


def faults() -> list[str]:
    """What the kernel told of programs that died of their memory, oldest first; empty for who may not read that."""
    told = subprocess.run(["/usr/bin/dmesg"], capture_output=True, text=True, errors="replace", check=False)
    return [line for line in told.stdout.splitlines() if _FAULT.search(line)]


@dataclass(slots=True, eq=False)
class Machine:
    """Watches over one run."""

    before: list[str] = field(default_factory=faults)
    deaths: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Xdist itself runs a test again whose interpreter died; those that lack a driver fail one after the other."""
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self.failed.discard(report.nodeid)
        gone = _WITHOUT_A_WORD.search(report.longreprtext) if report.failed and not self.deaths else None
        if gone:
            self.deaths.append(f"{gone[0]}, under {report.nodeid}")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """A run that failed on such a machine asks to be tried again."""
        self.deaths += [line for line in faults() if line not in self.before]
        yield
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and self.deaths:
            session.exitstatus = AGAIN if self.failed else pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What died is told even where everything holds."""
        for death in self.deaths:
            terminalreporter.write_line(f"Died during the run: {death}")

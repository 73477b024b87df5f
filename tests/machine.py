"""What the machine did to a run, kept apart from what the code did.

A program that died of a fault of its memory says nothing of the code it ran; twice in one place, it does. So a test
whose interpreter died runs once more, and where any program died so during a run, the run's failures are tried once
more (`AGAIN`, which `script/checks.py` knows). Both are told.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pytest

AGAIN = 75
"""A run's exit status: tests failed while programs died under them. `EX_TEMPFAIL` of sysexits.h."""
_FAULT = re.compile(r"segfault at|general protection fault|trap (invalid opcode|int3)")
_DRIVER_DIED = ("Playwright connection closed", "Connection closed while reading from the driver")


class Scheduling(Protocol):
    """What xdist hands over to plan a test anew."""

    def mark_test_pending(self, item: str) -> None:
        """Puts the test back among those to run."""


def faults() -> list[str]:
    """What the kernel told of programs that died of their memory, oldest first; empty for who may not read that."""
    told = subprocess.run(["/usr/bin/dmesg"], capture_output=True, text=True, errors="replace", check=False)
    return [line for line in told.stdout.splitlines() if _FAULT.search(line)]


@dataclass(slots=True)
class Machine:
    """Watches over one run."""

    before: list[str] = field(default_factory=faults)
    died: str = ""
    deaths: list[str] = field(default_factory=list)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport, sched: Scheduling) -> None:
        """Xdist asks here before it counts a test whose interpreter died as failed; a second one counts."""
        if not self.died:
            self.died = crashitem
            report.outcome = "skipped"
            report.longrepr = (crashitem, 0, "Skipped: its interpreter died; it runs once more")
            sched.mark_test_pending(crashitem)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The program that drives the browser is not ours; without it no test of a browser can hold."""
        if report.failed and not self.deaths and any(words in report.longreprtext for words in _DRIVER_DIED):
            self.deaths.append(f"the browser's driver, under {report.nodeid}")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """A run that failed on such a machine asks to be tried again."""
        self.deaths += [line for line in faults() if line not in self.before]
        yield
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and self.deaths:
            session.exitstatus = AGAIN

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What died is told even where everything holds."""
        if self.died:
            terminalreporter.write_line(f"An interpreter died under {self.died}, which then ran once more.")
        for death in self.deaths:
            terminalreporter.write_line(f"Died during the run: {death}")

"""Runs every check of the project, one after the other, and tells about all that fail."""

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]
PROGRAMS = ROOT / ".venv" / "bin"
OUTSIDE = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READ_URL", "PUBLIC_URL")


@dataclass(frozen=True, slots=True)
class Check:
    """What is checked, and the command that ends with 0 when it holds; `long` replaces it in the long run.

    `again` is added for a second try of what failed, where the command says that programs died under it.
    """

    name: str
    command: str
    long: str = ""
    again: str = ""


PYTEST = "pytest -q -n 3 --dist loadfile"
"""Three at once: tests of browsers wait as much as they work. A file stays together, with what it sets up."""
CHECKS = (
    Check("lint", "ruff check ."),
    Check("format", "ruff format --check ."),
    Check("types", "mypy"),
    Check("app: types", "cd pwa && node node_modules/vue-tsc/bin/vue-tsc.js --noEmit"),
    Check("app: lint", "cd pwa && node node_modules/eslint/bin/eslint.js . && node node_modules/knip/bin/knip.js"),
    Check("app: tests", "cd pwa && node node_modules/vitest/vitest.mjs run"),
    Check("tests", f"{PYTEST} -m 'not long'", long=PYTEST, again="--last-failed"),
)
AGAIN = 75
"""How the tests end when some failed while programs died of faults of their memory (`tests/machine.py`)."""
LEFT_OUT_DAILY = "the tests marked `long` (script/test --long has them) and the benchmarks in bench/"
LEFT_OUT_LONG = "the benchmarks in bench/"


def main() -> int:
    """Status 0 when every check holds."""
    parser = argparse.ArgumentParser(prog="script/test", description="Runs every check there is.")
    parser.add_argument("--long", action="store_true", help="also the tests that take longer than a day's work allows")
    long = parser.parse_args().long
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    began = time.monotonic()
    failed = [check.name for check in CHECKS if not _holds(check, long=long)]
    _tell(f"{len(CHECKS)} checks in {time.monotonic() - began:.0f} s; failed: {', '.join(failed) or 'none'}.")
    _tell(f"Left out: {LEFT_OUT_LONG if long else LEFT_OUT_DAILY}.")
    return 1 if failed else 0


def _holds(check: Check, *, long: bool) -> bool:
    command = check.long if long and check.long else check.command
    _tell(f"── {check.name}: {command}")
    began = time.monotonic()
    status = _status(command)
    if was_killed(status):
        _tell(f"── {check.name}: its program was killed (status {status}), which says nothing of the code; once more.")
        status = _status(command)
    if status == AGAIN and check.again:
        _tell(f"── {check.name}: programs died of faults of their memory meanwhile; what failed, once more.")
        status = _status(f"{command} {check.again}")
    _tell(f"── {check.name}: {'holds' if status == 0 else 'FAILED'}, {time.monotonic() - began:.1f} s\n")
    return status == 0


def was_killed(status: int) -> bool:
    """Whether a signal ended the program rather than a verdict: by itself (negative) or below a shell (above 128)."""
    return status < 0 or status > 128  # noqa: PLR2004 - the shell's own convention


def _status(command: str) -> int:
    """What `command` ends with; a signal to stop reaches it as Ctrl-C does, and is waited for."""
    environment = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    environment["PATH"] = f"{PROGRAMS}:{environment.get('PATH', '')}"
    with subprocess.Popen(["/bin/sh", "-c", command], cwd=ROOT, env=environment, process_group=0) as running:  # noqa: S603 - the commands stand above
        try:
            return running.wait()
        except KeyboardInterrupt:
            os.killpg(running.pid, signal.SIGINT)
            running.wait()
            _tell("Stopped.")
            sys.exit(130)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

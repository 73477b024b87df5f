"""The production server over an installation of the benchmarks, and the load that wrk puts on it."""

import http.client
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.installation import Installation

READY_WITHIN_S = 60.0
_SERVE = "from xiejiao.cli import main; main(['serve'])"
_LUA = """
local paths = {PATHS}
local place = 0
function request()
  place = place % #paths + 1
  return wrk.format("GET", paths[place])
end
wrk.headers["Accept-Encoding"] = "br"
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format('\\nFIGURES {"requests": %d, "seconds": %f, "median_ms": %f, "p99_ms": %f, "errors": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on a port of the loopback address."""

    port: int
    process: int

    def get(self, path: str) -> bytes:
        """The body of an answer with status 200, compressed with brotli where the server does so."""
        status, body = self._answer(path)
        if status != http.HTTPStatus.OK:
            message = f"{path}: status {status}"
            raise RuntimeError(message)
        return body

    def has(self, path: str) -> bool:
        """Whether there is anything at this address."""
        return self._answer(path)[0] != http.HTTPStatus.NOT_FOUND

    def _answer(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "br"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """The processes that answer requests: the children of the web server that run Python for us."""
        return [child for web in _children(self.process) for child in _children(web) if _memory_kb(child)]


@contextmanager
def serving(there: Installation, port: int, *, quiet: bool = False) -> Iterator[Server]:
    """`xiejiao serve` with two workers, until the block ends; no budget of requests stands in the way.

    When `quiet` what it says is thrown away, messages at the console among it.
    """
    environment = {**os.environ, "XIEJIAO_VAR": str(there.var), "PORT": str(port), "RATE_PUBLIC": "100000000/minute"}
    began = time.monotonic()
    said = subprocess.DEVNULL if quiet else None
    with subprocess.Popen([sys.executable, "-c", _SERVE], env=environment, stdout=said, stderr=said) as process:  # noqa: S603 - our own words
        try:
            while not _is_ready(port):
                if process.poll() is not None or time.monotonic() - began > READY_WITHIN_S:
                    message = "the server does not answer; see the lines above"
                    raise RuntimeError(message)
                time.sleep(0.02)
            yield Server(port, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _children(process: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def _memory_kb(process: int) -> dict[str, int]:
    """Resident and proportional memory of a process in kB, as the kernel counts it; empty when there is none."""
    with suppress(OSError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
        return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return {}


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of one process: all that is resident, and its share when pages are divided among who uses them."""

    resident: float
    proportional: float


def memory(process: int) -> Memory:
    """The memory of a process now."""
    kilobytes = _memory_kb(process)
    return Memory(kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024)


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of wrk saw; `client` is the share of one core that wrk itself used."""

    a_second: float
    median_ms: float
    p99_ms: float
    client: float


def load(server: Server, paths: Sequence[str], *, connections: int, seconds: int) -> Load:
    """Ask for `paths` in turn over kept connections, each with one request at a time."""
    wrk = shutil.which("wrk")
    if wrk is None:
        message = "wrk is not installed; install Debian's package wrk"
        raise RuntimeError(message)
    listed = "{" + ",".join(json.dumps(path) for path in paths) + "}"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA.replace("{PATHS}", listed))
        script.flush()
        words = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, f"http://127.0.0.1:{server.port}"]
        before, began = _spent_s(), time.monotonic()
        said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout  # noqa: S603 - our own words
        client = (_spent_s() - before) / (time.monotonic() - began)
    figures = json.loads(said.partition("FIGURES ")[2].splitlines()[0])
    if figures["errors"]:
        message = f"{figures['errors']} of {figures['requests']} answers were no good: {paths[0]}"
        raise RuntimeError(message)
    return Load(figures["requests"] / figures["seconds"], figures["median_ms"], figures["p99_ms"], client)


def _spent_s() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime

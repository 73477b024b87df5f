"""How long `script/server` takes to a ready answer when everything is there, against the 5 s promised."""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from xiejiao import config

ROOT = Path(__file__).parents[1]
PROMISED_S = 5.0
STARTS = 5


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def is_ready(port: int) -> bool:
    """Whether the server answers that it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def seconds_to_ready(var: Path) -> float:
    """Seconds from the command to the first ready answer; the server is stopped again."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "XIEJIAO_VAR": str(var)}
    begun = time.perf_counter()
    with subprocess.Popen([ROOT / "script" / "server"], env=environment, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - our own script
        while not is_ready(port):
            if server.poll() is not None:
                raise SystemExit(server.returncode)
            time.sleep(0.01)
        took = time.perf_counter() - begun
        server.send_signal(signal.SIGTERM)
    return took


def main() -> None:
    """Print the first start and the slowest of the later ones."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    var = config.from_environment().folder / "bench" / "start"
    first = seconds_to_ready(var)
    slowest = max(seconds_to_ready(var) for _ in range(STARTS))
    print(f"first of these starts {first:.2f} s")
    share = slowest / PROMISED_S
    print(f"slowest of {STARTS} later starts {slowest:.2f} s, {share:.2f} of the {PROMISED_S:.0f} s promised")


if __name__ == "__main__":
    main()

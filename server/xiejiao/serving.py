"""Serves: starts the private cluster, the web server and the worker, watches over them, stops what it started."""

import datetime as dt
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

import psycopg

from xiejiao import cluster, database, keyring, postgresql, progress, seeding, unprivileged
from xiejiao.cluster import Cluster, Role
from xiejiao.config import MOST_PROXIES, Config
from xiejiao.errors import OperatorError
from xiejiao.http import budget
from xiejiao.installation.settings import installation
from xiejiao.messages.settings import provider

_ASKS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_APPLICATION = "xiejiao.app:serve"
_WORK = ("xiejiao.cli", "work")
_READY_WITHIN_S = 60.0
_STOPS_WITHIN_S = 15.0
_TOLD_AGAIN_AFTER_S = 1.0
_PORT_FREE_WITHIN_S = 3.0
_WORKER_AGAIN_AFTER_S = 5.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, never bound to


def serve(config: Config) -> None:
    """Serve until asked to stop by SIGINT, SIGTERM or SIGHUP; OperatorError when that cannot begin or go on."""
    port = config.number("port", 1, 65535)
    workers = config.number("workers", 1, 256)
    _refuse_settings(config)
    with suppress(KeyboardInterrupt), _stopped_by_signals():
        _leave_root(config)
        # Both refuse what they cannot tell, read as the user who will serve.
        installation(config)
        provider(config, now=_now, draw=os.urandom)
        _refuse_taken_port(config.host, port)
        with _database(config) as private, _web(config, port, workers) as web:
            _wait_until_ready(web, private, config.host, port)
            with _worker(config) as worker:
                _tell_links(config, _origin(config.host, port))
                progress.say(f"Xiejiao serves on {_origin(config.host, port)} - stop it with Ctrl-C.")
                _watch(web, worker, private)
    progress.say("Stopped.")


def _tell_links(config: Config, origin: str) -> None:
    """Say how to try the installation as others see it, where synthetic places may be and are."""
    if not config.demonstration_allowed:
        return
    with database.connected(cluster.address(config, Role.OWNER)) as connection, connection.begin():
        if seeding.holds_demonstration(connection):
            keys = keyring.installation_keys(config)
            for who, token in seeding.sign_in_links(connection, keys, when=_now(), draw=os.urandom):
                progress.say(f"To try it as a {who.en}, once: {origin}/sign-in#once={token}")


def _refuse_settings(config: Config) -> None:
    """OperatorError for a setting that the server processes would stumble over, before anything is started."""
    budget.budget(config.rate_public)
    config.number("trusted_proxies", 0, MOST_PROXIES)
    for setting in ("pooled", "verbose"):
        getattr(config, setting)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """The first signal that asks to stop interrupts what is under way; later ones let the stopping come to its end."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for each in _ASKS_TO_STOP:
            signal.signal(each, lambda _number, _frame: None)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, stop) for each in _ASKS_TO_STOP}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _leave_root(config: Config) -> None:
    """As root go on as the installation's own user, where that user can reach what the server needs."""
    if os.geteuid() != 0:
        return
    user = unprivileged.user_for(config.folder)
    if config.private:
        cluster.at(config.folder).settle()
    if not user.reads_the_code():
        progress.say(f"The server runs as root: the user {user.name} cannot read {sys.prefix} or the code beside it.")
    elif not (config.folder.is_dir() and user.writes(config.folder)):
        progress.say(f"The server runs as root: the user {user.name} cannot write to {config.folder}.")
    else:
        unprivileged.become(user)


def _refuse_taken_port(host: str, port: int) -> None:
    """OperatorError when `port` cannot be had; a server that is just ending gets a moment to give it back."""
    until = time.monotonic() + _PORT_FREE_WITHIN_S
    while (fault := _fault_of_binding(host, port)) is not None:
        if fault.errno != errno.EADDRINUSE:
            message = f"Port {port} of {host} cannot be served on ({fault.strerror}); set PORT and HOST to what can be."
            raise OperatorError(message)
        if time.monotonic() > until:
            message = f"Port {port} of {host} is taken by another program; stop that, or set PORT to a free port."
            raise OperatorError(message)
        time.sleep(0.1)


def _fault_of_binding(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        return fault
    return None


@contextmanager
def _database(config: Config) -> Iterator[Cluster | None]:
    """The database, reachable and migrated; the private cluster when there is one."""
    if config.private:
        private = cluster.at(config.folder)
        with private.up():
            _fill(config, cluster.address(config, Role.OWNER))
            _keys(config)
            yield private
        return
    for setting, url in (
        ("DATABASE_URL", config.database_url),
        ("DATABASE_OWNER_URL", config.database_owner_url),
        ("DATABASE_READ_URL", config.database_read_url),
    ):
        if url:
            answers(setting, url)
    database.refuse_powerful(config.database_url)
    if config.database_owner_url:
        _fill(config, config.database_owner_url)
    elif pending := database.pending(config.database_url):
        message = (
            f"The database lacks {len(pending)} migrations, {pending[0]} the first; "
            "set DATABASE_OWNER_URL and run `xiejiao db upgrade`."
        )
        raise OperatorError(message)
    _keys(config)
    yield None


def _keys(config: Config) -> None:
    """The keys that open personal data, made before anything is sealed and fit for what is."""
    with database.connected(cluster.address(config, Role.APP)) as connection, connection.begin():
        keyring.prepare(config, connection)


def answers(setting: str, url: str) -> None:
    """OperatorError when the outside database at `url`, which `setting` names, does not let us in."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        why = " ".join(str(error).split())
        message = f"The outside database does not let the server in ({why}); see to {setting} and that it runs."
        raise OperatorError(message) from None


def _fill(config: Config, owner_url: str) -> None:
    """Bring the schema up to date and load the seed; with demonstration places where they may be."""
    with progress.step("Bringing the schema up to date"):
        database.upgrade(owner_url)
    now = _now()
    with (
        progress.step("Loading the seed"),
        database.connected(owner_url) as connection,
        connection.begin(),
    ):
        seeding.load(connection, when=now)
        if config.demonstration_allowed:
            seeding.first_demonstration(connection, when=now)
        elif seeding.holds_demonstration(connection):
            message = "Synthetic places are for trying out only; run `xiejiao demo --remove` before serving to others."
            raise OperatorError(message)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def _web(config: Config, port: int, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """The web server in a session of its own, so that a Ctrl-C at the terminal reaches only the one who orders it."""
    with _child(
        config,
        *("granian", "--interface", "rsgi", "--factory", _APPLICATION),
        *("--host", config.host, "--port", str(port), "--workers", str(workers), "--no-ws"),
        *("--log-level", "warning", "--workers-kill-timeout", "3", "--respawn-failed-workers"),
    ) as web:
        try:
            yield web
        finally:
            _end(web)


def _child(config: Config, *words: str) -> subprocess.Popen[bytes]:
    """A module of Python with its words, run in a session of its own as the present user, ended with this process."""
    bound = unprivileged.arguments(unprivileged.present(), death_signal="TERM")
    inherited = postgresql.without_variables(os.environ) if config.private else dict(os.environ)
    return subprocess.Popen(  # noqa: S603 - our own words, no shell
        [*bound, sys.executable, "-P", "-m", *words],
        start_new_session=True,
        env={**inherited, "XIEJIAO_VAR": str(config.folder)},
    )


@dataclass(slots=True)
class _Worker:
    """The process that does what is to be done later; one that ended by itself is followed by another."""

    config: Config
    process: subprocess.Popen[bytes]
    began: float

    def tend(self) -> None:
        """Begin it anew when it has ended, though not at every moment."""
        if self.process.poll() is None or time.monotonic() < self.began + _WORKER_AGAIN_AFTER_S:
            return
        progress.say(f"The worker has ended by itself (status {self.process.returncode}); it is started again.")
        self.process, self.began = _child(self.config, *_WORK), time.monotonic()


@contextmanager
def _worker(config: Config) -> Iterator[_Worker]:
    worker = _Worker(config, _child(config, *_WORK), time.monotonic())
    try:
        yield worker
    finally:
        _end(worker.process)
        worker.process.wait()


def _end(child: subprocess.Popen[bytes]) -> None:
    """Let it finish what it is at; then end its whole session, processes that outlived it included."""
    until = time.monotonic() + _STOPS_WITHIN_S
    child.terminate()
    while child.poll() is None and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            child.wait(_TOLD_AGAIN_AFTER_S)
        # A process that is still loading forgets what it was told, and nobody but us tells it again.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _wait_until_ready(web: subprocess.Popen[bytes], private: Cluster | None, host: str, port: int) -> None:
    until = time.monotonic() + _READY_WITHIN_S
    while (status := _readyz(host, port)) != http.HTTPStatus.OK:
        _refuse_ended(web, private)
        if time.monotonic() > until:
            said = f"status {status}" if status else "no answer"
            message = f"{_origin(host, port)}/readyz is not ready after a minute ({said}); see the lines above."
            raise OperatorError(message)
        time.sleep(0.05)


def _readyz(host: str, port: int) -> int | None:
    connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _watch(web: subprocess.Popen[bytes], worker: _Worker, private: Cluster | None) -> None:
    """Return never: a signal interrupts it, and OperatorError says what ended by itself that nothing goes without."""
    while True:
        time.sleep(0.5)
        _refuse_ended(web, private)
        worker.tend()


def _refuse_ended(web: subprocess.Popen[bytes], private: Cluster | None) -> None:
    if private and not private.alive():
        message = f"PostgreSQL has ended, so the server stops too; {private.log} says why. Start it again."
        raise OperatorError(message)
    if web.poll() is not None:
        message = (
            f"The web server has ended by itself (status {web.returncode}); see the lines above and start it again."
        )
        raise OperatorError(message)


def _origin(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

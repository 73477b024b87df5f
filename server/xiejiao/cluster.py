"""The private PostgreSQL of an installation: where it lies, how it starts and stops, who may connect to it."""

import fcntl
import hashlib
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from xiejiao import postgresql, progress, unprivileged
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.postgresql import Programs
from xiejiao.unprivileged import User

DATABASE = "xiejiao"
PREPARE = Path(__file__).with_name("prepare.sql")
_ELSEWHERE = Path("/var/lib/xiejiao")
_NOTE = "postgres-lies-in"
_PORT = 5432
_SOCKET = f".s.PGSQL.{_PORT}"
_LONGEST_SOCKET = 107  # sun_path of unix(7) holds 108 bytes with the closing zero
_LONGEST_LOG = 16 * 2**20
_PAUSE_S = 0.02
_PATIENCE_S = 60.0
_REMINDER_S = 5.0
_STATE_LINE = 7


class Role(StrEnum):
    """The roles of PostgreSQL that an installation knows; SUPERUSER exists in the private cluster only."""

    OWNER = "xiejiao_owner"
    APP = "xiejiao_app"
    READ = "xiejiao_read"
    SUPERUSER = "xiejiao_super"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A private PostgreSQL: the folder that holds all of it, the folder of its socket, the user who runs it."""

    installation: Path
    folder: Path
    sockets: Path
    user: User

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What PostgreSQL writes about itself."""
        return self.folder / "log"

    def url(self, role: str, database: str = DATABASE) -> str:
        """The libpq URL under which `role` reaches `database`."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}&port={_PORT}"

    def initialised(self) -> bool:
        """Whether the data directory has been made."""
        with self._reading():
            return (self.data / "PG_VERSION").exists()

    def alive(self) -> bool:
        """Whether PostgreSQL works in the data directory, ready or not."""
        return self._postmaster() is not None

    def running(self) -> bool:
        """Whether PostgreSQL works in the data directory and takes connections."""
        return self.alive() and self._state() == "ready"

    def start(self, *, dies_with_caller: bool = False) -> bool:
        """Make what is missing, start, prepare roles and extensions; whether this call is what started it.

        With `dies_with_caller` PostgreSQL shuts down when the thread that called has ended, however it ended.
        OperatorError when it cannot start.
        """
        with self._alone():
            self._wait_while_changing()
            started = not self.running()
            if started:
                programs = self._programs()
                self._make(programs)
                self._clear_what_died()
                self._configure()
                self._launch(programs, dies_with_caller=dies_with_caller)
            try:
                self._prepare()
            except BaseException:
                if started:
                    self.stop()
                raise
        return started

    def stop(self) -> bool:
        """Stop PostgreSQL and wait until it has ended; whether it was running."""
        postmaster = self._postmaster()
        if postmaster is None:
            return False
        try:
            with progress.step("Stopping PostgreSQL"):
                self._end(postmaster)
        except PermissionError:
            message = f"PostgreSQL (process {postmaster}) belongs to another user; stop it as {_owner(self.data)}."
            raise OperatorError(message) from None
        return True

    @contextmanager
    def up(self) -> Iterator[None]:
        """Have it running for a while; what this started, this stops."""
        started = self.start(dies_with_caller=True)
        try:
            yield
        finally:
            if started:
                self.stop()

    def settle(self) -> None:
        """Make the folders, each given to the user who runs PostgreSQL; a folder that others made is never changed."""
        mask = os.umask(0o022)
        try:
            with _writing(self.folder):
                if self.folder.is_relative_to(self.installation):
                    _take(self.installation, self.user)
                elif not (self.installation / _NOTE).exists():
                    self.installation.mkdir(parents=True, exist_ok=True)
                    _write(self.installation / _NOTE, f"{self.folder}\n")
                _take(self.folder, self.user)
        finally:
            os.umask(mask)
        _refuse_unless_owned(self.folder, self.user)

    def _programs(self) -> Programs:
        if not self.initialised():
            return postgresql.newest()
        return postgresql.of_cluster(self.data, (self.data / "PG_VERSION").read_text().strip())

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except PermissionError:
            message = (
                f"The cluster in {self.folder} belongs to {_owner(self.folder)}; run this as that user or as root."
            )
            raise OperatorError(message) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two starts at once take turns."""
        self.settle()
        with _writing(self.folder), self.user.acting():
            lock = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _make(self, programs: Programs) -> None:
        """`initdb` beside the data directory and renamed once whole, so that no half of one is ever left."""
        if self.initialised():
            return
        unfinished = self.folder / "data.unfinished"
        with progress.step(f"Making a PostgreSQL {programs.major} cluster in {self.folder}"):
            unprivileged.run(["/bin/rm", "-rf", "--", unfinished], user=self.user)
            made = unprivileged.run(
                [
                    *(programs.path("initdb"), "-D", unfinished, "-U", Role.SUPERUSER, "-E", "UTF8"),
                    *("--locale=C.UTF-8", "-k", "-A", "peer", "--no-instructions"),
                ],
                user=self.user,
            )
            if made.returncode:
                why = _last_line(made.stderr.partition("initdb: removing ")[0])
                message = (
                    f"PostgreSQL could not make its cluster in {self.folder} ({why}); see to that and start again."
                )
                raise OperatorError(message)
            with _writing(self.folder), self.user.acting():
                # What initdb found out about this machine stays; what we decide is read after it.
                with (unfinished / "postgresql.conf").open("a") as settings:
                    settings.write("include 'xiejiao.conf'\n")
                unfinished.rename(self.data)

    def _configure(self) -> None:
        """Written at every start, so that a cluster made by an earlier release runs with the settings of this one."""
        with _writing(self.folder), self.user.acting():
            self.sockets.mkdir(mode=0o700, exist_ok=True)
            _refuse_unless_owned(self.sockets, self.user)
            _write(self.data / "xiejiao.conf", _SETTINGS.format(port=_PORT, sockets=self.sockets))
            _write(self.data / "pg_hba.conf", "local all all peer map=xiejiao\n")
            people = dict.fromkeys(["root", self.user.name])
            lines = [f'xiejiao "{person}" {role}\n' for person in people for role in Role]
            _write(self.data / "pg_ident.conf", "".join(lines))

    def _launch(self, programs: Programs, *, dies_with_caller: bool) -> None:
        words = [
            *unprivileged.arguments(self.user, death_signal="INT" if dies_with_caller else ""),
            *(programs.path("postgres"), "-D", str(self.data)),
        ]
        with _writing(self.folder), self.user.acting():
            if self.log.exists() and self.log.stat().st_size > _LONGEST_LOG:
                self.log.replace(self.log.with_name("log.before"))
            log = os.open(self.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            began = os.fstat(log).st_size
            with progress.step("Starting PostgreSQL"):
                postmaster = os.posix_spawn(
                    words[0],
                    words,
                    unprivileged.environment(),
                    file_actions=[
                        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                        (os.POSIX_SPAWN_DUP2, log, 1),
                        (os.POSIX_SPAWN_DUP2, log, 2),
                    ],
                    setsid=True,
                )
                try:
                    self._wait_until_ready(postmaster, began)
                except OperatorError:
                    raise
                except BaseException:
                    self._end(postmaster)
                    raise
        finally:
            os.close(log)

    def _wait_until_ready(self, postmaster: int, began: int) -> None:
        """Recovery after a crash takes as long as it takes; only the end of the process ends the wait."""
        told = time.monotonic()
        while not (_first_number(self.data / "postmaster.pid") == postmaster and self._state() == "ready"):
            if _has_ended(postmaster):
                with self.log.open("rb") as log:
                    log.seek(began)
                    why = _last_line(log.read().decode(errors="replace"))
                message = f"PostgreSQL did not start ({why}); its log {self.log} says more."
                raise OperatorError(message)
            if time.monotonic() - told > _REMINDER_S:
                told = time.monotonic()
                progress.say("PostgreSQL is still starting; after a crash it first repairs itself …")
            time.sleep(_PAUSE_S)

    def _prepare(self) -> None:
        """Run `prepare.sql` when this data directory has not seen its present text."""
        text = PREPARE.read_text()
        digest, stamp = hashlib.sha256(text.encode()).hexdigest(), self.data / "xiejiao.prepared"
        with self._reading():
            if stamp.exists() and stamp.read_text() == digest:
                return
        with progress.step("Making roles and extensions"):
            psql = [self._programs().path("psql"), "-X", "-q", "-d", self.url(Role.SUPERUSER, "postgres")]
            done = unprivileged.run(psql, user=self.user, given=text)
        if done.returncode:
            message = f"The roles and extensions could not be made ({_last_line(done.stderr)}); see {self.log}."
            raise OperatorError(message)
        with _writing(self.folder), self.user.acting():
            _write(stamp, digest)

    def _clear_what_died(self) -> None:
        """After kill -9: wait for orphans, and drop lock files whose process number now belongs to another program.

        PostgreSQL removes a stale lock file by itself unless that number is in use again, as it soon is in a
        container. Without any process in the data directory nobody can hold what the lock file protects.
        """
        until = time.monotonic() + 10
        while (orphans := self._processes()) and time.monotonic() < until:
            time.sleep(_PAUSE_S)
        if orphans:
            numbers = " ".join(map(str, sorted(orphans)))
            message = f"Processes of an earlier PostgreSQL still work in {self.data}; end them (kill {numbers}) first."
            raise OperatorError(message)
        with _writing(self.folder), self.user.acting():
            for file in (self.data / "postmaster.pid", self.sockets / f"{_SOCKET}.lock"):
                holder = _first_number(file)
                if holder is not None and Path(f"/proc/{holder}").exists():
                    file.unlink()

    def _wait_while_changing(self) -> None:
        """A postmaster that begins or ends is neither adopted nor disturbed."""
        until = time.monotonic() + _PATIENCE_S
        while (postmaster := self._postmaster()) is not None and self._state() != "ready":
            if time.monotonic() > until:
                message = f"PostgreSQL (process {postmaster}) has been {self._state()} for a minute; see {self.log}."
                raise OperatorError(message)
            time.sleep(_PAUSE_S)

    def _end(self, postmaster: int) -> None:
        """A fast shutdown; an immediate one, which the next start repairs, when that takes longer than a minute."""
        for order in (signal.SIGINT, signal.SIGQUIT):
            with suppress(ProcessLookupError):
                os.kill(postmaster, order)
            until = time.monotonic() + _PATIENCE_S
            while not _has_ended(postmaster) or self._processes():
                if time.monotonic() > until:
                    break
                time.sleep(_PAUSE_S)
            else:
                return

    def _postmaster(self) -> int | None:
        """The process that holds the data directory; not a number left behind in its lock file."""
        with self._reading():
            postmaster = _first_number(self.data / "postmaster.pid")
        return postmaster if postmaster is not None and self._works_here(postmaster) else None

    def _state(self) -> str:
        """starting, ready, stopping or standby, from the eighth line of the lock file; empty until it is written."""
        with suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return "".join(lines[_STATE_LINE:]).strip()
        return ""

    def _processes(self) -> set[int]:
        """The processes at work in the data directory."""
        numbers = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal())
        return {number for number in numbers if self._works_here(number)}

    def _works_here(self, process: int) -> bool:
        """Every process of PostgreSQL makes the data directory its own working directory."""
        with suppress(OSError):
            return Path(f"/proc/{process}/cwd").readlink() == self.data
        return False


def at(folder: Path) -> Cluster:
    """The private cluster of the installation that writes into `folder`; changes nothing.

    It lies in `folder` itself or, where root's stand-in cannot go there, under /var/lib/xiejiao.
    OperatorError when an earlier cluster of this installation lies where it can no longer be found or reached.
    """
    folder = folder.resolve()
    user = unprivileged.user_for(folder)
    home = _home(folder, user)
    return Cluster(folder, home, _sockets(home, user), user)


def _home(folder: Path, user: User) -> Path:
    inside, elsewhere = folder / "postgres", _ELSEWHERE / _digest(folder)
    note = folder / _NOTE
    if _is_readable(note):
        noted = Path(note.read_text().strip())
        if noted != elsewhere:
            message = (
                f"{note} names {noted}, which was made for another place: if this folder was moved, "
                f"run `mv {noted} {elsewhere} && echo {elsewhere} > {note}`; if it was copied, remove that note."
            )
            raise OperatorError(message)
        return elsewhere
    if not user.is_other or _will_reach(folder, user):
        return inside
    if inside.exists():
        message = f"The user {user.name} can no longer reach {inside}; move the folder back to where that user can go."
        raise OperatorError(message)
    return elsewhere


def _is_readable(file: Path) -> bool:
    return os.access(file, os.R_OK, effective_ids=True)


def _will_reach(folder: Path, user: User) -> bool:
    """Whether `user` can go into `folder` once root has made it, or given it to them."""
    if unprivileged.is_free_for_taking(folder):
        folder = folder.parent
    while not folder.exists():
        folder = folder.parent
    return user.reaches(folder)


def _sockets(home: Path, user: User) -> Path:
    """Below `home` where the address is short and plain enough for unix(7) and for a URL, else below /tmp."""
    inside = home / "run"
    if len(os.fsencode(inside / _SOCKET)) <= _LONGEST_SOCKET and re.fullmatch(r"[\w./-]+", str(inside), re.ASCII):
        return inside
    return Path("/tmp") / f"xiejiao-{user.uid}-{_digest(home)}"  # noqa: S108 - made 0700, refused unless its owner is ours


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def address(config: Config, role: Role) -> str:
    """The libpq URL of `role` in this installation: what the settings name, else the private cluster.

    OperatorError for the owner of an outside server when DATABASE_OWNER_URL is not set.
    """
    if config.private:
        return at(config.folder).url(role)
    if role is Role.OWNER and not config.database_owner_url:
        message = "DATABASE_URL names an outside server; set DATABASE_OWNER_URL to reach it as its owner."
        raise OperatorError(message)
    named = {Role.OWNER: config.database_owner_url, Role.READ: config.database_read_url}
    return named.get(role) or config.database_url


def _take(folder: Path, user: User) -> None:
    """Make `folder` for `user`, or give them one that is root's and empty."""
    free = user.is_other and unprivileged.is_free_for_taking(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if free:
        os.chown(folder, user.uid, user.gid, follow_symlinks=False)


def _refuse_unless_owned(folder: Path, user: User) -> None:
    """A folder that another user laid ready could be read or exchanged by them."""
    if folder.is_symlink() or folder.stat().st_uid != user.uid:
        message = f"{folder} belongs to {_owner(folder)} and not to {user.name}; run this as that user or remove it."
        raise OperatorError(message)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (OSError, KeyError):
        return "another user"


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        message = (
            f"{where} cannot be written ({error.strerror}); make it writable or set XIEJIAO_VAR to another folder."
        )
        raise OperatorError(message) from None


def _write(file: Path, text: str) -> None:
    """Exchange the whole file at once."""
    fresh = file.with_name(f"{file.name}.fresh")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.replace(file)


def _first_number(file: Path) -> int | None:
    """The process number in the first line of a lock file of PostgreSQL."""
    with suppress(FileNotFoundError, NotADirectoryError):
        first = file.read_text().partition("\n")[0].strip()
        return int(first) if first.isdecimal() else None
    return None


def _has_ended(process: int) -> bool:
    """Whether `process` is gone; one that this process started is laid to rest."""
    with suppress(ChildProcessError):
        return os.waitpid(process, os.WNOHANG)[0] == process
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def _last_line(text: str) -> str:
    """The last line that says something, without its time and process number."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|ERROR|error", line)] or lines
    return re.sub(r"^.*?(FATAL|PANIC|ERROR|error):\s*", "", telling[-1]) if telling else "it said nothing"


_SETTINGS = """\
# Written anew at every start. To change a setting use ALTER SYSTEM.
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
fsync = on
full_page_writes = on
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
default_text_search_config = 'pg_catalog.simple'
# Errors are logged without the rows and values they are about, slow statements without what they were given.
log_line_prefix = '%m [%p] %q%u@%d '
log_statement = none
log_min_duration_statement = 1s
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
"""

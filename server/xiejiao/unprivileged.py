"""The operating-system user under which PostgreSQL and the server run, which is never root where that can be."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xiejiao.errors import OperatorError

SYSTEM_USER = "xiejiao"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What the server reads of its own: the interpreter starts, and every file beside the package is readable.
_READS_ITS_CODE = """
import os, pathlib, sys, xiejiao
files = pathlib.Path(xiejiao.__file__).parent.rglob("*")
sys.exit(not all(os.access(file, os.R_OK) for file in files if file.suffix != ".pyc"))
"""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the operating system."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether this process must change its user to act as this one."""
        return self.uid != os.geteuid()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Touch files as this user, so that a link planted in a folder of theirs leads root nowhere."""
        if not self.is_other:
            yield
            return
        groups, gid = os.getgroups(), os.getegid()
        os.setgroups(os.getgrouplist(self.name, self.gid))
        os.setegid(self.gid)
        os.seteuid(self.uid)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(gid)
            os.setgroups(groups)

    def reaches(self, folder: Path) -> bool:
        """Whether this user can go into `folder`, which exists, through all that lies above it."""
        with self.acting():
            return os.access(folder, os.X_OK, effective_ids=True)

    def writes(self, folder: Path) -> bool:
        """Whether this user can make files in `folder`, which exists."""
        with self.acting():
            return os.access(folder, os.W_OK | os.X_OK, effective_ids=True)

    def reads_the_code(self) -> bool:
        """Whether this user can start this interpreter and read this package."""
        probe = run([sys.executable, "-P", "-c", _READS_ITS_CODE], user=self, more=os.environ)
        return probe.returncode == 0


def present() -> User:
    """The user who runs this process; OperatorError when the system knows no name for the number."""
    return _named(os.geteuid())


def _named(uid: int) -> User:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        message = f"The system knows no user with the number {uid}; add it to /etc/passwd or run this as another user."
        raise OperatorError(message) from None
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def user_for(folder: Path) -> User:
    """Who runs what writes into `folder`: the present user; as root the folder's owner, else the system user.

    OperatorError when root has no such user yet.
    """
    if os.geteuid() != 0:
        return present()
    owner = folder.stat().st_uid if folder.exists() else 0
    if owner != 0 and _is_known(owner):
        return _named(owner)
    try:
        return _named(pwd.getpwnam(SYSTEM_USER).pw_uid)
    except KeyError:
        message = f"PostgreSQL refuses to run as root and there is no user {SYSTEM_USER} yet; run script/setup once."
        raise OperatorError(message) from None


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def is_free_for_taking(folder: Path) -> bool:
    """Whether root may give `folder` away: it does not exist, or is root's own, private to it and empty."""
    try:
        status = folder.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    shared = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and not shared and not any(folder.iterdir())


def arguments(user: User, *, death_signal: str = "") -> list[str]:
    """The words before a command line that run it as `user` and send it `death_signal` when its parent dies."""
    change = ["--reuid", str(user.uid), "--regid", str(user.gid), "--init-groups"] if user.is_other else []
    bound = ["--pdeathsig", death_signal] if death_signal else []
    if not (change or bound):
        return []
    setpriv = shutil.which("setpriv", path=_SYSTEM_PATH)
    if not setpriv:
        message = "The program setpriv is missing; install the package util-linux."
        raise OperatorError(message)
    return [setpriv, *change, *bound, "--"]


def environment(**more: str) -> dict[str, str]:
    """The whole environment of a program whose work must not depend on the caller's locale, zone or PG* variables."""
    return {"PATH": _SYSTEM_PATH, "HOME": "/", "LC_ALL": "C.UTF-8", "TZ": "UTC", **more}


def run(
    command: Sequence[str | Path], *, user: User, given: str = "", more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What `command` said and returned when run to its end as `user`, with `given` on its standard input."""
    return subprocess.run(  # noqa: S603 - programs are named by absolute path and no shell reads the words
        [*arguments(user), *command],
        input=given,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=environment(**(more or {})),
    )


def become(user: User) -> None:
    """Begin this command anew as `user`, in this same process."""
    words = [*arguments(user), sys.executable, *sys.orig_argv[1:]]
    os.execve(words[0], words, {**os.environ, "HOME": pwd.getpwuid(user.uid).pw_dir})  # noqa: S606 - our own command line

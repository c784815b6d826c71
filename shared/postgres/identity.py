"""As whom the server runs.

PostgreSQL refuses to run as root. When we are root it runs as an unprivileged account that exists already: no account
is ever created, and user, group AND supplementary groups are given up. When we are not root it runs as ourselves.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from shared.postgres.errors import ClusterError

ACCOUNTS = ("postgres", "nobody")
"""Whom root becomes: the first of these that the machine knows."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


@dataclass(frozen=True)
class Identity:
    """One account of the operating system."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        """Whether this process is this account already."""
        return self.uid == os.geteuid()

    def can_read(self, path: Path) -> bool:
        """Whether this account may walk down to `path` and read and enter or execute it.

        Where `path` does not exist yet: whether it may walk down to the last folder that does. Judged by the mode bits;
        we cannot try it, since a process that has become another account cannot come back.
        """
        if self.is_self:
            return True
        path = path.resolve()
        existing = next(folder for folder in (path, *path.parents) if folder.exists())
        wanted = 0o5 if existing == path else 0o1
        return self._may(existing, wanted) and all(self._may(folder, 0o1) for folder in existing.parents)

    def _may(self, path: Path, wanted: int) -> bool:
        info = path.stat()
        shift = 6 if info.st_uid == self.uid else 3 if info.st_gid == self.gid else 0
        return (info.st_mode >> shift) & wanted == wanted

    def take(self, folder: Path) -> None:
        """Make this account the owner of `folder`, readable by nobody else."""
        if not self.is_self:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        folder.chmod(0o700)

    def popen(
        self,
        argv: Sequence[str],
        *,
        output: int | IO[Any],
        keep: tuple[int, ...] = (),
    ) -> subprocess.Popen[str]:
        """Start a program as this account; it ends when we end, however we end (Linux).

        `keep`: open files it inherits. The environment is bare, so that neither a LANG that is not generated (it
        breaks initdb) nor a stray PG* variable has a say; a session of its own, so that Ctrl-C does not hit it.
        """
        try:
            return subprocess.Popen(  # noqa: S603 - the programs are ours, the arguments no input of users
                argv,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                umask=0o077,
                pass_fds=keep,
                start_new_session=True,
                preexec_fn=_end_with_parent(),  # noqa: PLW1509 - calls the kernel twice, allocates and locks nothing
                **self._privileges(),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise ClusterError(f"cannot run {argv[0]} as user {self.name}: {error}") from error

    def _privileges(self) -> dict[str, Any]:
        return {} if self.is_self else {"user": self.uid, "group": self.gid, "extra_groups": []}


def current_identity() -> Identity:
    """The account of this process."""
    return _by_uid(os.geteuid())


def server_identity(data: Path) -> Identity:
    """The account the server of data folder `data` runs as: its owner, or before there is one, the account we choose.

    The owner counts because PostgreSQL starts for nobody else, and because an account `postgres` that a package
    creates later must not lock us out of data that `nobody` owns.
    """
    me = current_identity()
    owner = data.stat().st_uid if data.exists() else None
    if me.uid != 0:
        if owner not in (None, me.uid):
            raise ClusterError(f"{data} belongs to uid {owner}, this process runs as {me.name}")
        return me
    return _by_uid(owner) if owner else _unprivileged()


def _unprivileged() -> Identity:
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(name, entry.pw_uid, entry.pw_gid)
    raise ClusterError(f"PostgreSQL does not run as root and there is no account {' or '.join(ACCOUNTS)}")


def _by_uid(uid: int) -> Identity:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ClusterError(f"uid {uid} has no entry in the password database; PostgreSQL needs one") from None
    return Identity(entry.pw_name, uid, entry.pw_gid)


def _end_with_parent() -> Callable[[], None] | None:
    """A function for the new process that asks the kernel for SIGINT (a fast shutdown) when its parent dies.

    It runs after the privileges are gone, as it must: a change of user clears the wish. `kill -9` of the parent
    leaves no other way than the kernel's.
    """
    if _prctl is None:
        return None
    parent = os.getpid()

    def ask() -> None:
        _prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask

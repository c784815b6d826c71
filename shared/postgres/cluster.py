"""The cluster as the application sees it: start (or attach), connect, stop."""

import atexit
import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import quote

from shared.postgres.binaries import find_binaries, readable_binaries
from shared.postgres.configuration import PORT, checked, write_access_files
from shared.postgres.errors import ClusterError
from shared.postgres.place import STATE_DIR, Place, choose_place
from shared.postgres.roles import DATABASE, OWNER, SUPERUSER, ensure_roles
from shared.postgres.server import Server, create_data, read_pid_file
from shared.postgres.steps import Step

_PAUSE = 0.02  # seconds between two tries for the lock
_LONG = 1.0  # seconds of waiting for another process after which it is told
_PATIENCE = 10.0  # seconds a running server may refuse us, e.g. because it is just stopping


def _tell_nobody(_: Step) -> None:
    pass


class Cluster:
    """One PostgreSQL server of our own in a data directory. A context manager.

    The first process to come owns the server: it starts it and stops it, and the server ends when that process does,
    however it ends. Others attach to it and leave it running. `progress` is told each long step.
    """

    roles: ClassVar[tuple[str, ...]] = ("directory", "alerts", "households", "jobs")
    """The services' roles. A name added here is made at the next start."""

    def __init__(
        self,
        data_dir: Path,
        *,
        bin_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
        progress: Callable[[Step], None] = _tell_nobody,
        state_dir: Path = STATE_DIR,
    ) -> None:
        """`settings`: PostgreSQL's, by name; durability, privacy and access cannot be changed (`ValueError`).

        `state_dir`: where root puts what the server's account could not reach in `data_dir` or the programs' folder.
        """
        self._asked = Path(data_dir)
        self._bin_dir = bin_dir
        self._settings = checked(settings or {})
        self._progress = progress
        self._state_dir = state_dir
        self._place: Place | None = None
        self._socket_dir: Path | None = None
        self._server: Server | None = None
        self._owner_pid = 0

    @property
    def is_owner(self) -> bool:
        """Whether this process (and not one it was forked from) started the server and will stop it."""
        return self._server is not None and self._owner_pid == os.getpid()

    @property
    def data_dir(self) -> Path:
        """The folder really used; known after the start."""
        return self._started_place().folder

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket; known after the start."""
        if self._socket_dir is None:
            raise ClusterError("the cluster has not been started")
        return self._socket_dir

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """For SQLAlchemy; without `+asyncpg` for asyncpg. There is no password: the kernel says who we are."""
        # The port stands here so that a PGPORT in the environment is not asked.
        return f"postgresql+asyncpg://{role}@/{database}?host={quote(str(self.socket_dir))}&port={PORT}"

    def start(self) -> Self:
        """Start the server, or attach to the one that runs; returns when it takes connections.

        Main thread only: the kernel ties the server's life to the thread that started it. Raises `ClusterError`.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ClusterError("a cluster is started from the main thread")
        if self._still_runs():
            return self
        self._server = None
        self._place = choose_place(self._asked, self._state_dir)
        waiting = _Waiting(self._progress)
        while not self._start_as_owner(self._place) and not self._attach(self._place, waiting):
            waiting.pause()
        return self

    def answers(self) -> bool:
        """Whether a server takes connections, of this process or of another one. Where none does, `start` again."""
        running = read_pid_file(self._started_place())
        return running is not None and running.accepts()

    def stop(self) -> None:
        """Stop the server and wait for its end; nothing when another process owns it."""
        if self.is_owner and self._server is not None:
            if self._server.alive():
                self._progress(Step.STOP)
                self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _still_runs(self) -> bool:
        """Whether we own a server that answers. It is asked, since one that was killed just now may look alive."""
        if not self.is_owner or self._server is None:
            return False
        try:
            ensure_roles(find_binaries(self._bin_dir), self.socket_dir, self.roles)
        except ClusterError:
            if self._server.ends_within(_LONG):
                return False
            raise
        return True

    def _start_as_owner(self, place: Place) -> bool:
        """False when another process holds the lock. Our own descriptor is closed once the server has inherited it,
        so that the lock is held exactly while a process of the server lives.
        """
        lock = _try_lock(place)
        if lock is None:
            return False
        try:
            self._launch(place, lock)
        finally:
            os.close(lock)
        return True

    def _launch(self, place: Place, lock: int) -> None:
        binaries = readable_binaries(find_binaries(self._bin_dir), place.server, self._state_dir, self._progress)
        if not place.pgdata.exists():
            self._progress(Step.CREATE)
            create_data(binaries, place, lock)
        place.make_socket_dir()
        write_access_files(place, (SUPERUSER, OWNER, *self.roles))
        self._progress(Step.START)
        server = Server.launch(binaries, place, self._settings, lock)
        try:
            server.wait_until_ready(self._progress)
            ensure_roles(binaries, place.socket_dir, self.roles)
        except BaseException:
            server.stop()
            raise
        self._server, self._owner_pid, self._socket_dir = server, os.getpid(), place.socket_dir
        if sys.platform != "linux":  # no kernel there that stops it for us
            atexit.register(self.stop)

    def _attach(self, place: Place, waiting: "_Waiting") -> bool:
        """False while the server of another process does not take connections (any more)."""
        try:
            running = read_pid_file(place)
            if running is None or not running.accepts():
                return False
        except PermissionError as error:
            raise ClusterError(f"the server of another user, {place.server.name}, runs in {place.folder}") from error
        try:
            ensure_roles(find_binaries(self._bin_dir), running.socket_dir, self.roles)
        except ClusterError:
            if waiting.refused_for_long():
                raise
            return False
        self._socket_dir = running.socket_dir
        return True

    def _started_place(self) -> Place:
        if self._place is None:
            raise ClusterError("the cluster has not been started")
        return self._place


class _Waiting:
    """The time spent on another process's server."""

    def __init__(self, progress: Callable[[Step], None]) -> None:
        self._progress = progress
        self._tell_at = time.monotonic() + _LONG
        self._refused_at: float | None = None

    def pause(self) -> None:
        if time.monotonic() > self._tell_at:
            self._progress(Step.WAIT)
            self._tell_at = float("inf")
        time.sleep(_PAUSE)

    def refused_for_long(self) -> bool:
        now = time.monotonic()
        self._refused_at = self._refused_at or now
        return now - self._refused_at > _PATIENCE


def _try_lock(place: Place) -> int | None:
    """The descriptor of the lock, or None when somebody holds it."""
    try:
        lock = os.open(place.lock, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except PermissionError as error:
        raise ClusterError(f"{place.folder} belongs to another user") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError as error:
        os.close(lock)
        raise ClusterError(f"{place.lock} cannot be locked (a network disk?): {error}") from error
    return lock

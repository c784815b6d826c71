"""The processes of a cluster: making its data folder, starting the postmaster, waiting for it, stopping it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.postgres.binaries import Binaries
from shared.postgres.configuration import PORT, server_options
from shared.postgres.errors import ClusterError
from shared.postgres.place import Place
from shared.postgres.roles import SUPERUSER
from shared.postgres.steps import Step

_SOCKET = f".s.PGSQL.{PORT}"
_PAUSE = 0.01  # seconds between two looks at a server that starts
_LONG = 2.0  # seconds after which a start is told to be a recovery
_STOP = ((signal.SIGINT, 120.0), (signal.SIGQUIT, 30.0))  # a fast shutdown, then one that recovers later; seconds
_LOG_SIZE = 10_000_000  # bytes after which a start puts the log aside


@dataclass(frozen=True)
class PidFile:
    """What a postmaster writes about itself. Never believed alone: it outlives a killed server."""

    pid: int
    socket_dir: Path
    ready: bool

    def accepts(self) -> bool:
        """Whether this server says it is ready and somebody does listen on its socket."""
        with socket.socket(socket.AF_UNIX) as client:
            return self.ready and client.connect_ex(str(self.socket_dir / _SOCKET)) == 0


def read_pid_file(place: Place) -> PidFile | None:
    """None when there is none or it is not complete yet."""
    try:
        lines = (place.pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:
        return None
    return PidFile(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")


def create_data(binaries: Binaries, place: Place, keep: int) -> None:
    """Run initdb beside `pgdata`, then rename: a half-made cluster is never taken for one.

    `keep`: the descriptor of the lock, which initdb holds for as long as it lives.
    """
    unfinished = place.folder / "pgdata.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(0o700)
    place.server.take(unfinished)
    command = [binaries["initdb"], f"--pgdata={unfinished}", f"--username={SUPERUSER}", "--encoding=UTF8"]
    command += ["--data-checksums", "--auth-local=peer", "--auth-host=reject", "--no-instructions"]
    command += _locale(binaries)
    initdb = place.server.popen(command, output=subprocess.PIPE, keep=(keep,))
    said, _ = initdb.communicate()
    if initdb.returncode != 0:
        raise ClusterError(f"initdb failed:\n{said.strip()}")
    unfinished.rename(place.pgdata)
    _flush(place.folder)


def _locale(binaries: Binaries) -> list[str]:
    """UTF-8 with Unicode's upper and lower case, sorted by code point, the same on every machine.

    Before 17 only the C library can do that, where it has `C.UTF-8`.
    """
    if binaries.major_version() >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Server:
    """A postmaster that is our child."""

    def __init__(self, process: subprocess.Popen[str], place: Place, log_start: int) -> None:
        self._process = process
        self._place = place
        self._log_start = log_start

    @classmethod
    def launch(cls, binaries: Binaries, place: Place, settings: dict[str, str], keep: int) -> "Server":
        """Start it, and leave it the descriptor `keep` of the lock; who calls holds that lock.

        Hence no server runs here, and what a killed one left is swept away first. PostgreSQL would ask whether the
        process named in it lives, and a stranger may have got that number since.
        """
        for left in (place.pgdata / "postmaster.pid", place.socket_dir / _SOCKET, place.socket_dir / f"{_SOCKET}.lock"):
            left.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            if place.log.stat().st_size > _LOG_SIZE:
                place.log.replace(place.log.with_suffix(".log.1"))
        descriptor = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "a") as log:
            log_start = os.fstat(descriptor).st_size
            command = [binaries["postgres"], *server_options(settings, place)]
            process = place.server.popen(command, output=log, keep=(keep,))
        return cls(process, place, log_start)

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends by itself in that time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.alive()

    def wait_until_ready(self, progress: Callable[[Step], None]) -> None:
        """Return when it takes connections. There is no time limit, since recovery takes as long as it takes; but a
        server that has ended raises `ClusterError` with the end of its log.
        """
        recovery_at = time.monotonic() + _LONG
        while not self._ready():
            if not self.alive():
                raise ClusterError(f"PostgreSQL ended with status {self._process.returncode}:\n{self._last_words()}")
            if time.monotonic() > recovery_at:
                progress(Step.RECOVER)
                recovery_at = float("inf")
            time.sleep(_PAUSE)

    def stop(self) -> None:
        """Ask it to stop and wait. Never SIGKILL: that would leave its children and shared memory behind."""
        for number, patience in _STOP:
            self._process.send_signal(number)
            if self.ends_within(patience):
                return
        raise ClusterError(f"PostgreSQL (pid {self.pid}) does not stop; see {self._place.log}")

    def _ready(self) -> bool:
        said = read_pid_file(self._place)
        return said is not None and said.pid == self.pid and said.accepts()

    def _last_words(self) -> str:
        with self._place.log.open("rb") as log:
            log.seek(self._log_start)
            return b"\n".join(log.read().splitlines()[-20:]).decode(errors="replace")

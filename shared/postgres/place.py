"""Where a cluster lies on disk, and where it goes when its account cannot reach the folder asked for.

    <folder>/cluster.lock    held by every process of the running server; nothing else says that one runs
             pgdata/         PostgreSQL's own folder, 0700, the server's
             run/            the socket, 0700, the server's
             pg_hba.conf  pg_ident.conf  server.log    ours, written anew or appended at each start

The folder itself belongs to us, not to the server's account: it can change neither who may connect nor its log.
"""

import hashlib
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.postgres.errors import ClusterError
from shared.postgres.identity import Identity, current_identity, server_identity

STATE_DIR = Path("/var/lib/shouwang")
"""Root's own place for what the server's account cannot reach elsewhere."""

_LONGEST_SOCKET_DIR = 90  # bytes; the kernel takes 104 (macOS) or 108 for folder, slash and `.s.PGSQL.5432`
_MOVED = "moved-to"


@dataclass(frozen=True)
class Place:
    """A cluster's folder and the account its server runs as."""

    folder: Path
    server: Identity
    socket_dir: Path

    @property
    def pgdata(self) -> Path:
        return self.folder / "pgdata"

    @property
    def lock(self) -> Path:
        return self.folder / "cluster.lock"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def hba(self) -> Path:
        return self.folder / "pg_hba.conf"

    @property
    def ident(self) -> Path:
        return self.folder / "pg_ident.conf"

    def make_socket_dir(self) -> None:
        """Create the socket's folder, or take it over when it is ours."""
        _make_folder(self.socket_dir, 0o700)
        info = self.socket_dir.lstat()
        # The folder may lie in /tmp, where anybody could have put one of this name before us.
        if not stat.S_ISDIR(info.st_mode) or info.st_uid not in (self.server.uid, os.geteuid()):
            raise ClusterError(f"{self.socket_dir} belongs to somebody else")
        self.server.take(self.socket_dir)


def choose_place(asked: Path, state_dir: Path) -> Place:
    """The place for the folder `asked` for: where its data are; else itself if the server can reach it; else (root
    only) a new folder under `state_dir`, with a link in `asked` that says so. Who deletes `asked` starts afresh.
    """
    asked = asked.resolve()
    if (asked / _MOVED).is_symlink():
        return _place(_moved_to(asked, state_dir), state_dir)
    server = server_identity(asked / "pgdata")
    if server.can_read(asked):
        _make_folder(asked, 0o700 if server.is_self else 0o755)
        return _place(asked, state_dir)
    if (asked / "pgdata").exists():
        raise ClusterError(f"user {server.name}, who owns {asked / 'pgdata'}, can no longer reach it")
    _make_folder(asked, 0o700)
    token = f"{hashlib.sha256(bytes(asked)).hexdigest()[:16]}-{secrets.token_hex(4)}"
    with suppress(FileExistsError):  # another first start was quicker: its word counts
        (asked / _MOVED).symlink_to(make_state_dir(state_dir) / token)
    return _place(_moved_to(asked, state_dir), state_dir)


def make_state_dir(state_dir: Path) -> Path:
    """Create root's own place; refuse one that others can write, since root runs programs from it."""
    _make_folder(state_dir, 0o755)
    info = state_dir.stat()
    if info.st_uid != os.geteuid() or info.st_mode & 0o022:
        raise ClusterError(f"{state_dir} must belong to {current_identity().name} and be writable by nobody else")
    return state_dir


def _moved_to(asked: Path, state_dir: Path) -> Path:
    target = (asked / _MOVED).readlink()
    if target.parent != state_dir:
        raise ClusterError(f"{asked / _MOVED} does not point into {state_dir}")
    if os.geteuid() == 0:
        make_state_dir(state_dir)
        _make_folder(target, 0o755)
    return target


def _place(folder: Path, state_dir: Path) -> Place:
    server = server_identity(folder / "pgdata")
    socket_dir = folder / "run"
    if len(bytes(socket_dir)) > _LONGEST_SOCKET_DIR:
        name = f"shouwang-{hashlib.sha256(bytes(folder)).hexdigest()[:16]}"
        socket_dir = _runtime_dir(state_dir) / name
    return Place(folder, server, socket_dir)


def _runtime_dir(state_dir: Path) -> Path:
    """A folder with a short name; `/tmp` where an ordinary user has no better."""
    if os.geteuid() == 0:
        return make_state_dir(state_dir)
    own = os.environ.get("XDG_RUNTIME_DIR")
    return Path(own if own and os.access(own, os.W_OK) else tempfile.gettempdir()).resolve()


def _make_folder(folder: Path, mode: int) -> None:
    """Create `folder` and what is missing above it, with `mode` whatever the umask; what exists stays as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    umask = os.umask(0)
    try:
        for path in reversed(missing):
            with suppress(FileExistsError):
                path.mkdir(mode)
    finally:
        os.umask(umask)

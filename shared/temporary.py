"""A folder for what a process of ours lays down for as long as it runs: sockets of the server that forks for it.

Who is killed leaves it behind; whoever starts next removes it. Its lock tells whether somebody is still there.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "sw-worker-"
"""Short, and no other folder's: the whole path of a socket may have 100 characters or so."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of our own below the system's; meanwhile it is where this process, and what it starts, put such things."""
    place = Path(tempfile.gettempdir())
    for left in place.glob(f"{_PREFIX}*"):
        if _is_ours(left) and (held := _held(left)) is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(held)
    folder = _new(place)
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        tempfile.tempdir, environment = before
        if environment is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = environment


def _new(place: Path) -> Path:
    """One that is held until this process ends."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        if _held(folder) is not None and folder.is_dir():  # else somebody has taken it for left, just now
            return folder


def _is_ours(folder: Path) -> bool:
    try:
        return folder.lstat().st_uid == os.geteuid() and not folder.is_symlink()
    except FileNotFoundError:
        return False


def _held(folder: Path) -> int | None:
    """A descriptor that holds the lock of a folder; None when somebody else does, or it is no more."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor

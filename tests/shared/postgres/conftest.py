"""Folders, other accounts and other processes for the tests of the embedded server. Everything is real.

Some tests need root, because only root can run a server as somebody else or ask as a third account: as an ordinary user
`test_postgres_root.py` is not collected.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.postgres import Cluster
from tests.shared.postgres.processes import Ask, Launcher, PutCluster, ask

collect_ignore = [] if os.geteuid() == 0 else ["test_postgres_root.py"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can enter (pytest's own are 0700)."""
    yield from _open_folder()


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """The same for the tests of one file."""
    yield from _open_folder()


def _open_folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="pg-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def stopped_cluster() -> Iterator[Path]:
    """The data directory of a cluster that has been started once; to be copied, since initdb takes its time."""
    for made in _open_folder():
        with Cluster(made / "data", state_dir=made / "state"):
            pass
        yield made / "data"


@pytest.fixture
def put_cluster(stopped_cluster: Path) -> PutCluster:
    """A function that puts a stopped cluster into a data directory."""

    def put(data_dir: Path) -> Path:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", stopped_cluster, data_dir], check=True)
        return data_dir

    return put


@pytest.fixture
def cluster(folder: Path, put_cluster: PutCluster) -> Iterator[Cluster]:
    """A cluster of this test alone in `folder / "data"`, not started."""
    put_cluster(folder / "data")
    made = Cluster(folder / "data", state_dir=folder / "state")
    yield made
    made.stop()


@pytest.fixture
def other_process() -> Iterator[Launcher]:
    """A way to start other processes; what still runs at the end is told to leave."""
    launcher = Launcher()
    yield launcher
    launcher.end()


@pytest.fixture(name="ask")
def _ask() -> Ask:
    return ask

"""A cluster for one test run or one benchmark."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from shared.postgres.cluster import Cluster
from shared.postgres.configuration import NOT_DURABLE


class DisposableCluster(Cluster):
    """A cluster in a temporary folder of its own, deleted with all its data when it stops.

    `durable=False`: commits do not wait for the disk, which makes cloning a database for each test several times
    quicker. Only here can that be had, because here nothing is kept.
    """

    def __init__(
        self, *, durable: bool = True, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        """`settings`, `bin_dir`: as for `Cluster`."""
        self._folder = Path(tempfile.mkdtemp(prefix="shouwang-"))
        self._folder.chmod(0o755)  # the server may be another account than ours
        super().__init__(self._folder / "data", bin_dir=bin_dir, settings=settings)
        if not durable:
            self._settings |= NOT_DURABLE

    def start(self) -> Self:
        """As `Cluster.start`, and leaves nothing behind when that fails."""
        try:
            return super().start()
        except BaseException:
            self._delete()
            raise

    def stop(self) -> None:
        """Stop the server and delete its data."""
        owner = self.is_owner
        super().stop()
        if owner:
            self._delete()

    def _delete(self) -> None:
        if self._place is not None:  # elsewhere if the temporary folder was closed to the server
            shutil.rmtree(self._place.folder, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

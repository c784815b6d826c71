"""What a killed process of ours has left is removed by the next; what is another's, or in use, is not."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from shared.temporary import temporary_folder

ROOT = Path(__file__).parents[2]
HOLDS = """
import time
from shared.side_processes import side_processes
from shared.temporary import temporary_folder

if __name__ == "__main__":
    with temporary_folder() as folder, side_processes(1, None) as side:
        side.begin(repr).result()
        print(folder, flush=True)
        time.sleep(600)
"""


def test_it_is_there_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = os.environ.get("TMPDIR")
    with temporary_folder() as folder:
        assert folder.parent == tmp_path
        assert (tempfile.gettempdir(), os.environ["TMPDIR"]) == (str(folder), str(folder))
        folder.joinpath("left").mkdir()
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR"), list(tmp_path.iterdir())) == (str(tmp_path), before, [])


def test_what_a_killed_process_left_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "holds.py"
    script.write_text(HOLDS)
    place = Path(tempfile.mkdtemp(prefix="t-"))  # short: sockets lie in it
    place.joinpath("pymp-another").mkdir()
    place.joinpath("sw-worker-linked").symlink_to(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place)}
    holders = [
        subprocess.Popen([sys.executable, str(script)], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    folders = []
    try:
        for holder in holders:
            assert holder.stdout is not None
            folders.append(Path(holder.stdout.readline().decode().strip()))
        assert all(list(folder.glob("pymp-*/listener-*")) for folder in folders), "the server's socket is in there"
        assert {one.name for one in place.iterdir()} == {
            *(folder.name for folder in folders),
            *("pymp-another", "sw-worker-linked"),
        }
        os.kill(holders[0].pid, signal.SIGKILL)
        holders[0].wait()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        with temporary_folder():
            assert not folders[0].exists()
            assert folders[1].exists(), "somebody is there"
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()
    assert {one.name for one in place.iterdir()} >= {"pymp-another", "sw-worker-linked"}
    assert script.exists()

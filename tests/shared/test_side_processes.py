"""Processes that do sums for another one: what they keep, what comes back, and that none outlives whom it works for."""

import asyncio
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from shared import time_limit
from shared.errors import Fault, NotFound
from shared.files import FilesSettings, FileStore
from shared.security.vault import CannotOpen, Vault, VaultSettings
from shared.side_processes import SideProcessEnded, preload, side_processes
from shared.tables import TableInvalid
from shared.time_limit import TookTooLong
from tests.processes import still_running

preload(__name__)

ROOT = Path(__file__).parents[2]
BUSY = """
import os, sys, time
from shared.side_processes import side_processes
from tests.shared.test_side_processes import keeps_the_lock, never_ends

if __name__ == "__main__":
    with side_processes(2, None) as sides:
        sides.begin(never_ends)
        sides.begin(keeps_the_lock)
        time.sleep(60)
"""

HELPED = """
import os, sys, psutil
from shared.side_processes import side_processes

if __name__ == "__main__":
    with side_processes(1, [1]) as side:
        side.begin(len).result()
        [victim] = [one for one in psutil.Process().children() if sys.argv[1] in " ".join(one.cmdline())]
        victim.kill()
        first = side.begin(len).result()
    with side_processes(2, [1, 2]) as side:
        print(f"killed, {first}, {side.begin(len).result()}", flush=True)
    os._exit(0)
"""

FED = """
import os, signal, sys, time
from shared.side_processes import side_processes
from shared.worker_process import end_at_once
from tests.shared.test_side_processes import sleep_over, where

if __name__ == "__main__":
    with side_processes(1, None) as side:
        pid, _ = side.begin(where).result()
        for _ in range(4):
            side.begin(sleep_over, bytes(8_000_000))
        time.sleep(0.5)
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
    end_at_once(0)
"""


def add(own: list[int], number: int) -> list[int]:
    own.append(number)
    return own


def die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(_: object) -> None:
    raise TableInvalid([Fault("a", "header-missing", {"b": 1})])


def where(_: object) -> tuple[int, int]:
    return os.getpid(), os.getpriority(os.PRIO_PROCESS, 0)


def sleep_over(_: object, __: bytes) -> None:
    time.sleep(60)


def unfit(_: object) -> object:
    return threading.Lock()


def never_ends(_: object) -> None:
    while True:
        pass


def keeps_the_lock(_: object) -> None:
    """As a library in C may: no other thread of its process gets its turn."""
    re.match(r"(a*)*b", "a" * 99)


def test_a_process_keeps_what_is_its_own_and_does_one_thing_after_the_other() -> None:
    own = [0]
    with side_processes(1, own) as side:
        made = [side.begin(add, number) for number in (1, 2, 3)]
        assert made[-1].result(60) == [0, 1, 2, 3]
    assert own == [0]


def test_it_is_another_process_and_requests_go_first() -> None:
    with side_processes(1, None) as side:
        pid, niceness = side.begin(where).result(60)
    assert pid != os.getpid()
    assert niceness >= 10


def test_what_it_raises_comes_back_whole() -> None:
    with side_processes(1, None) as side, pytest.raises(TableInvalid) as raised:
        side.begin(refuse).result(60)
    assert raised.value.faults == (Fault("a", "header-missing", {"b": 1}),)


def test_when_it_is_killed_whoever_waits_hears_of_it() -> None:
    with side_processes(1, None) as side, pytest.raises(SideProcessEnded):
        side.begin(die).result(60)


@pytest.mark.parametrize("what", [never_ends, keeps_the_lock])
def test_one_that_takes_too_long_is_killed(monkeypatch: pytest.MonkeyPatch, what: Callable[[object], None]) -> None:
    with side_processes(1, None) as side:
        family = psutil.Process(side.begin(where).result(60)[0])
        monkeypatch.setattr(time_limit, "_seconds", 0.5)
        late, after = side.begin(what), side.begin(where)
        with pytest.raises(TookTooLong):
            late.result(60)
        with pytest.raises(SideProcessEnded):
            after.result(60)
        assert still_running([family]) == []


def test_what_is_not_done_at_the_end_is_dropped() -> None:
    with side_processes(1, None) as side:
        family = psutil.Process(side.begin(where).result(60)[0])
        going, waiting = side.begin(never_ends), side.begin(where)
        time.sleep(0.1)
    assert waiting.cancelled()
    with pytest.raises(SideProcessEnded):
        going.result(60)
    assert still_running([family]) == []


def test_what_cannot_be_sent_is_told_and_the_next_is_done() -> None:
    with side_processes(1, None) as side:
        with pytest.raises(AttributeError):
            side.begin(lambda _: None).result(60)
        with pytest.raises(TypeError):
            side.begin(unfit).result(60)
        assert side.begin(where).result(60)


def test_who_cannot_be_started_is_told_to_whoever_waits() -> None:
    with side_processes(1, lambda: None) as side, pytest.raises(SideProcessEnded):
        side.begin(where).result(60)


@pytest.mark.parametrize("error", [NotFound(field="x", of="y"), TableInvalid([Fault("", "z")]), CannotOpen()])
def test_errors_can_be_pickled(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_a_vault_and_a_store_go_to_another_process_as_their_settings(tmp_path: Path) -> None:
    vault, store = pickle.loads(
        pickle.dumps((Vault(settings := VaultSettings.generate()), FileStore(FilesSettings(url=tmp_path.as_uri()))))
    )
    assert vault.open(Vault(settings).seal(b"a", "b"), "b") == b"a"
    assert store.folder == tmp_path


def test_none_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    busy = subprocess.Popen([sys.executable, str(script)], cwd=ROOT, env=environment, start_new_session=True)
    try:
        family = psutil.Process(busy.pid)
        asyncio.run(_until(lambda: sum(one.cpu_times().user > 0.5 for one in family.children(recursive=True)) >= 2))
        children = family.children(recursive=True)
    finally:
        busy.kill()
        busy.wait()
    assert still_running(children) == []


def test_who_has_fed_one_that_was_killed_ends_all_the_same(tmp_path: Path) -> None:
    """Its thread is in the middle of a write that nobody will ever read."""
    script = tmp_path / "fed.py"
    script.write_text(FED)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, str(script)], cwd=ROOT, env=environment, timeout=60, check=False)
    assert ran.returncode == 0


@pytest.mark.parametrize("victim", ["resource_tracker", "forkserver"])
def test_what_python_keeps_for_us_may_be_killed_and_nobody_is_told_a_traceback(tmp_path: Path, victim: str) -> None:
    script = tmp_path / "helped.py"
    script.write_text(HELPED)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), victim]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (0, b"killed, 1, 2\n")
    assert b"Traceback" not in ran.stderr


async def _until(true: object, seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # type: ignore[operator]
            await asyncio.sleep(0.05)

"""Start, attach, crash, stop."""

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from shared.postgres import Cluster, ClusterError, DisposableCluster, Step
from shared.postgres.identity import server_identity
from shared.postgres.server import read_pid_file
from tests.shared.postgres.processes import Ask, Launcher, PutCluster

OTHER_INSTALLATIONS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
CROWD = 4


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data_dir / "pgdata/postmaster.pid").read_text().split()[0])


async def gone(pid: int) -> bool:
    """Whether the process ends within a few seconds."""
    for _ in range(500):
        if ended(pid):
            return True
        await asyncio.sleep(0.01)
    return False


def ended(pid: int) -> bool:
    """Whether there is no such process, or only a zombie that nobody has reaped yet."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return said.strip()[:1] in ("", "Z")


@pytest.mark.parametrize("bin_dir", [None, *OTHER_INSTALLATIONS], ids=str)
async def test_a_cold_and_a_warm_start(folder: Path, ask: Ask, bin_dir: Path | None) -> None:
    steps: list[Step] = []
    cluster = Cluster(folder / "deep/data", bin_dir=bin_dir, progress=steps.append, state_dir=folder / "state")
    with cluster:
        assert steps == [Step.CREATE, Step.START]
        await ask(cluster, "CREATE TABLE seen AS SELECT '中文' AS text", role="shouwang")
        assert await ask(cluster, "SELECT length(text) FROM seen", role="shouwang") == 2
        assert await ask(cluster, "SELECT lower('ÄＡ')") == "äａ"
        first = postmaster(cluster)
    assert await gone(first)

    with cluster:
        assert steps[2:] == [Step.STOP, Step.START]
        assert await ask(cluster, "SELECT text FROM seen", role="shouwang") == "中文"
        assert postmaster(cluster) != first


async def test_a_start_when_started_changes_nothing(cluster: Cluster) -> None:
    first = postmaster(cluster.start())
    assert postmaster(cluster.start()) == first
    assert cluster.is_owner


def test_a_language_that_is_not_generated(folder: Path, other_process: Launcher) -> None:
    strange = {"LANG": "zh_CN.GBK", "LC_ALL": "zh_CN.GBK"}
    other = other_process.start("hold", folder / "data", "--state-dir", folder / "state", **strange)
    assert other.said["user"] == "alerts"
    other.leave()


async def test_a_second_process_attaches_and_leaves_it_running(
    cluster: Cluster, folder: Path, other_process: Launcher, ask: Ask
) -> None:
    cluster.start()
    other = other_process.start("hold", folder / "data", "--state-dir", folder / "state")
    assert not other.said["is_owner"]
    assert other.said["pid"] == postmaster(cluster)
    other.leave()
    assert await ask(cluster, "SELECT 1") == 1


async def test_who_attached_takes_over_when_the_owner_has_left(
    cluster: Cluster, folder: Path, other_process: Launcher, ask: Ask
) -> None:
    other = other_process.start("hold", folder / "data", "--state-dir", folder / "state")
    assert not cluster.start().is_owner
    cluster.stop()
    assert await ask(cluster, "SELECT 1") == 1
    other.leave()
    assert cluster.start().is_owner
    assert await ask(cluster, "SELECT 1") == 1


def test_many_first_starters_make_one_server(folder: Path, other_process: Launcher) -> None:
    begun = [other_process.begin("hold", folder / "data", "--state-dir", folder / "state") for _ in range(CROWD)]
    crowd = [other_process.said(process) for process in begun]
    assert sorted(each.said["is_owner"] for each in crowd) == [False] * (CROWD - 1) + [True]
    assert len({each.said["pid"] for each in crowd}) == 1


async def test_acknowledged_rows_survive_the_kill_of_the_postmaster(cluster: Cluster, ask: Ask) -> None:
    cluster.start()
    await ask(cluster, "CREATE TABLE written (writer int, number int)", role="shouwang")
    killed = postmaster(cluster)
    acknowledged: dict[int, int] = {}

    async def write(writer: int) -> None:
        connection = await asyncpg.connect(cluster.dsn("shouwang").replace("+asyncpg", ""))
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            for number in range(1, 1_000_000):
                await connection.execute("INSERT INTO written VALUES ($1, $2)", writer, number)
                acknowledged[writer] = number
        connection.terminate()

    writers = [asyncio.create_task(write(writer)) for writer in range(4)]
    await asyncio.sleep(0.3)
    os.kill(killed, signal.SIGKILL)
    cluster.start()
    await asyncio.wait_for(asyncio.gather(*writers), 20)

    assert cluster.is_owner
    assert postmaster(cluster) != killed
    assert min(acknowledged.values()) > 0
    for writer, number in acknowledged.items():
        found = await ask(cluster, "SELECT count(*) FROM written WHERE writer = $1", writer, role="shouwang")
        assert found in (number, number + 1)  # the last may have been committed and not been answered


async def test_the_server_ends_with_a_killed_owner(
    cluster: Cluster, folder: Path, other_process: Launcher, ask: Ask
) -> None:
    other = other_process.start("hold", folder / "data", "--state-dir", folder / "state")
    await ask(other.said["dsn"], "CREATE TABLE kept AS SELECT 7 AS number")
    other.kill()
    assert await gone(other.said["pid"])

    assert cluster.start().is_owner
    assert await ask(cluster, "SELECT number FROM kept", role="shouwang") == 7


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's account that has nothing to do with it."""
    account = server_identity(Path("/nonexistent"))
    process = subprocess.Popen(["sleep", "60"], user=None if account.is_self else account.uid)
    yield process
    process.kill()
    process.wait()


async def test_a_stale_pid_file_that_names_a_stranger(
    cluster: Cluster, stranger: subprocess.Popen[bytes], ask: Ask
) -> None:
    """The number of a server that was killed has gone to another process, even of the server's own account."""
    cluster.start()
    pid_file = cluster.data_dir / "pgdata/postmaster.pid"
    text = pid_file.read_text()
    cluster.stop()
    _, _, rest = text.partition("\n")
    pid_file.write_text(f"{stranger.pid}\n{rest}")
    (cluster.socket_dir / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n{rest}")

    cluster.start()
    assert cluster.is_owner
    assert postmaster(cluster) != stranger.pid
    assert await ask(cluster, "SELECT 1") == 1
    cluster.stop()
    assert stranger.poll() is None


async def test_a_half_made_cluster_is_made_anew(folder: Path, ask: Ask) -> None:
    half = folder / "data/pgdata.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Cluster(folder / "data", state_dir=folder / "state") as cluster:
        assert not half.exists()
        assert await ask(cluster, "SELECT 1") == 1


async def test_a_path_too_long_for_a_socket(folder: Path, put_cluster: PutCluster, ask: Ask) -> None:
    long = put_cluster(folder / ("l" * 100) / ("m" * 100))
    with Cluster(long, state_dir=folder / "state") as cluster, Cluster(long, state_dir=folder / "state") as second:
        assert cluster.data_dir == long
        assert len(bytes(cluster.socket_dir)) < 90
        assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
        assert await ask(cluster, "SELECT 1") == 1
        assert second.socket_dir == cluster.socket_dir
    cluster.socket_dir.rmdir()


def test_a_server_that_does_not_start_says_why_and_can_be_started_rightly(cluster: Cluster, folder: Path) -> None:
    wrong = Cluster(folder / "data", settings={"no_such_setting": "1"}, state_dir=folder / "state")
    with pytest.raises(ClusterError, match="no_such_setting"):
        wrong.start()
    assert cluster.start().is_owner


async def test_a_disposable_cluster_leaves_nothing_behind(ask: Ask) -> None:
    with DisposableCluster(durable=False, settings={"max_connections": "20"}) as cluster:
        assert await ask(cluster, "SELECT current_setting('fsync') || current_setting('max_connections')") == "off20"
        folder, server = cluster.data_dir, postmaster(cluster)
    assert await gone(server)
    assert not folder.parent.exists()


def test_only_the_main_thread_may_start(cluster: Cluster) -> None:
    """The server would end with a thread of a pool."""
    assert threading.current_thread() is threading.main_thread()
    with ThreadPoolExecutor(1) as pool, pytest.raises(ClusterError, match="main thread"):
        pool.submit(cluster.start).result()


def test_a_forked_process_does_not_stop_it(cluster: Cluster) -> None:
    cluster.start()
    child = os.fork()
    if child == 0:
        owner = cluster.is_owner
        cluster.stop()
        os._exit(owner)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    place = cluster._place
    assert place is not None
    said = read_pid_file(place)
    assert said is not None
    assert said.accepts()


@pytest.mark.parametrize("name", ["fsync", "Full-Page-Writes", "synchronous_commit", "listen_addresses", "hba_file"])
def test_durability_and_access_are_not_for_change(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not to be changed"):
        Cluster(folder / "data", settings={name: "off"})

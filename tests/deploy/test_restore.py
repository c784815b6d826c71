"""A backup is put back by the words of the page, over the database that is there."""

import os
import re
import subprocess

from shared.postgres import Cluster
from shared.postgres.binaries import find_binaries
from tests.deploy.conftest import ROOT

PROGRAMS = ("pg_dump", "pg_restore")


def test_a_dump_takes_the_place_of_the_database(cluster: Cluster, fresh_database: str) -> None:
    page = (ROOT / "docs/run-in-production.md").read_text(encoding="utf-8")
    (dumping,), (restoring,) = (re.findall(rf"-T postgres {name} (-U postgres [^|`]*)", page) for name in PROGRAMS)
    made = run(cluster, "pg_dump", dumping.replace("shouwang", fresh_database))
    run(cluster, "psql", f"-U postgres -d {fresh_database} -c", "CREATE TABLE alerts.newer (id int)")
    run(cluster, "pg_restore", restoring, stdin=made)
    tables = (
        "SELECT count(*), count(*) FILTER (WHERE tablename = 'newer') FROM pg_tables WHERE schemaname ~ 'alerts|jobs'"
    )
    count, newer = run(cluster, "psql", f"-U postgres -d {fresh_database} -Atc", tables).decode().strip().split("|")
    assert int(count) > 50
    assert newer == "0"


def run(cluster: Cluster, program: str, words: str, *more: str, stdin: bytes = b"") -> bytes:
    """What the program writes; it has to end well."""
    where = os.environ | {"PGHOST": str(cluster.socket_dir)}
    ran = subprocess.run(
        [find_binaries(None)[program], *words.split(), *more], input=stdin, capture_output=True, env=where
    )
    assert ran.returncode == 0, ran.stderr[:2000]
    return ran.stdout

"""A program for the tests: hold a cluster until standard input ends, or try to connect; say the outcome as JSON.

    cluster_process.py hold DATA_DIR [--as USER] [--bin-dir DIR] [--state-dir DIR]
    cluster_process.py connect DSN [--as USER]

With `--as` it becomes that account after its imports, for the interpreter itself may lie where that account cannot
read. It is then no different from a process that account started.
"""

import argparse
import asyncio
import encodings.idna  # noqa: F401 - else loaded on the first connection, when it may be out of reach
import json
import os
import pwd
import sys
from pathlib import Path
from typing import Any

import asyncpg

from shared.postgres import Cluster


async def ask(dsn: str) -> Any:
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        return await connection.fetchval("SELECT current_user")
    finally:
        await connection.close()


def become(name: str) -> None:
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = "/nonexistent"


def hold(options: argparse.Namespace) -> None:
    with Cluster(Path(options.target), bin_dir=options.bin_dir, state_dir=options.state_dir) as cluster:
        say(
            is_owner=cluster.is_owner,
            data_dir=str(cluster.data_dir),
            socket_dir=str(cluster.socket_dir),
            dsn=cluster.dsn("shouwang"),
            pid=int((cluster.data_dir / "pgdata/postmaster.pid").read_text().split()[0]),
            user=asyncio.run(ask(cluster.dsn("alerts"))),
        )
        sys.stdin.read()


def connect(options: argparse.Namespace) -> None:
    try:
        say(user=asyncio.run(ask(options.target)))
    except (OSError, asyncpg.PostgresError) as error:
        say(error=type(error).__name__, text=str(error))


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["hold", "connect"])
    parser.add_argument("target")
    parser.add_argument("--as", dest="account")
    parser.add_argument("--bin-dir", type=Path)
    parser.add_argument("--state-dir", type=Path, default=Path("/nonexistent"))
    options = parser.parse_args()
    if options.account:
        become(options.account)
    {"hold": hold, "connect": connect}[options.what](options)


if __name__ == "__main__":
    main()

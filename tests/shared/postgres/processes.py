"""Other Python processes that hold a cluster, and a question to a server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from shared.postgres import Cluster

REPOSITORY = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("cluster_process.py")


@dataclass
class ClusterProcess:
    """Another Python process with a cluster: what it said of it, and how to end it."""

    process: subprocess.Popen[str]
    said: dict[str, Any]

    def leave(self) -> None:
        """Let it leave its `with` block."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(30) == 0

    def kill(self) -> None:
        """SIGKILL: nothing of Python runs any more."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


class Launcher:
    """Starts other Python processes; `begin` does not wait for their server, `start` does."""

    def __init__(self) -> None:
        self._begun: list[subprocess.Popen[str]] = []

    def begin(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        bare = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])}
        process = subprocess.Popen(
            [sys.executable, PROGRAM, *map(str, arguments)],
            env=bare | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._begun.append(process)
        return process

    def start(self, *arguments: str | Path, **environment: str) -> ClusterProcess:
        return self.said(self.begin(*arguments, **environment))

    @staticmethod
    def said(process: subprocess.Popen[str]) -> ClusterProcess:
        assert process.stdout is not None
        return ClusterProcess(process, json.loads(process.stdout.readline()))

    def end(self) -> None:
        for process in self._begun:
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                stream.close()
            try:
                process.wait(30)
            finally:
                process.kill()


Ask = Callable[..., Any]
PutCluster = Callable[[Path], Path]


async def ask(cluster: Cluster | str, sql: str, *arguments: object, role: str = "postgres") -> Any:
    """The first value of a query, as `role`."""
    dsn = cluster if isinstance(cluster, str) else cluster.dsn(role)
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(sql, *arguments)
    finally:
        await connection.close()

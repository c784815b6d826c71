"""Runs a server in a process of its own, until the block ends."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tools.kafka.probe import free_port

_START_SECONDS = 60
_STOP_SECONDS = 30


def app(factory: str) -> list[str]:
    """The command that serves an app of `benchmarks.apps` as production is served: uvicorn with one worker."""
    return ["-m", "uvicorn", f"benchmarks.apps:{factory}", "--factory", "--no-access-log", "--log-level", "warning"]


def service(name: str) -> list[str]:
    """The command that serves one service in production."""
    return ["-m", "services.cli", "serve", name]


@asynccontextmanager
async def serving(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> AsyncIterator[int]:
    """Start `python COMMAND --port PORT` and yield the port when the server says that it is ready."""
    port = free_port()
    # Tied to us by the kernel: a benchmark that is killed leaves no server behind.
    tied = [sys.executable, "-m", "tools.kafka.tied", str(os.getpid()), sys.executable]
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *tied, *command, "--port", str(port), env=os.environ | environment, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(_START_SECONDS):
            await _until_ready(process, port, log)
        yield port
    finally:
        await _end(process)


async def _until_ready(process: Process, port: int, log: Path) -> None:
    async with httpx.AsyncClient() as client:
        while not await _is_ready(client, port):
            if process.returncode is not None:
                end = await asyncio.to_thread(log.read_text, errors="replace")
                raise RuntimeError(f"the server ended: {end[-2000:]}")
            await asyncio.sleep(0.05)


async def _is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/ready")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

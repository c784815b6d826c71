"""One process of the system: started, killed, started again; what it logs and what it shows go into two files."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tools.kafka import tied

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 180.0
STOP_SECONDS = 40.0


class NotReady(AssertionError):
    """The process ended or did not get ready; the text ends with its last words."""


class Program:
    """`python -m MODULE ...` of ours, answering at `url`. It is killed when the test run dies."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], *, url: str, log: Path) -> None:
        self.name = name
        self.url = url
        self._arguments = arguments
        self._environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment}
        self._log = log
        self._screen = log.with_suffix(".screen")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else None

    def launch(self) -> None:
        """Start it and return at once. Main thread only: the kernel ties its life to the thread that started it."""
        assert self._process is None or self._process.poll() is not None, f"{self.name} runs already"
        command = [sys.executable, "-IS", str(Path(tied.__file__)), str(os.getpid())]
        command += [sys.executable, "-m", *self._arguments]
        with self._log.open("ab") as log, self._screen.open("ab") as screen:
            self._process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the test run, which then stops this in order
            )

    async def ready(self) -> None:
        """Wait until `/ready` says so."""
        deadline = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                try:
                    answer = await client.get(f"{self.url}/ready")
                    if answer.status_code == 200:
                        return
                    said = answer.text
                except httpx.TransportError as error:
                    said = type(error).__name__
                if self.exit_code is not None:
                    raise NotReady(f"{self.name} ended with {self.exit_code}:\n{self.log()[-3000:]}")
                if time.monotonic() > deadline:
                    raise NotReady(f"{self.name} is not ready ({said}):\n{self.log()[-3000:]}")
                await asyncio.sleep(0.05)

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        await self.ready()

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end and wait; returns the exit code. One that does not end is killed, which fails the test."""
        assert self._process is not None
        self._process.send_signal(number)
        deadline = time.monotonic() + STOP_SECONDS
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{self.name} did not stop:\n{self.log()[-3000:]}")
            await asyncio.sleep(0.05)
        return self._process.returncode

    async def close(self) -> None:
        """Stop it if it runs."""
        if self._process is not None and self._process.poll() is None:
            await self.stop()

    def log(self) -> str:
        """All it has logged, over all its lives."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def screen(self) -> str:
        """All it has shown to whoever started it, over all its lives."""
        return self._screen.read_text(errors="replace")

"""Processes that a test waits for."""

import time
from collections.abc import Iterable

import psutil


def still_running(processes: Iterable[psutil.Process], seconds: float = 20) -> list[psutil.Process]:
    """Those that have not ended when so many seconds have passed. Blocks until all have, or until then.

    One that has ended stays known until its parent asks for it. An orphan's is the machine's first process, which in
    some containers never asks, in others now and then.
    """
    until = time.monotonic() + seconds
    while (running := [one for one in processes if runs(one)]) and time.monotonic() < until:
        time.sleep(0.05)
    return running


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Died(BaseException):
    """Stands for the end of a process: nobody gets to take anything back."""

"""A worker process whose reader never comes back from a file of one name, and keeps the interpreter's lock from another;
a chunk with a school of that name it does not survive, nor a row that waited with such a hospital."""

import os
import re
import signal
import threading
from typing import Any

from services.alerts import file_worker, worker
from services.alerts.usecases import batches, rematching
from services.alerts.usecases.files import name_of, open_again
from shared.worker_process import run_worker

DEADLY = "unsurvivable"
_PREPARE = batches.prepare_chunk
_OPENED = rematching._opened


def _open(shelf: Any, file: Any, *more: Any) -> Any:
    name = name_of(file, shelf.vault)
    if name == "crawls.csv":
        threading.Event().wait()
    if name == "freezes.csv":
        re.match(r"(a*)*b", "a" * 99)
    return open_again(shelf, file, *more)


def _prepare(chunk: Any, reference: Any, bench: Any, vault: Any, *more: Any) -> Any:
    if DEADLY.encode() in vault.open(chunk.sealed, batches.PURPOSE):
        os.kill(os.getpid(), signal.SIGKILL)
    return _PREPARE(chunk, reference, bench, vault, *more)


def _open_row(row: Any, vault: Any) -> Any:
    opened = _OPENED(row, vault)
    if opened["hospital"] == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return opened


if __name__ == "__main__":
    batches.prepare_chunk = _prepare
    rematching._opened = _open_row
    setattr(file_worker, "open_again", _open)  # noqa: B010 # mypy sees no export there
    run_worker("alerts-worker", worker.work)

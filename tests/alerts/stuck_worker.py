"""A worker process whose reader never comes back from a file of one name, and keeps the interpreter's lock from another."""

import re
import threading
from typing import Any

from services.alerts import file_worker, worker
from services.alerts.usecases.files import name_of, open_again
from shared.worker_process import run_worker


def _open(shelf: Any, file: Any, *more: Any) -> Any:
    name = name_of(file, shelf.vault)
    if name == "crawls.csv":
        threading.Event().wait()
    if name == "freezes.csv":
        re.match(r"(a*)*b", "a" * 99)
    return open_again(shelf, file, *more)


if __name__ == "__main__":
    setattr(file_worker, "open_again", _open)  # noqa: B010 # mypy sees no export there
    run_worker("alerts-worker", worker.work)

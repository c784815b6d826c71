"""A start imports what it runs and no more: that is most of the time it takes, and of its memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from services import SERVICES

LOADED = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("module", "runs"),
    [
        ("services.cli", ()),
        ("services.embedded", ()),  # before the port is taken: who cannot have it hears so at once
        *((f"services.{one}.app", (one,)) for one in SERVICES),
    ],
)
def test_no_service_is_imported_that_is_not_run(module: str, runs: tuple[str, ...]) -> None:
    models = [f"services.{one}.models" for one in SERVICES]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, module, *models], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.split()) == (0, [f"services.{one}.models" for one in runs]), done.stderr

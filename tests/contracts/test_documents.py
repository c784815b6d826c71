"""`python -m tools.documents`: names what is stale, refuses to hide a broken contract, and writes the same twice."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.households import TaskClosed
from tools.documents.__main__ import main
from tools.documents.schemas import CONTRACTS, ROOT

SNAPSHOT = CONTRACTS / "schema" / f"{TaskClosed.type}.json"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what the tool reads and writes."""
    for folder in (CONTRACTS / "schema", CONTRACTS / "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "docs").mkdir()
    for name in ("events.md", "asyncapi.json", "openapi.json"):
        shutil.copy(ROOT / "docs" / name, tmp_path / "docs" / name)
    return tmp_path


def test_committed_documents_are_fresh_whatever_the_hash_seed() -> None:
    """In a process of its own: the order of a set must not show in a document."""
    command = [sys.executable, "-m", "tools.documents", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_stale_documents_are_named_then_written(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "docs/events.md").write_text("old")
    (repository / SNAPSHOT).unlink()

    assert main(["--check", "--root", str(repository)]) == 1
    named = capsys.readouterr().out
    assert "stale: docs/events.md (make docs)" in named
    assert f"stale: {SNAPSHOT} (make docs)" in named
    assert not (repository / SNAPSHOT).exists()

    assert main(["--root", str(repository)]) == 0
    assert main(["--check", "--root", str(repository)]) == 0
    assert (repository / "docs/events.md").read_text() != "old"


@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_break_is_refused_and_the_snapshot_kept(
    mode: list[str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The snapshot remembers a field that the contract does not have any more."""
    old: dict[str, Any] = json.loads((repository / SNAPSHOT).read_text())
    old["properties"]["closed_by"] = {"type": "string"}
    (repository / SNAPSHOT).write_text(json.dumps(old))

    assert main([*mode, "--root", str(repository)]) == 1
    assert "households.task-closed: closed_by: removed or renamed" in capsys.readouterr().err
    assert json.loads((repository / SNAPSHOT).read_text()) == old

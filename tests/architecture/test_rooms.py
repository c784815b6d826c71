"""The house rules that a reader should be able to count on without looking."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import SERVICES

ROOT = Path(__file__).parents[2]
BANNED = {"utils", "helpers", "common", "misc", "manager", "handlers"}


def _python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, node.func.attr


def test_no_file_has_a_name_that_says_nothing() -> None:
    named = [p for p in _python_files("services", "shared", "demo", "benchmarks", "tools") if p.stem in BANNED]
    assert named == []


def test_only_the_session_edge_commits() -> None:
    found = [f"{p}:{line}" for p in _python_files("services") for line, name in _calls(p) if name == "commit"]
    assert found == []


@pytest.mark.parametrize("service", SERVICES)
def test_rules_do_no_io_and_read_no_clock(service: str) -> None:
    folder = ROOT / "services" / service
    files = [folder / "rules.py", *sorted((folder / "rules").rglob("*.py"))]
    existing = [f for f in files if f.exists()]
    assert existing, f"{service} has rules"
    for path in existing:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(async def|await |utc_now|datetime\.now|date\.today|sqlalchemy|httpx|open\()", text), (
            path
        )


@pytest.mark.parametrize("service", SERVICES)
def test_relationships_never_load_by_themselves(service: str) -> None:
    for path in _python_files(f"services/{service}"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "relationship":
                lazy = [k.value.value for k in node.keywords if k.arg == "lazy" and isinstance(k.value, ast.Constant)]
                assert lazy == ["raise"], f"{path}:{node.lineno}"


def test_files_stay_readable() -> None:
    long = [p for p in _python_files("services", "shared", "demo") if len(p.read_text("utf-8").splitlines()) > 320]
    assert long == []


def test_no_text_for_people_stands_inline_in_code() -> None:
    """Chinese stands in docstrings, comments, OpenAPI summaries and descriptions, not in what the code answers."""
    allowed = re.compile(
        r"_COLUMNS|_EXAMPLE|_BODY|.description.:|.examples.:|summary=|description=|title=|tags=|examples=|example=|Field\(|Query\(|Header\(|Path\(|Body\("
    )
    documents = ("app.py", "gateway.py", "screen.py")  # titles and descriptions of documents
    for path in _python_files("services"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = path.read_text(encoding="utf-8").splitlines()
        docstrings = {
            id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in docstrings or path.name in documents:
                continue
            if isinstance(node.value, str) and re.search(r"[\u4e00-\u9fff]", node.value):
                near = "\n".join(lines[max(0, node.lineno - 6) : node.end_lineno])
                assert allowed.search(near), f"{path}:{node.lineno}: {node.value}"


def test_nothing_of_one_machine_is_tracked() -> None:
    """No lock file records where a package came from; no path of somebody's machine stands in the tree."""
    locks = [*(ROOT / "requirements").iterdir()]
    assert locks
    for path in locks:
        assert not re.search(r"https?://|--index-url|--extra-index", path.read_text(encoding="utf-8")), path
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in tracked if name.startswith((".data/", ".venv/", ".cache/"))]

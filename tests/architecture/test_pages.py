"""The pages written by hand name files, functions and routes that are there, and link to pages that are there."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/decisions").glob("*.md"))]
SOURCES = ("services", "shared", "migrations", "deploy", "tests/e2e", "tools", "demo", "benchmarks")
SUFFIXES = {".py", ".toml", ".conf", ".sh", ".sql"}

GUIDES = [page for page in PAGES if page.parent.name == "docs"]
"""Decisions also name what others have, and what was not taken."""

each_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


@pytest.fixture(scope="module")
def words() -> set[str]:
    """Every identifier of the code."""
    files = [f for folder in SOURCES for f in (ROOT / folder).rglob("*") if f.suffix in SUFFIXES]
    files += [ROOT / "docker-compose.yml", ROOT / "Makefile"]
    return set(re.findall(r"[A-Za-z_]\w+", "\n".join(file.read_text(encoding="utf-8") for file in files)))


def quoted(page: Path) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")))


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("README*.md")], ids=lambda page: page.name)
def test_tables_are_tables(page: Path) -> None:
    """Without the line below their heads they are shown as one paragraph of bars."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    tables = re.findall(r"(?m)(?<!\|\n)^(\|.*)\n(.*)$", text)
    assert [head for head, below in tables if not re.fullmatch(r"\|([ :]*-+[ :]*\|)+", below)] == []


@pytest.mark.parametrize("page", [*GUIDES, *ROOT.glob("README*.md")], ids=lambda page: page.name)
def test_routes_exist(page: Path) -> None:
    paths: dict[str, dict[str, object]] = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))["paths"]
    known = {(method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path, methods in paths.items() for method in methods}
    named = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/\w+/v1/[^\s`?]*)", page.read_text(encoding="utf-8"))
    assert [one for one in named if (one[0], re.sub(r"\{\w+\}", "{}", one[1])) not in known] == []


@each_page
def test_files_exist(page: Path) -> None:
    """By their path in the repository, or by the end of it, as one says it within a service."""
    known = [
        f"/{path.relative_to(ROOT)}"
        for folder in (*SOURCES, "benchmarks", "docs", "tests")
        for path in (ROOT / folder).rglob("*")
    ]
    known += [f"/{path.name}" for path in ROOT.iterdir()]
    named = {text for text in quoted(page) if re.fullmatch(r"[\w./-]+\.(py|md|toml|sh|sql|conf|yml)|(\w+/)+", text)}
    made_at_run_time = {"pgdata/"}
    gone = [text for text in named - made_at_run_time if not any(k.endswith("/" + text.rstrip("/")) for k in known)]
    assert gone == []


@pytest.mark.parametrize("page", GUIDES, ids=[page.name for page in GUIDES])
def test_functions_and_classes_exist(page: Path, words: set[str]) -> None:
    names = {t.split("(")[0] for t in quoted(page) if re.fullmatch(r"[\w.]+(\(.*\))?", t)}
    # Of a dotted name every part; plain words and names in capitals are no code of ours (PostgreSQL's, Kafka's, ...).
    parts = {part for name in names for part in name.split(".")}
    code = {part for part in parts if re.fullmatch(r"[a-z]+(_[a-z]+)+|([A-Z][a-z]+){2,}", part)}
    foreign = {"archive_timeout", "pg_basebackup", "verb_noun", "http_server_request_duration_seconds"}
    assert sorted(code - words - foreign) == []

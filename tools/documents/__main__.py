"""`python -m tools.documents` writes the made documents anew; `--check` names those that are stale and exits 1."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.contracts import ALL_EVENTS
from tools.documents.asyncapi import asyncapi
from tools.documents.breaking import broken_contracts
from tools.documents.events_page import events_page
from tools.documents.feeds_page import feeds_page
from tools.documents.openapi import make_apps, openapi, receivers
from tools.documents.problems import problems_of
from tools.documents.quality_page import quality_page
from tools.documents.schemas import CONTRACTS, ROOT, read_examples, snapshot

DOCS = Path("docs")


def main(arguments: list[str] | None = None) -> int:
    """Refuse a broken contract in both modes: a snapshot that is simply written anew would hide it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    options = parser.parse_args(arguments)
    if problems := broken_contracts(options.root):
        print("\n".join(problems), file=sys.stderr)
        return 1
    stale = {path: text for path, text in documents(options.root).items() if _read(options.root / path) != text}
    for path, text in stale.items():
        print(f"stale: {path} (make docs)" if options.check else f"written: {path}")
        if not options.check:
            (options.root / path).parent.mkdir(parents=True, exist_ok=True)
            (options.root / path).write_text(text, encoding="utf-8")
    return 1 if options.check and stale else 0


def documents(root: Path) -> dict[Path, str]:
    """Every made document by its path."""
    apps = make_apps()
    readers = receivers(apps)
    problems = {service: problems_of(app) for service, app in apps.items()}
    for service, app in apps.items():
        app.state.problems = problems[service]  # not what lies there, which may be stale
    return {
        **{CONTRACTS / "schema" / f"{event.type}.json": _json(snapshot(event), sort=True) for event in ALL_EVENTS},
        DOCS / "events.md": events_page(readers),
        DOCS / "feeds.md": feeds_page(),
        DOCS / "quality-rules.md": quality_page(),
        DOCS / "asyncapi.json": _json(asyncapi(readers, read_examples(root))),
        DOCS / "openapi.json": _json(openapi(apps)),
        **{Path("services") / service / "problems.json": _lines(found) for service, found in problems.items()},
    }


def _json(document: dict[str, Any], *, sort: bool = False) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=sort) + "\n"


def _lines(table: Mapping[str, Any]) -> str:
    """A line for each route."""
    return "{\n" + ",\n".join(f'  "{name}": {json.dumps(line)}' for name, line in sorted(table.items())) + "\n}\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())

"""What `make run` shows: a line for each long step, then where to go. Chinese and English side by side."""

import json
import sys
from pathlib import Path
from typing import Any

from shared.clock import local_date, utc_now
from shared.messages import Catalogue
from shared.postgres import Step

_HERE = Path(__file__).parent


class Screen:
    """Writes to standard output, where a person looks; logs go to standard error."""

    def __init__(self) -> None:
        self._texts = Catalogue(_HERE, _HERE.parent / "shared" / "postgres")
        self._open_line = False

    def postgres_step(self, step: Step) -> None:
        """A step of the database."""
        self.step(step.value)

    def step(self, code: str, **params: object) -> None:
        """One line."""
        self._end_line()
        print(f"· {self.both(code, **params)}", flush=True)  # noqa: T201

    def progress(self, code: str, done: int, total: int) -> None:
        """One line that fills up; on a terminal it is written over, elsewhere it is written when it is full."""
        if sys.stdout.isatty():
            print(f"\r· {self.both(code)} {done}/{total}", end="", flush=True)  # noqa: T201
            self._open_line = True
        elif done >= total:
            self.step(code)

    def welcome(self, base_url: str, demo_file: Path | None, admin_file: Path) -> None:
        """The address, who can sign in, and an alert to try."""
        self._end_line()
        lines = ["", f"守望 Shouwang  {base_url}   API: {base_url}/docs", self.both("admin-file", file=admin_file)]
        if demo_file is not None:
            lines += self._demo(base_url, demo_file)
        lines += [self.both("stop-hint"), ""]
        print("\n".join(lines), flush=True)  # noqa: T201

    def _demo(self, base_url: str, demo_file: Path) -> list[str]:
        demo = json.loads(demo_file.read_text(encoding="utf-8"))
        lines = [self.both("demo-accounts", file=demo_file)]
        lines += [
            f"    {a['role']:<11}{a['username']:<24}{a['password']}" for a in first_of_each_role(demo["accounts"])
        ]
        return [*lines, self.both("demo-alert"), example_alert(base_url, demo)]

    def both(self, code: str, **params: object) -> str:
        """A text in both languages."""
        return f"{self._texts.text(code, 'zh', **params)} · {self._texts.text(code, 'en', **params)}"

    def _end_line(self) -> None:
        if self._open_line:
            print(flush=True)  # noqa: T201
            self._open_line = False


def first_of_each_role(accounts: list[dict[str, str]]) -> list[dict[str, str]]:
    """One account of each role, in the order of the list."""
    first: dict[str, dict[str, str]] = {}
    for account in accounts:
        first.setdefault(account["role"], account)
    return list(first.values())


def example_alert(base_url: str, demo: dict[str, Any]) -> str:
    """A `curl` that posts a pupil's absence."""
    pupil = next(person for person in demo["people"] if person["pupil"])
    key = demo["api_keys"]["education.absence"]
    body = {
        "feed": "education.absence",
        "source_ref": "demo-1",
        "occurred_on": local_date(utc_now()).isoformat(),
        "person": {"id_number": pupil["id_number"], "name": pupil["name"]},
        "area_code": pupil["area_code"],
        "evidence": {"days_absent": 4},
    }
    return (
        f"  curl -i {base_url}/alerts/v1/alerts -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \\\n"
        f"    -d '{json.dumps(body, ensure_ascii=False)}'"
    )

"""`shouwang import`: sends a file from a terminal, shows how it is worked off, and says what was wrong in it."""

import io
import sys
import time
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.spoken import SpokenCommand, language, option, say

REFUSED = 3
"""Exit status of `--strict` when rows were refused."""
_ASK_SECONDS = 0.5
_SHOWN = 20  # mistakes
_COUNTS = (
    *("rows_read", "screened", "triggered", "matched", "stored", "repeated", "merged", "worsened", "snoozed"),
    *("rejected", "unmatched"),
)


class _Watched(io.BufferedReader):
    """A file that tells how far it was read."""

    def __init__(self, file: io.FileIO, progress: Progress, task: TaskID) -> None:
        super().__init__(file)
        self._progress = progress
        self._task = task

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self._progress.advance(self._task, len(piece))
        return piece


@click.command(name="import", cls=SpokenCommand)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--feed", required=True, help="cli-feed")
@option("--period", help="cli-period")
@option("--url", default="http://127.0.0.1:8000", show_default=True, help="cli-url")
@option("--api-key", envvar="SHOUWANG_API_KEY", required=True, help="cli-api-key")
@option("--result", type=click.Path(dir_okay=False, path_type=Path), help="cli-result")
@option("--strict", is_flag=True, help="cli-strict")
def import_command(
    file: Path, feed: str, period: str | None, url: str, api_key: str, result: Path | None, strict: bool
) -> None:
    """Report a file (CSV, XLSX, XLS) and wait until its last row is worked off."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with (
        httpx.Client(
            base_url=url, headers={"X-API-Key": api_key, "Accept-Language": language()}, timeout=300
        ) as client,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        place, known = _send(client, file, {"feed": feed} | ({"period": period} if period else {}), progress)
        view = _wait(client, place, progress)
        errors = read(client.get(f"{place}/errors", params={"limit": _SHOWN}))["items"] if view["errors"] else []
        if result and view["result_kept"]:
            _save(client, f"{place}/result", result)
    if known:
        click.echo(say("cli-file-known", name=file.name))
    click.echo(say("cli-period-taken", period=view["period"]))
    click.echo("  ".join(f"{say(f'cli-count-{name}')} {view[name]}" for name in _COUNTS))
    for one in view["skipped"]:
        click.echo(say("cli-sheet-skipped", sheet=one["sheet"], name=one["name"], message=one["message"]), err=True)
    for one in errors:
        place = "cli-row-of-sheet" if one["sheet"] > 1 else "cli-row"
        told = {"sheet": one["sheet"], "row": one["row"], "field": one["heading"] or one["field"]}
        click.echo(say(place, **told, message=one["message"]), err=True)
    if view["state"] != "done":
        raise click.ClickException(view["failure"]["message"] if view["failure"] else str(view["state"]))
    if strict and view["rejected"]:
        sys.exit(REFUSED)


def _send(client: httpx.Client, file: Path, form: dict[str, str], progress: Progress) -> tuple[str, bool]:
    """Where the file is to be asked for, and whether it was known."""
    task = progress.add_task(say("cli-sending"), total=file.stat().st_size)
    with file.open("rb", buffering=0) as opened:
        watched = _Watched(opened, progress, task)
        answer = client.post("/alerts/v1/files", data=form, files={"file": (file.name, watched)})
    progress.update(task, completed=file.stat().st_size)
    read(answer)
    return answer.headers["location"], answer.status_code == httpx.codes.OK


def _save(client: httpx.Client, place: str, result: Path) -> None:
    with client.stream("GET", place) as answer:
        if answer.is_error:
            answer.read()
            read(answer)
        with result.open("wb") as opened:
            for piece in answer.iter_bytes():
                opened.write(piece)


def _wait(client: httpx.Client, place: str, progress: Progress) -> dict[str, Any]:
    task = progress.add_task(say("cli-working"), total=1.0)
    while True:
        view: dict[str, Any] = read(client.get(place))
        progress.update(task, completed=view["progress"] or 0.0)
        if view["finished_at"] is not None:
            return view
        time.sleep(_ASK_SECONDS)


def read(answer: httpx.Response) -> Any:
    """The answer, if it has a body; a problem is told in its own words and ends the command."""
    if not answer.content and answer.is_success:
        return None
    try:
        found = answer.json()
    except ValueError:
        answer.raise_for_status()
        raise
    if answer.is_error:
        title = found.get("title", answer.reason_phrase)
        told = [one for one in found.get("errors") or () if one["message"] != title]
        mistakes = [": ".join(filter(None, (one["field"], one["message"]))) for one in told]
        raise click.ClickException("\n".join([title, *mistakes]))
    return found

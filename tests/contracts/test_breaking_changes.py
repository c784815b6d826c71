"""A contract may grow; whatever would break a receiver or a kept message is found, and said clearly."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from shared.contracts import ALL_EVENTS
from shared.contracts.directory import AreasChanged
from shared.contracts.envelope import Event, EventType
from shared.contracts.households import TaskClosed, VerdictGiven
from tools.documents.breaking import breaking_changes, broken_contracts
from tools.documents.schemas import CONTRACTS, ROOT, snapshot

Change = Callable[[dict[str, Any]], object]


def changed(event: EventType, change: Change) -> list[str]:
    """What `breaking_changes` says when `change` was done to the event's schema."""
    new = copy.deepcopy(snapshot(event))
    change(new)
    return breaking_changes(snapshot(event), new)


BREAKING: dict[str, tuple[EventType, Change, str]] = {
    "removed": (
        TaskClosed,
        lambda s: (s["properties"].pop("late"), s["required"].remove("late")),
        "late: removed or renamed",
    ),
    "renamed": (
        TaskClosed,
        lambda s: s["properties"].update(was_late=s["properties"].pop("late")),
        "late: removed or renamed",
    ),
    "retyped": (
        TaskClosed,
        lambda s: s["properties"].update(late={"type": "string"}),
        "late: changed from {'type': 'boolean'} to {'type': 'string'}",
    ),
    "may now be null": (
        TaskClosed,
        lambda s: s["properties"].update(late={"anyOf": [{"type": "boolean"}, {"type": "null"}]}),
        "late: changed from {'type': 'boolean'}",
    ),
    "newly required": (
        TaskClosed,
        lambda s: (s["properties"].update(by={"type": "string"}), s["required"].append("by")),
        "by: newly required",
    ),
    "narrowed code list": (
        VerdictGiven,
        lambda s: s["properties"]["verdict"]["enum"].remove("duplicate"),
        "verdict: no longer allows 'duplicate'",
    ),
    "a code list where any text was": (
        TaskClosed,
        lambda s: s["properties"]["subject_key"].update(enum=["a"]),
        "subject_key: now allows 'a' only",
    ),
    "items retyped": (
        VerdictGiven,
        lambda s: s["properties"]["alert_ids"]["items"].pop("format"),
        "alert_ids[]: changed",
    ),
    "inside a list of records": (
        AreasChanged,
        lambda s: s["$defs"]["AreaRecord"]["properties"].pop("code"),
        "areas[].code: removed or renamed",
    ),
    "tighter limit": (AreasChanged, lambda s: s["properties"]["areas"].update(maxItems=10), "areas: changed"),
    "another type": (TaskClosed, lambda s: s.update({"x-type": "households.task-ended"}), "type changed"),
    "another topic": (TaskClosed, lambda s: s.update({"x-topic": "households.verdict"}), "topic changed"),
    "another key": (TaskClosed, lambda s: s.update({"x-key": ["task_id"]}), "partition key changed"),
}


@pytest.mark.parametrize("case", BREAKING)
def test_breaking_change_is_named(case: str) -> None:
    event, change, message = BREAKING[case]
    found = changed(event, change)
    assert found, "not noticed"
    assert all(line.startswith(message) for line in found), found


ADDITIVE: dict[str, tuple[EventType, Change]] = {
    "nothing": (TaskClosed, lambda s: None),
    "optional field": (TaskClosed, lambda s: s["properties"].update(note={"type": "string", "default": ""})),
    "optional field in a record": (
        AreasChanged,
        lambda s: s["$defs"]["AreaRecord"]["properties"].update(level={"type": "string", "default": ""}),
    ),
    "one more code": (VerdictGiven, lambda s: s["properties"]["verdict"]["enum"].append("left_register")),
    "better words": (TaskClosed, lambda s: s["properties"]["late"].update(description="Later than the deadline")),
    "default added": (TaskClosed, lambda s: s["required"].remove("late")),
    "record renamed": (
        AreasChanged,
        lambda s: (
            s.update({"$defs": {"Area": s["$defs"]["AreaRecord"]}}),
            s["properties"]["areas"].update(items={"$ref": "#/$defs/Area"}),
        ),
    ),
}


@pytest.mark.parametrize("case", ADDITIVE)
def test_additive_change_passes(case: str) -> None:
    event, change = ADDITIVE[case]
    assert changed(event, change) == []


def test_model_in_python_is_seen_through_its_snapshot() -> None:
    """The cases above change JSON; this one is a developer who edits a class."""

    class Before(Event):
        type: ClassVar[str] = "households.task-closed"
        topic: ClassVar[str] = "households.task"
        state: Literal["done", "cancelled"]
        task: int

        @property
        def key(self) -> str:
            """One task."""
            return str(self.task)

    class After(Before):
        state: Literal["done"]  # type: ignore[assignment]
        task: str  # type: ignore[assignment]
        who: str

    found = breaking_changes(snapshot(Before), snapshot(After))
    assert [line.split(":")[0] for line in found] == ["state", "task", "who"]


def test_contracts_break_no_committed_snapshot() -> None:
    assert broken_contracts(ROOT) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose snapshots remember a field that `TaskClosed` does not have."""
    folder = tmp_path / CONTRACTS / "schema"
    folder.mkdir(parents=True)
    for event in ALL_EVENTS:
        (folder / f"{event.type}.json").write_text(json.dumps(snapshot(event)))
    old = snapshot(TaskClosed)
    old["properties"]["closed_by"] = {"type": "string"}
    (folder / f"{TaskClosed.type}.json").write_text(json.dumps(old))
    return tmp_path


def test_event_that_is_gone_is_a_break(repository: Path) -> None:
    (repository / CONTRACTS / "schema" / "households.task-forgotten.json").write_text("{}")
    assert any(line.startswith("households.task-forgotten: the event is gone") for line in broken_contracts(repository))

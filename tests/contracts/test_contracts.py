"""The events: their examples, their owners, and what they may not say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel

from services import SERVICES
from shared.contracts import (
    ALL_EVENTS,
    BY_TYPE,
    alerts,
    directory,
    grades,
    households,
    jobs,
    labour,
    monitoring,
    pretence,
    schooling,
    support,
)
from shared.contracts.directory import AreasChanged
from shared.contracts.envelope import EventType
from shared.contracts.topics import ON_THE_BUS, TOPICS, Topic, lanes_of
from shared.lanes import Lane, lane_of, on_lane
from tools.documents.schemas import CONTRACTS, ROOT, key_fields, read_examples, snapshot

OWNERS = {
    alerts: "alerts",
    directory: "directory",
    households: "households",
    monitoring: "households",
    grades: "households",
    pretence: "households",
    schooling: "households",
    labour: "households",
    jobs: "jobs",
    support: "support",
}
EXAMPLES = read_examples(ROOT)

TO_COME = {"support"}
"""Services that are heard before they are there: their contracts stand, so that both sides are built against them."""

each_event = pytest.mark.parametrize("event", ALL_EVENTS, ids=[event.type for event in ALL_EVENTS])


@each_event
def test_example_is_read_and_written_back_the_same(event: EventType) -> None:
    example = EXAMPLES[event.type]
    assert json.loads(event.model_validate(example).model_dump_json()) == example


@each_event
def test_example_fits_the_committed_schema(event: EventType) -> None:
    schema = json.loads((ROOT / CONTRACTS / "schema" / f"{event.type}.json").read_text())
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    validator.validate(EXAMPLES[event.type])
    for name in schema["required"]:
        incomplete = {key: value for key, value in EXAMPLES[event.type].items() if key != name}
        assert not validator.is_valid(incomplete), f"{name} is not missed"


def test_every_example_and_schema_has_its_event() -> None:
    for folder in ("examples", "schema"):
        assert {file.stem for file in (ROOT / CONTRACTS / folder).glob("*")} == set(BY_TYPE)


def test_every_event_class_is_listed() -> None:
    """A class that is in no list would have no schema, no page, and no test."""
    assert len(BY_TYPE) == len(ALL_EVENTS), "one type stands for two events"
    for module in OWNERS:
        named = {found for found in vars(module).values() if isinstance(found, type) and hasattr(found, "type")}
        assert named == set(module.EVENTS)


@each_event
def test_event_goes_through_a_topic_of_its_owner(event: EventType) -> None:
    owner = next(name for module, name in OWNERS.items() if event in module.EVENTS)
    assert TOPICS[event.topic].owner == owner
    assert re.fullmatch(rf"{owner}\.[a-z]+(-[a-z]+)+", event.type)


def test_topics_belong_to_services_and_are_all_used() -> None:
    assert {topic.owner for topic in TOPICS.values()} <= {*SERVICES, *TO_COME}
    assert {event.topic for event in ALL_EVENTS} == set(TOPICS)


def test_bulk_runs_beside_logs_only_and_needs_no_other_name() -> None:
    twins = {
        "alerts.alert-bulk",
        "households.task-bulk",
        "households.register-bulk",
        "households.case-bulk",
        "households.grade-bulk",
        "households.labour-bulk",
        "households.work-bulk",
        "jobs.wage-bulk",
        "support.transfer-bulk",
    }
    assert set(ON_THE_BUS) == {*TOPICS, *twins}
    for name, topic in ON_THE_BUS.items():
        assert name == on_lane(topic.name, lane_of(name))
    with pytest.raises(ValueError, match="newest state"):
        Topic("directory.key", "state", "Keys", "密钥", bulk_twin=True)
    assert [lanes_of(service) for service in ("directory", "alerts")] == [[Lane.LIVE], [Lane.LIVE, Lane.BULK]]


@each_event
def test_partition_key_is_made_of_fields_and_is_not_personal(event: EventType) -> None:
    key = event.model_validate(EXAMPLES[event.type]).key
    assert key_fields(event) or event is AreasChanged  # all areas in one order
    assert key
    assert not re.search(r"\d{17}[\dX]", key)


CLEAR = re.compile(r"(^|_)(name|phone|mobile|id_number|id_card|address|bank|birth|username|password|secret|text)(_|$)")
NOT_PERSONAL = {"AreaRecord.name": "an area's name", "ApiKeyChanged.secret_hash": "a hash of 256 random bits"}


@each_event
def test_no_field_holds_people_in_clear(event: EventType) -> None:
    clear = {field for field in fields_of(event) if CLEAR.search(field.split(".")[1])}
    clear = {field for field in clear if not field.endswith("_sealed")}
    assert clear <= NOT_PERSONAL.keys()


@each_event
def test_no_example_holds_people_in_clear(event: EventType) -> None:
    text = json.dumps(EXAMPLES[event.type], ensure_ascii=False)
    assert not re.search(r"(?<!\d)(\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?!\d)", text), "an ID or phone number"
    assert all(code.startswith("5399") for code in re.findall(r'"(\d{12})"', text)), "a place that may exist"


@each_event
def test_every_field_is_described_and_the_event_titled(event: EventType) -> None:
    assert re.search(r"[\u4e00-\u9fff]", event.title_zh)
    schema = snapshot(event)
    for shape in (schema, *schema.get("$defs", {}).values()):
        assert all(field.get("description") for field in shape["properties"].values())


def fields_of(model: type[BaseModel]) -> Iterator[str]:
    """`Model.field` of a model and of the models in its lists."""
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}"
        for part in parts_of(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from fields_of(part)


def parts_of(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from parts_of(part)


def test_no_copy_of_a_key_lies_among_the_examples() -> None:
    """They are published with the code: a base64 of 32 bytes would be a vault key, not a sealed value."""
    for file in Path(ROOT / CONTRACTS / "examples").glob("*.json"):
        assert not re.search(r'"[A-Za-z0-9+/]{43}="', file.read_text())

"""`docs/asyncapi.json` is a whole AsyncAPI 3.0 document: required members, resolving references, true examples."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from shared.bus.cloudevents import to_headers
from shared.bus.port import Message
from shared.contracts import ALL_EVENTS, BY_TYPE
from shared.contracts.topics import ON_THE_BUS, TOPICS
from tools.documents.schemas import ROOT

DOCUMENT = json.loads((ROOT / "docs/asyncapi.json").read_text(encoding="utf-8"))
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def find(reference: str) -> Any:
    node = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_required_members() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert all({"host", "protocol"} <= server.keys() for server in DOCUMENT["servers"].values())
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"].keys() == {"$ref"}


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert len(found) > len(ALL_EVENTS)
    assert all(find(reference) for reference in found)


def test_every_topic_is_a_channel_that_its_owner_alone_sends_to() -> None:
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == set(ON_THE_BUS)
    for name, topic in ON_THE_BUS.items():
        senders = [
            operation["tags"]
            for operation in DOCUMENT["operations"].values()
            if operation["action"] == "send" and operation["channel"]["$ref"] == f"#/channels/{name}"
        ]
        assert senders == [[{"name": topic.owner}]]


def test_every_event_is_a_message_of_its_channel() -> None:
    assert set(MESSAGES) == set(BY_TYPE)
    for event in ALL_EVENTS:
        assert event.type in DOCUMENT["channels"][event.topic]["messages"]


def test_operation_names_messages_of_its_own_channel() -> None:
    """AsyncAPI: an operation's messages are references into the channel it names."""
    for operation in DOCUMENT["operations"].values():
        assert operation["messages"]
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"{operation['channel']['$ref']}/messages/")


def test_main_road_is_in_it() -> None:
    receive = DOCUMENT["operations"]["households.receive.alerts.alert"]
    assert receive["bindings"]["kafka"]["groupId"]["enum"] == ["households"]
    assert "alerts.receive.households.verdict" in DOCUMENT["operations"]


def test_bulk_is_received_by_a_group_of_its_own() -> None:
    live, bulk = (DOCUMENT["operations"][f"households.receive.alerts.alert{ending}"] for ending in ("", "-bulk"))
    assert bulk["bindings"]["kafka"]["groupId"]["enum"] == ["households-bulk"]
    assert [one["$ref"].rsplit("/", 1)[1] for one in bulk["messages"]] == [
        one["$ref"].rsplit("/", 1)[1] for one in live["messages"]
    ]


@pytest.mark.parametrize("type_", BY_TYPE)
def test_example_fits_the_message(type_: str) -> None:
    message = MESSAGES[type_]
    schemas = {"components": {"schemas": DOCUMENT["components"]["schemas"]}}
    validator = jsonschema_rs.Draft202012Validator({**find(message["payload"]["$ref"]), **schemas})
    for example in message["examples"]:
        validator.validate(example["payload"])
        assert not validator.is_valid({})


@pytest.mark.parametrize("type_", BY_TYPE)
def test_headers_are_those_that_the_bus_writes(type_: str) -> None:
    event = BY_TYPE[type_]
    sent = to_headers(
        Message(
            topic=event.topic,
            key="k",
            id="01a205b8-946e-77ea-b2c4-1a19a9c74cd2",
            type=type_,
            source=f"/{TOPICS[event.topic].owner}",
            time="2026-11-23T00:05:12.430000+00:00",
            value=b"{}",
        )
    )
    headers = MESSAGES[type_]["headers"]
    jsonschema_rs.Draft202012Validator(headers, validate_formats=True).validate({n: v.decode() for n, v in sent})
    assert headers["required"] == [name for name, _ in sent]

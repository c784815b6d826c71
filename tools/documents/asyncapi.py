"""`docs/asyncapi.json`: AsyncAPI 3.0 of all services, for tools that make clients, viewers or mocks of it.

https://www.asyncapi.com/docs/reference/specification/v3.0.0 and its Kafka bindings 0.5.0.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.bus.cloudevents import SPEC_VERSION
from shared.contracts import ALL_EVENTS
from shared.contracts.envelope import EventType
from shared.contracts.topics import ON_THE_BUS, TOPICS, Topic
from shared.lanes import Lane, lane_of, on_lane
from tools.documents.events_page import Receivers, english_title, events_of, key_text
from tools.documents.schemas import body_schema

Json = dict[str, Any]
_BINDING = "0.5.0"
_ABOUT = """\
Events of the services of 守望. At least once, in order per topic and partition key; receivers act once per `ce_id` and \
ignore fields they do not know. What comes by the thousand takes a topic ending in `-bulk`. \
No name, phone or ID number travels in clear. For readers: docs/events.md."""


def asyncapi(receivers: Receivers, examples: Mapping[str, Json]) -> Json:
    """The document. `examples`: a body for each event type."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "守望 Shouwang", "version": "1", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap_server}",
                "protocol": "kafka",
                "description": "Apache Kafka 4",
                "variables": {"bootstrap_server": {"default": "kafka:9092"}},
            }
        },
        "channels": {name: _channel(name, topic) for name, topic in ON_THE_BUS.items()},
        "operations": dict(_operations(receivers)),
        "components": {
            "messages": {event.type: _message(event, examples[event.type]) for event in ALL_EVENTS},
            "schemas": dict(_schemas()),
        },
    }


def _channel(name: str, topic: Topic) -> Json:
    policy = "compact" if topic.kind == "state" else "delete"
    bulk = lane_of(name) is Lane.BULK
    return {
        "address": name,
        "title": f"{topic.title_en}{', in bulk' * bulk} · {topic.title_zh}{'（批量）' * bulk}",
        "messages": {e.type: {"$ref": f"#/components/messages/{e.type}"} for e in events_of(topic)},
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": [policy]}, "bindingVersion": _BINDING}},
    }


def _operations(receivers: Receivers) -> Iterator[tuple[str, Json]]:
    """One `send` for each channel by its owner; one `receive` for each channel and service that handles events of it."""
    for channel, topic in ON_THE_BUS.items():
        yield f"{topic.owner}.send.{channel}", _operation("send", channel, events_of(topic), topic.owner)
        for service in sorted({name for event in events_of(topic) for name in receivers.get(event.type, ())}):
            handled = [event for event in events_of(topic) if service in receivers.get(event.type, ())]
            yield f"{service}.receive.{channel}", _operation("receive", channel, handled, service)


def _operation(action: str, name: str, events: list[EventType], service: str) -> Json:
    channel = f"#/channels/{name}"
    operation: Json = {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{event.type}"} for event in events],
        "tags": [{"name": service}],
    }
    if action == "receive":  # the consumer group has the service's name, with the lane's ending
        group = {"type": "string", "enum": [on_lane(service, lane_of(name))]}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": _BINDING}}
    return operation


def _message(event: EventType, example: Json) -> Json:
    return {
        "name": event.type,
        "title": f"{english_title(event)} · {event.title_zh}",
        "summary": event.__doc__,
        "contentType": "application/json",
        "headers": _headers(event),
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": key_text(event)}, "bindingVersion": _BINDING}},
        "examples": [{"name": event.type, "payload": example}],
    }


def _headers(event: EventType) -> Json:
    """CloudEvents in Kafka's binary mode, as `shared.bus.cloudevents` writes them."""
    owner = TOPICS[event.topic].owner
    properties: Json = {
        "ce_specversion": {"type": "string", "const": SPEC_VERSION},
        "ce_id": {"type": "string", "format": "uuid", "description": "A UUID version 7; the same when sent again"},
        "ce_source": {"type": "string", "const": f"/{owner}"},
        "ce_type": {"type": "string", "const": event.type},
        "ce_time": {"type": "string", "format": "date-time"},
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context; missing outside a trace"},
    }
    return {"type": "object", "properties": properties, "required": [n for n in properties if n != "traceparent"]}


def _schemas() -> Iterator[tuple[str, Json]]:
    for event in ALL_EVENTS:
        schema = body_schema(event, "#/components/schemas/{model}")
        yield from schema.pop("$defs", {}).items()
        yield event.__name__, schema

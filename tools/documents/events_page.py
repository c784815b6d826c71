"""`docs/events.md`: every event for a reader, from the contracts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from shared.contracts import ALL_EVENTS
from shared.contracts.envelope import EventType
from shared.contracts.topics import TOPICS, Topic
from shared.lanes import Lane, on_lane
from tools.documents.schemas import body_schema, key_fields

Receivers = Mapping[str, Sequence[str]]
"""By event type: the services that handle it."""

_HEAD = """\
# Events · 事件

Made from `shared/contracts` by `make docs`; do not edit. The same for machines: [asyncapi.json](asyncapi.json), and a
[schema](../shared/contracts/schema) and an [example](../shared/contracts/examples) of each event.

* **Form.** [CloudEvents 1.0](https://github.com/cloudevents/spec), in Kafka's binary mode: the JSON body is the value
  of the record, and these are its headers: `ce_specversion` `ce_id` `ce_source` `ce_type` `ce_time` `content-type`,
  and `traceparent` where the event belongs to a trace.
* **Delivery.** At least once, and in order within one topic and partition key. A receiver remembers `ce_id` and so
  acts once.
* **Lanes.** A topic with a bulk twin is two: single events take `alerts.alert`; those of a large batch, and what follows
  from them, take `alerts.alert-bulk` and a consumer group of its own (`households-bulk`), so that a file holds up nobody
  who waits. Between the two nothing is promised: receivers of such a topic take a key's events in whichever order
  they come ([0014](decisions/0014-two-lanes.md)).
* **Change.** A new optional field keeps the type; so does a new value of a code list, with the receivers upgraded
  first. Anything else is a new type, `...V2`, emitted side by side. `make docs` and the tests refuse to break a contract.
* **People.** No body holds a name, a phone or an ID number in clear. A person is a keyed hash, and what a receiver has
  to read of them travels sealed (see [security.md](security.md)).
* **Topics.** `state` topics are compacted and hold the newest state of everything, for services added later; `log`
  topics tell what happened and are kept for `KAFKA_RETENTION_DAYS`.
"""


def events_page(receivers: Receivers) -> str:
    """The whole page."""
    parts = [_HEAD, "\n".join(_topic_table(receivers))]
    for topic in TOPICS.values():
        parts.append(
            f"## `{topic.name}`\n\n{topic.title_en} · {topic.title_zh}. Written by {topic.owner}.{_twin(topic)}"
        )
        parts += [_event(event, receivers) for event in events_of(topic)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def english_title(event: EventType) -> str:
    """`AlertRaised` → "Alert raised"."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", event.__name__).capitalize().replace("Api ", "API ")


def key_text(event: EventType) -> str:
    """What the partition key is, and what that keeps in order."""
    why = cast(Any, event.key).fget.__doc__
    made_of = " · ".join(f"`{name}`" for name in key_fields(event)) or "the same for all"
    return f"{made_of}. {why}"


def events_of(topic: Topic) -> list[EventType]:
    """What passes through it, in the order of the contracts."""
    return [event for event in ALL_EVENTS if event.topic == topic.name]


def _topic_table(receivers: Receivers) -> Iterator[str]:
    yield "| Topic | Bulk twin | Kind | Written by | Received by | Holds |\n| --- | --- | --- | --- | --- | --- |"
    for topic in TOPICS.values():
        readers = sorted({name for event in events_of(topic) for name in receivers.get(event.type, ())})
        yield (
            f"| [`{topic.name}`](#{topic.name.replace('.', '')}) | {'`-bulk`' if topic.bulk_twin else '–'} "
            f"| {topic.kind} | {topic.owner} "
            f"| {', '.join(readers) or '–'} | {topic.title_en} · {topic.title_zh} |"
        )


def _twin(topic: Topic) -> str:
    return f" In bulk: `{on_lane(topic.name, Lane.BULK)}`." if topic.bulk_twin else ""


def _event(event: EventType, receivers: Receivers) -> str:
    schema = body_schema(event)
    rows = "\n".join(_rows(schema, schema.get("$defs", {})))
    return (
        f"### {english_title(event)} · {event.title_zh}\n\n"
        f"`{event.type}` · received by {', '.join(receivers.get(event.type, ())) or 'nobody yet'} · "
        f"[example](../shared/contracts/examples/{event.type}.json)\n\n"
        f"{schema['description']}\n\nKey: {key_text(event)}\n\n"
        f"| Field | Type | Meaning |\n| --- | --- | --- |\n{rows}\n"
    )


def _rows(schema: Mapping[str, Any], definitions: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """A row for each field, and below a list of records one for each of theirs."""
    for name, field in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else ", optional"
        yield f"| `{path}{name}` | {_type(field)}{optional} | {field.get('description', '')} |"
        record = field.get("items", {}).get("$ref")
        if record:
            yield from _rows(definitions[record.rsplit("/", 1)[1]], definitions, f"{path}{name}[].")


def _type(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if "enum" in field:
        return " ".join(f"`{value}`" for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[1]
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    return str(field.get("format") or field.get("type", "any"))

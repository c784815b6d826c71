"""Creates the topics that are missing, as soon as a broker answers."""

import asyncio
import logging
from collections.abc import Mapping
from itertools import count
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from shared.bus.kafka.connection import RECONNECT_PAUSE, connection, pause_before
from shared.bus.kafka.settings import SEGMENT_DAYS, KafkaSettings

log = logging.getLogger(__name__)

_DAY_MS = 24 * 60 * 60 * 1000

CleanupPolicy = Literal["delete", "compact", "compact,delete"]


async def create_topics(settings: KafkaSettings, topics: Mapping[str, CleanupPolicy]) -> None:
    """Return when every topic is there. One that exists is left as it is: its partitions hold keys in order."""
    for attempt in count():
        try:
            await _create_missing(settings, topics)
            return
        except Exception as error:
            log.warning("topics not created yet: %r", error)
        await asyncio.sleep(pause_before(attempt, RECONNECT_PAUSE))


async def _create_missing(settings: KafkaSettings, topics: Mapping[str, CleanupPolicy]) -> None:
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await admin.start()
        there = set(await admin.list_topics())
        missing = [_topic(settings, name, policy) for name, policy in topics.items() if name not in there]
        errors = (await admin.create_topics(missing)).topic_errors if missing else []
    finally:
        await admin.close()
    for name, code, *_ in errors:
        if code:  # also when another service was faster: the next try sees the topic
            raise for_code(code)(name)


def _topic(settings: KafkaSettings, name: str, policy: CleanupPolicy) -> NewTopic:
    configs = {"cleanup.policy": policy, "max.message.bytes": str(settings.max_message_bytes)}
    if "delete" in policy:
        configs["retention.ms"] = str(settings.retention_days * _DAY_MS)
        configs["segment.ms"] = str(SEGMENT_DAYS * _DAY_MS)
    return NewTopic(
        name,
        num_partitions=settings.partitions,
        replication_factor=settings.replication_factor,
        topic_configs=configs,
    )

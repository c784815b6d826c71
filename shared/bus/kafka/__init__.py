"""The bus over Apache Kafka; the only package that imports aiokafka.

Publishing is idempotent and acknowledged by all replicas. Each subscriber is a consumer group whose offsets are
committed only after its receiver's database transaction: delivery is at least once, in order per key, and the
receiver's inbox makes it exactly once in effect. A broker that is away is waited for, at the start as in the
middle; nothing here gives up.
"""

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.settings import KafkaSettings

__all__ = ["KafkaBus", "KafkaSettings"]

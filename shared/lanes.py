"""The two lanes (快慢两道) from outbox to inbox: what somebody waits for, and what comes by the thousand.

The topic a message travels on tells its lane, on both buses and in a dead letter: bulk has a topic, and a consumer
group, of the same name with `-bulk` behind it. Order holds within a lane; between lanes nothing is promised.
"""

from enum import IntEnum

BULK_BATCH = 200
"""Most bulk events in one transaction: so long a live one may have to wait for its turn, some 0.1 s."""

_BULK = "-bulk"


class Lane(IntEnum):
    """As the outbox keeps it."""

    LIVE = 0
    BULK = 1


def on_lane(name: str, lane: Lane) -> str:
    """The name of a topic or of a consumer group on that lane."""
    return name + _BULK if lane is Lane.BULK else name


def lane_of(name: str) -> Lane:
    """The lane of the topic or consumer group with that name."""
    return Lane.BULK if name.endswith(_BULK) else Lane.LIVE

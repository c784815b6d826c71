"""What is in force: the version of an area and a day, each read once, or none."""

from datetime import date
from uuid import UUID

import pytest
from pydantic import BaseModel

from shared.projections.policies import InForce, Policies, Policy, PolicyMissing

COUNTY, VILLAGE = "539921000000", "539921100001"
TODAY, LAST_YEAR = date(2026, 11, 27), date(2025, 11, 27)


class Days(BaseModel):
    days: int


def version(number: int, area_prefix: str, days: int) -> Policy:
    return Policy(UUID(int=number), area_prefix, date(2026, 1, 1), None, number, {"days": days})


def in_force(*versions: Policy) -> tuple[InForce[Days], list[UUID]]:
    read: list[UUID] = []

    def once(policy: Policy) -> Days:
        read.append(policy.id)
        return Days.model_validate(policy.body)

    return InForce(Policies("span", versions), TODAY, once), read


def test_the_most_local_version_and_its_id_each_read_once() -> None:
    found, read = in_force(version(1, "539921", 10), version(2, "539921100", 7))
    for _ in range(2):
        assert found.get(COUNTY) == (Days(days=10), UUID(int=1))
        assert found.find(VILLAGE) == (Days(days=7), UUID(int=2))
        assert found.find("539921100002") == (Days(days=7), UUID(int=2))
    assert read == [UUID(int=1), UUID(int=2)]


def test_nothing_where_none_is_in_force() -> None:
    found, read = in_force(version(1, "539921", 10))
    assert found.find("539922000000") == (None, None)
    assert found.find(COUNTY, LAST_YEAR) == (None, None)
    assert found.find(COUNTY) == (Days(days=10), UUID(int=1)), "today is another day"
    with pytest.raises(PolicyMissing) as raised:
        found.get(COUNTY, LAST_YEAR)
    assert raised.value.params == {"kind": "span"}
    assert read == [UUID(int=1)]


def test_it_is_true_where_any_were_published() -> None:
    assert in_force(version(1, "5399", 1))[0]
    assert not in_force()[0]

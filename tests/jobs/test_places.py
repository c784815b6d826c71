"""Places of work have one spelling in the ledger, whoever writes them."""

import pytest

from services.jobs.rules.places import InvalidPlace, as_in_ledger, normalise
from tests.jobs.conftest import Jobs
from tests.jobs.placements import post, refer


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("441900", "441900"),
        ("4419", "441900"),
        ("440306000000", "440306"),
        ("441900003000", "441900003000"),
        ("81", "810000"),
        ("710000", "710000"),
        ("abroad", "abroad"),
    ],
)
def test_one_spelling(entered: str, kept: str) -> None:
    assert as_in_ledger(normalise(entered)) == kept
    assert as_in_ledger(kept) == kept


@pytest.mark.parametrize("wide", ["44", "440100", "7101"])
def test_too_wide(wide: str) -> None:
    with pytest.raises(InvalidPlace, match="place-to-county"):
        normalise(wide)


async def test_a_placement_writes_the_place_as_the_ledger_does(service: Jobs) -> None:
    [person] = await service.people(1)
    await (await refer(service, person, await post(service, place="441900000000"))).to("arrived")
    assert await service.sql("SELECT DISTINCT work_area FROM labour_row") == [("441900",)]

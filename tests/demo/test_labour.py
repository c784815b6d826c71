"""What the demo's labour centre publishes and offers: distances are known wherever somebody asks for them."""

from demo.county import areas
from demo.labour import CONTENT
from services.jobs.rules.distances import Distances
from shared.areas import Level
from shared.contracts.jobs_match_policies import LabourDistances

DISTANCES = Distances(LabourDistances.model_validate(CONTENT["distances"]))
VILLAGES = [area.code for area in areas() if area.level is Level.VILLAGE]
PLACES = {employer["area_code"] for employer in CONTENT["employer"]}


def test_every_village_knows_how_far_every_post_is() -> None:
    townships = {DISTANCES.seat(village) for village in VILLAGES}
    assert townships == {area.code[:9] for area in areas() if area.level is Level.TOWNSHIP}
    assert all(DISTANCES.kilometres(village, place) is not None for village in VILLAGES for place in PLACES)


def test_who_cares_for_somebody_at_home_can_take_the_workshop_in_some_townships_and_not_in_others() -> None:
    [within] = [wish["care_within_km"] for wish in CONTENT["wish"] if "care_within_km" in wish]
    workshop = next(employer["area_code"] for employer in CONTENT["employer"] if employer["kind"] == "workshop")
    near = {village[:9] for village in VILLAGES if DISTANCES.at_most(village, workshop) <= within}
    assert 5 <= len(near) <= 25
    assert all(DISTANCES.at_most(village, place) > within for village in VILLAGES for place in PLACES - {workshop})

"""The night finds what entering found: random households, entered one by one, leave the night nothing to write."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.households.rules.quality.audit import RULES, RuleSet
from services.households.usecases.quality_night import audit_next_village
from shared.areas import Scope
from shared.clock import utc_now
from tests.households.conftest import BAMBOO, BRIDGE, PINE, Households, household, id_number, person
from tests.households.quality_cases import PAIRS
from tests.households.quality_households import NUMBERS

SKILLS = (None, "ordinary", "skilled", "weak", "lost", "none")
STAGES = (None, None, "primary", "junior", "senior", "college")
PHONES = (None, "15400000011", "15400000012", "0871654321")
PEOPLE = st.fixed_dictionaries(
    {
        "relation": st.sampled_from(("02", "10", "12", "20", "30", "41", "51", "53", "71", "99")),
        "born": st.sampled_from(("19500101", "19800615", "19880229", "20080901", "20150312", "20240101")),
        "sex": st.sampled_from((None, "1", "2")),
        "labour_skill": st.sampled_from(SKILLS),
        "health": st.sampled_from((["healthy"], ["chronic"], ["healthy", "serious"], ["disabled"], [])),
        "school_stage": st.sampled_from(STAGES),
        "phone": st.sampled_from(PHONES),
        "medical_insurance": st.sampled_from((None, "resident", "employee", "none")),
        "work_area": st.sampled_from((None, "440306", "440300", "539921")),
        "work_months": st.sampled_from((None, 0, 3, 12)),
        "work_income": st.sampled_from((None, 50, 300, 5000, 31000)),
        "public_post": st.sampled_from((None, True, False)),
        "extreme_poverty_support": st.sampled_from((None, True)),
        "disability_level": st.sampled_from((None, "1", "3")),
    }
)
HOUSEHOLDS = st.fixed_dictionaries(
    {
        "class": st.sampled_from(("ordinary", "lifted_out", "monitored")),
        "phone": st.sampled_from(PHONES),
        "road_km": st.sampled_from((None, 2, 7)),
        "land_mu": st.sampled_from((None, 3, 150, 300)),
        "safe_housing": st.sampled_from((None, True, False)),
        "dwelling_level": st.sampled_from((None, "A", "C")),
        "members": st.lists(PEOPLE, min_size=1, max_size=5),
    }
)
OPEN = "SELECT household_id, rule, member_id, params, fingerprint FROM quality_finding WHERE mended_at IS NULL"


def _body(number: int, area: str, drawn: dict[str, Any]) -> dict[str, Any]:
    members = []
    for place, one in enumerate(drawn["members"]):
        told = {name: value for name, value in one.items() if value is not None and name != "born"}
        body = person(number * 10 + place, f"石{'一二三四五'[place]}", **told)
        members.append({**body, "id_number": id_number(number * 10 + place, one["born"])})
    rest = {name: value for name, value in drawn.items() if name != "members" and value is not None}
    return household(number, area, members, **rest)


async def test_the_night_finds_what_entering_found(service: Households) -> None:
    drawn: list[dict[str, Any]] = []

    @settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(HOUSEHOLDS)
    def draw(one: dict[str, Any]) -> None:
        drawn.append(one)

    draw()
    bodies = [_body(number, (PINE, BAMBOO, BRIDGE)[number % 3], one) for number, one in enumerate(drawn, 1)]
    await service.register(*bodies)
    at_entry = {tuple(map(str, row)) for row in await service.sql(OPEN)}
    assert len({row[1] for row in at_entry}) > 15, "too few rules were broken to say anything"
    going = True
    while going:
        async with service.database.write(Scope.everywhere()) as session:
            going = await audit_next_village(session, service.vault, utc_now())
    by_night = {tuple(map(str, row)) for row in await service.sql(OPEN)}
    # Of two households with one phone the first could not know of the second when it was entered.
    assert {row[1] for row in at_entry ^ by_night} <= {"phone-in-two-households", "member-phone-in-two-households"}
    assert at_entry <= by_night
    assert await service.sql("SELECT 1 FROM quality_finding WHERE mended_at IS NOT NULL") == []


def test_what_a_rule_says_does_not_hang_on_the_other_rules() -> None:
    """Each rule alone finds what it finds among all, so that turning one off changes no other."""
    every = RuleSet.of(NUMBERS)
    for rule, broken, _ in PAIRS[::7]:
        alone = RuleSet.of(NUMBERS.model_copy(update={"off": [code for code in RULES if code != rule]}))
        assert alone.audit(broken) == [one for one in every.audit(broken) if one.rule == rule]

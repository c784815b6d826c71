"""The machine with more that it may do: children drop out, whole villages are warned of, households are identified."""

from hypothesis import strategies as st

from tests.households.any_road import AnyRoad, Nobody, some, step, yes
from tests.households.conftest import BAMBOO, PINE
from tests.households.gate_model import AreaList, Person


class WiderRoad(AnyRoad):
    """Beside the rules there are."""

    def pupil(self) -> Person:
        """The child, once it has dropped out."""
        there = [
            one for one in self.world.model.people if one.left_on is None and one.number in self.world.model.pupils
        ]
        return self.one(there, 0)

    def asked(self, number: int) -> AreaList:
        return self.one(self.world.model.lists, number)

    @step()
    def drop_out(self) -> None:
        child = self.one([one for one in self.world.model.people if one.number == 4 and one.left_on is None], 0)
        self.do(self.world.drop_out(child))

    @step(to=st.sampled_from(["returned", "returned", "again_absent"]))
    def go_to_school(self, to: str) -> None:
        self.do(self.world.go_to_school(self.pupil(), to))

    @step(days=st.sampled_from([0, 14, 40]), present=st.sampled_from([True, True, True, False]))
    def look_for(self, days: int, present: bool) -> None:
        pupil = self.pupil()
        self.do(self.world.wait(days), self.world.look_for(pupil, present=present))

    @step(area=st.sampled_from([PINE, PINE, BAMBOO]))
    def warn_of_area(self, area: str) -> None:
        self.do(self.world.warn_of_area(area))

    @step(which=some, at_risk=yes)
    def answer_area(self, which: int, at_risk: bool) -> None:
        asked = self.asked(which)
        home = self.home(which // 3)
        if home.id not in asked.said:
            raise Nobody
        self.do(self.world.answer_area(asked, home, at_risk=at_risk))

    @step(which=some, said=st.sampled_from(["no_risk", "already_helped", "risk_confirmed"]))
    def close_area(self, which: int, said: str) -> None:
        self.do(self.world.close_area(self.asked(which), said))

    @step(which=some, other=some)
    def enter_by_file_into(self, which: int, other: int) -> None:
        gone = [one for one in self.world.model.people if one.left_on is not None]
        self.do(self.world.enter_by_file_into(self.home(other), self.one(gone, which).number))


class EarlyRoad(WiderRoad):
    """Nobody is identified yet."""

    @step(kind=st.sampled_from(["edge", "sudden", "unstable"]))
    def set_class(self, kind: str) -> None:
        self.do(self.world.set_class(self.case(), kind))

    @step()
    def authorise(self) -> None:
        self.do(self.world.authorise(self.case()))

    @step()
    def ask_bureaus(self) -> None:
        self.do(self.world.ask_bureaus(self.case()))

    @step(kind=st.sampled_from(["vehicle", "property", "company", "public_payroll"]))
    def answer_bureau(self, kind: str) -> None:
        self.do(self.world.answer_bureau(self.case(), kind))
